import gzip
import hashlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from werkzeug import Request, Response
from werkzeug.serving import make_server

from pulumi_esa_prefetch.engine.assets import with_hashes
from pulumi_esa_prefetch.engine.bounded import gathered
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.values import ARCHIVE, ASSET, SIGNATURE, Secret
from tests.engine.replaying import CLI, EMBEDDED, Playground

EMPTY = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"


def _asset(**fields: Any) -> dict[str, Any]:
    return {SIGNATURE: ASSET, **fields}


def _archive(**fields: Any) -> dict[str, Any]:
    return {SIGNATURE: ARCHIVE, **fields}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "d" / "sub").mkdir(parents=True)
    (tmp_path / "d" / "a").write_text("one")
    (tmp_path / "d" / "sub" / "é").write_text("two")
    return tmp_path


def test_assets_at_any_depth_get_the_hash_of_their_content(tree: Path) -> None:
    value = {
        "l": [_asset(text="text")],
        "s": Secret(_asset(path="d/a")),
        "u": _asset(uri=f"file://localhost{tree}/d/sub/%C3%A9"),
        "n": 1,
    }

    found = with_hashes(value, tree)

    assert found["l"][0]["hash"] == hashlib.sha256(b"text").hexdigest()
    assert found["s"].value["hash"] == hashlib.sha256(b"one").hexdigest()
    assert found["u"]["hash"] == hashlib.sha256(b"two").hexdigest()
    assert found["n"] == 1


def test_archives_get_the_hash_that_the_cli_gave_them(tree: Path) -> None:
    inner = _archive(path="d")

    directory = with_hashes(inner, tree)
    mapped = with_hashes(_archive(assets={"x": _asset(text="x"), "n": inner}), tree)

    assert directory["hash"] == (
        "5318708da8cc7d0b3a23c39a72d28e049e381a0b8e56ecb95df6c7d0e20e67fe"
    )
    assert mapped["hash"] == (
        "636525bad0bae61c76474539ae32984f081d262a31a5a0fd39d17f63f30490e7"
    )
    assert mapped["assets"]["n"] == directory


def test_an_archive_that_is_one_file_has_the_hash_of_that_file(tree: Path) -> None:
    (tree / "p.tar.gz").write_bytes(b"not even one")

    found = with_hashes(_archive(path="p.tar.gz"), tree)

    assert found["hash"] == hashlib.sha256(b"not even one").hexdigest()


def test_nothing_has_a_hash_too_and_is_kept_as_the_cli_keeps_it(tree: Path) -> None:
    text, archive = with_hashes([_asset(text=""), _archive(assets={})], tree)

    assert text == _asset(hash=hashlib.sha256(b"").hexdigest())
    assert archive == _archive(assets={}, hash=EMPTY)


def test_a_hash_that_is_there_stays(tree: Path) -> None:
    known = _asset(path="gone", hash="h")

    assert with_hashes(known, tree) == known


def test_of_two_files_of_one_name_in_an_archive_the_first_counts(tree: Path) -> None:
    both = {"d": _archive(path="d"), "d/a": _asset(text="another")}

    found = with_hashes(_archive(assets=both), tree)

    one = with_hashes(_archive(assets={"d": _archive(path="d")}), tree)
    assert found["hash"] == one["hash"]


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (_asset(path="no"), r"the asset 'f' cannot be hashed: .*no cannot be opened"),
        (_asset(path="d"), "d is a directory: a FileArchive can hold one"),
        (_asset(uri="s3://b/k"), "s3://b/k has a scheme that is not file, http or"),
        (_asset(uri="file://far/x"), "does not name a file of this machine"),
        (_archive(path="no"), "the archive 'f' cannot be hashed: .*no cannot be read"),
        (_archive(assets={"k": _asset(path="no")}), "the asset 'k' cannot be hashed"),
        (
            _archive(assets={"k/": _asset(text="x")}),
            "'k/' cannot be the name of a file",
        ),
    ],
)
def test_content_that_is_not_there_is_told_in_a_sentence(
    value: dict[str, Any], sentence: str, tree: Path
) -> None:
    with pytest.raises(EngineError, match=sentence):
        with_hashes({"f": value}, tree)


@pytest.fixture
def site() -> Iterator[str]:
    @Request.application
    def app(request: Request) -> Response:
        assert request.headers["accept-encoding"] == "identity"
        coding = request.path.removeprefix("/as/")
        if coding != request.path:
            packed = gzip.compress(b"content")
            return Response(packed, headers={"content-encoding": coding})
        known = request.path == "/here"
        return Response("content", status=200 if known else 404)

    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_content_elsewhere_is_fetched(site: str, tree: Path) -> None:
    found = with_hashes(_asset(uri=f"{site}/here"), tree)

    assert found["hash"] == hashlib.sha256(b"content").hexdigest()


def test_content_that_is_packed_on_its_way_is_unpacked(site: str, tree: Path) -> None:
    found = with_hashes(_asset(uri=f"{site}/as/GZip"), tree)

    assert found["hash"] == hashlib.sha256(b"content").hexdigest()


@pytest.mark.parametrize("coding", ["br", "gzip, gzip"])
def test_content_that_is_packed_otherwise_is_refused(
    coding: str, site: str, tree: Path
) -> None:
    with pytest.raises(EngineError, match="a content encoding that was not asked for"):
        with_hashes(_asset(uri=f"{site}/as/{coding}"), tree)


def test_content_without_end_is_refused(
    site: str, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = "pulumi_esa_prefetch.engine.contents.gathered"
    monkeypatch.setattr(place, partial(gathered, largest=3))

    with pytest.raises(EngineError, match="/here is larger than"):
        with_hashes(_asset(uri=f"{site}/here"), tree)


def test_an_error_page_is_no_content(site: str, tree: Path) -> None:
    with pytest.raises(EngineError, match="/gone was answered with status 404"):
        with_hashes(_asset(uri=f"{site}/gone"), tree)


PROGRAM = """
import pathlib, tarfile, zipfile
import pulumi
from pulumi import AssetArchive, FileArchive, FileAsset, RemoteArchive, StringAsset

here = pathlib.Path.cwd()
for name in ("a", "a.txt", "sub/deep/x", "sub.y", "\u00e9", "n" * 110, "q" * 90 + "/r" * 40):
    file = here / "d" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("CONTENT")
with zipfile.ZipFile("z.zip", "w") as packed:
    packed.writestr(zipfile.ZipInfo("in/f"), "CONTENT")
with tarfile.open("t.tar", "w") as packed:
    packed.addfile(tarfile.TarInfo("in/g"))
parts = {
    "text": StringAsset("CONTENT"),
    "none": StringAsset(""),
    "file": FileAsset("d/a"),
    "directory": FileArchive("d"),
    "zip": FileArchive("z.zip"),
    "far": RemoteArchive(f"file://{here}/z.zip"),
}
inner = AssetArchive({"t": FileArchive("t.tar"), "x": StringAsset("x")})
parts["all"] = AssetArchive({**parts, "inner": inner})

class Box(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("my:index:Box", name, parts)
        self.register_outputs(parts)

Box("box")
for key, value in parts.items():
    pulumi.export(key, value)
"""


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("pulumi") is None, reason="the pulumi CLI is lacking")
@pytest.mark.parametrize(
    ("first", "second"),
    [(CLI, EMBEDDED), (EMBEDDED, CLI)],
    ids=["after the CLI", "before the CLI"],
)
def test_turns_with_the_cli_find_what_was_hashed_unchanged(
    first: Sequence[str], second: Sequence[str], tmp_path: Path
) -> None:
    ground = Playground.make(tmp_path)
    ground.init(first)
    flags = ("--stack", "dev", "--non-interactive", "--yes", "--skip-preview")
    same = (*flags, "--expect-no-changes")

    for content in ("one", "two"):
        ground.program(PROGRAM.replace("CONTENT", content))
        made = ground.run(first, "up", *flags)
        state = ground.state()
        seen = ground.run(second, "up", *same)

        assert (made.returncode, seen.returncode) == (0, 0)
        assert ground.state() == state
