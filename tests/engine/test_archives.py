import io
import os
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_prefetch.engine.archives import members
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.values import ARCHIVE, ASSET, SIGNATURE


def _archive(**fields: Any) -> dict[str, Any]:
    return {SIGNATURE: ARCHIVE, **fields}


def _asset(text: str) -> dict[str, Any]:
    return {SIGNATURE: ASSET, "text": text}


def _read(archive: dict[str, Any], directory: Path) -> list[tuple[str, str]]:
    found = members(archive, directory)
    return [(m.name.decode(), m.content.read().decode()) for m in found]


def _file(path: Path, text: str = "x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_a_directory_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    for name in ("a.txt", "a/z", "a/b/c", "Z", ".pulumi/no", "a/.pulumi"):
        _file(tmp_path / "d" / name)

    found = _read(_archive(path="d"), tmp_path)

    assert [name for name, _ in found] == ["Z", "a/b/c", "a/z", "a.txt"]


def test_links_to_files_are_followed_and_links_to_directories_left_out(
    tmp_path: Path,
) -> None:
    _file(tmp_path / "d" / "file", "text")
    _file(tmp_path / "other" / "no")
    (tmp_path / "d" / "link").symlink_to("file")
    (tmp_path / "d" / "away").symlink_to(tmp_path / "other")
    (tmp_path / "all").symlink_to(tmp_path / "d")

    assert _read(_archive(path="d"), tmp_path) == [("file", "text"), ("link", "text")]
    assert _read(_archive(path="all"), tmp_path) == []


def test_archives_in_a_map_lie_below_their_names(tmp_path: Path) -> None:
    inner = _archive(assets={"b/../c": _asset("2")})
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as packed:
        packed.writestr("./in/f", "1")
        packed.mkdir("in/empty")
    with tarfile.open(tmp_path / "t.tgz", "w:gz") as packed_tar:
        info = tarfile.TarInfo("g")
        info.size = 1
        packed_tar.addfile(info, io.BytesIO(b"3"))
    assets = {
        "z": _archive(uri=f"file://{tmp_path}/z.zip"),
        "t": _archive(path="t.tgz"),
        "a": inner,
        "b//": _archive(assets={}),
    }

    found = _read(_archive(assets=assets), tmp_path)

    assert found == [("a/c", "2"), ("t/g", "3"), ("z/in/f", "1")]


@pytest.mark.parametrize(
    ("archive", "sentence"),
    [
        (_archive(path="no"), "no cannot be read: No such file or directory"),
        (_archive(path="file"), "file is not a directory, and does not end in .tar"),
        (_archive(path="no.zip"), "no.zip cannot be opened: No such file"),
        (_archive(path="bad.zip"), "bad.zip cannot be unpacked: File is not a zip"),
        (_archive(path="bad.tgz"), "bad.tgz cannot be unpacked"),
        (_archive(path="broken"), "nowhere|away cannot be opened: No such file"),
        (_archive(path="pipe"), "end is not a regular file"),
        (_archive(uri="file:///x"), "file:///x does not end in .tar"),
        (_archive(uri="file:///x.zip"), "/x.zip cannot be opened: No such file"),
        (_archive(uri="ftp://x/y.zip"), "ftp://x/y.zip has a scheme that is not file"),
        (_archive(assets={"k": 1}), "its member 'k' is neither an asset nor"),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(
    archive: dict[str, Any], sentence: str, tmp_path: Path
) -> None:
    for name in ("file", "bad.zip", "bad.tgz"):
        _file(tmp_path / name)
    for name in ("broken", "pipe"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken/away").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe/end")

    with pytest.raises(EngineError, match=sentence):
        _read(archive, tmp_path)


def test_a_tar_with_links_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as packed:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "x"
        packed.addfile(info)

    with pytest.raises(EngineError, match="link, which is neither file nor directory"):
        _read(_archive(path="t.tar"), tmp_path)
