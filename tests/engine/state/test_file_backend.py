import gzip
import os
import pwd
import tracemalloc
from pathlib import Path

import pytest

from pulumi_embedded_engine.config.project import find_project
from pulumi_embedded_engine.errors import NO_STACK, EngineError
from pulumi_embedded_engine.processes.atomic_files import write_atomically
from pulumi_embedded_engine.state.file_backend import FileBackend, directory_of
from tests.support.engine_stacks import project_in, stack_in


def backend_in(directory: Path) -> FileBackend:
    return FileBackend(f"file://{directory}")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("file:///a/b", "/a/b"),
        ("file:///a/b/", "/a/b"),
        ("file:///a/../b", "/b"),
        ("file:///a%20b", "/a b"),
        ("file:///a b?no_tmp_dir=true", "/a b"),
        ("file://~", pwd.getpwuid(os.getuid()).pw_dir),
        ("file://~/x", pwd.getpwuid(os.getuid()).pw_dir + "/x"),
    ],
)
def test_a_file_url_means_the_directory_that_it_means_to_the_cli(
    url: str, path: str
) -> None:
    assert directory_of(url) == Path(path)


def test_a_url_with_a_fragment_is_refused_as_the_cli_refuses_it() -> None:
    with pytest.raises(EngineError, match=r"has a #, .* write %23"):
        directory_of("file:///srv/a#b")

    assert directory_of("file:///srv/a%23b") == Path("/srv/a#b")


@pytest.mark.parametrize("url", ["file://.", "file://./", "file://"])
def test_a_relative_url_starts_in_the_working_directory(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert directory_of(url) == tmp_path


@pytest.mark.parametrize(
    "url", ["s3://b", "https://u:hush@api.pulumi.com", "/a/b", "azblob://x"]
)
def test_any_other_backend_names_the_cli_and_shows_no_password(url: str) -> None:
    with pytest.raises(EngineError, match="pulumi CLI") as error:
        directory_of(url)

    assert "hush" not in str(error.value)


def test_a_directory_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="does not exist"):
        backend_in(tmp_path / "none")


def test_a_new_directory_gets_its_layout(tmp_path: Path) -> None:
    backend_in(tmp_path)

    assert (tmp_path / ".pulumi" / "meta.yaml").read_text() == "version: 1\n"


@pytest.mark.parametrize(
    "meta", ["version: 0\n", "version: 2\n", "x", "version: [\n", ""]
)
def test_another_layout_is_refused(tmp_path: Path, meta: str) -> None:
    (tmp_path / ".pulumi").mkdir()
    (tmp_path / ".pulumi" / "meta.yaml").write_text(meta)

    with pytest.raises(EngineError):
        backend_in(tmp_path)


def test_stacks_of_the_layout_without_projects_are_refused(tmp_path: Path) -> None:
    (tmp_path / ".pulumi" / "stacks").mkdir(parents=True)
    (tmp_path / ".pulumi" / "stacks" / "dev.json").write_text("{}")

    with pytest.raises(EngineError, match="pulumi state upgrade"):
        backend_in(tmp_path)


def test_stacks_are_listed_by_project_and_name(tmp_path: Path) -> None:
    backend = backend_in(tmp_path)
    for name in (
        "b/x.json",
        "a/z.json",
        "a/y.json.gz",
        "a/y.json.bak",
        "a/.y.json.tmp1",
        "a/odd name.json",
    ):
        path = tmp_path / ".pulumi" / "stacks" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    assert [files.qualified for files in backend.stacks()] == [
        "organization/a/y",
        "organization/a/z",
        "organization/b/x",
    ]
    assert [files.name for files in backend.stacks("b")] == ["x"]


@pytest.mark.parametrize(
    ("reference", "qualified"),
    [
        ("dev", "organization/proj/dev"),
        ("organization/dev", "organization/proj/dev"),
        ("organization/other/dev", "organization/other/dev"),
    ],
)
def test_a_name_means_a_stack(tmp_path: Path, reference: str, qualified: str) -> None:
    project = find_project(project_in(tmp_path))

    assert backend_in(tmp_path).stack(reference, project).qualified == qualified


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "a b",
        "me/dev",
        "organization/a/b/c",
        "../x",
        "organization/../x",
        "x" * 101,
        "dev/",
    ],
)
def test_what_is_no_name_is_refused(tmp_path: Path, reference: str) -> None:
    project = find_project(project_in(tmp_path))

    with pytest.raises(EngineError):
        backend_in(tmp_path).stack(reference, project)


def test_a_packed_checkpoint_is_read_and_written_back_plain(tmp_path: Path) -> None:
    files = backend_in(tmp_path).stack("organization/p/dev", None)
    files.checkpoint.parent.mkdir(parents=True)
    packed = files.checkpoint.with_name("dev.json.gz")
    packed.write_bytes(gzip.compress(b"{}"))

    assert files.read_checkpoint() == b"{}"
    files.write_checkpoint(b'{"a":1}')

    assert files.read_checkpoint() == b'{"a":1}'
    assert sorted(path.name for path in packed.parent.iterdir()) == [
        "dev.json",
        "dev.json.gz.bak",
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\x28\xb5\x2f\xfd", "zstd"),
        (b"\x1f\x8bxx", "unpacked"),
        (gzip.compress(b"{}" * 99, mtime=0)[:-1], "unpacked"),
        (gzip.compress(b"{}", mtime=0) + b"more", "unpacked"),
        (gzip.compress(b"{}", mtime=0)[:10] + b"\xff" * 20, "unpacked"),
    ],
    ids=["zstd", "no header", "cut off", "more", "broken"],
)
def test_a_checkpoint_that_cannot_be_unpacked_is_one_sentence(
    tmp_path: Path, content: bytes, says: str
) -> None:
    files = backend_in(tmp_path).stack("organization/p/dev", None)
    files.write_checkpoint(content)

    with pytest.raises(EngineError, match=says):
        files.read_checkpoint()


def test_a_checkpoint_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    files = backend_in(tmp_path).stack("organization/p/dev", None)
    files.write_checkpoint(b"")
    with files.checkpoint.open("r+b") as stream:
        stream.truncate((1 << 30) + 1)  # takes no place on the disk

    with pytest.raises(EngineError, match=r"dev\.json is larger than 1024 MiB"):
        files.read_checkpoint()


@pytest.mark.slow
def test_a_checkpoint_that_is_a_bomb_takes_no_memory(tmp_path: Path) -> None:
    files = backend_in(tmp_path).stack("organization/p/dev", None)
    files.write_checkpoint(gzip.compress(b" " * (64 << 20)) * 17)

    tracemalloc.start()
    try:
        with pytest.raises(EngineError, match="unpacked, is larger than 1024 MiB"):
            files.read_checkpoint()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_a_missing_stack_has_its_own_exit_code(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="no stack named 'dev' found") as error:
        backend_in(tmp_path).stack("organization/p/dev", None).read_checkpoint()

    assert error.value.exit_code == NO_STACK


def test_a_write_that_fails_leaves_the_former_contents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "state.json"
    file.write_text("old")

    def full(_: int) -> None:
        raise OSError("No space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(file, b"new")

    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert file.read_text() == "old"


def test_a_checkpoint_keeps_its_rights_so_that_others_can_go_on(tmp_path: Path) -> None:
    files = stack_in(tmp_path).files
    usual = tmp_path / "usual"
    usual.touch()
    first = files.checkpoint.stat().st_mode
    files.checkpoint.chmod(0o660)

    files.write_checkpoint(files.read_checkpoint())

    assert first == usual.stat().st_mode
    assert files.checkpoint.stat().st_mode & 0o777 == 0o660
