import gzip
import io
import os
import tracemalloc
from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.processes.bounded_reading import (
    gunzip,
    read_file,
    read_stream,
)

BOUND = 4 << 20
FULL = b" " * BOUND


def test_as_much_as_the_bound_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(FULL)

    assert read_file(file, BOUND) == FULL
    assert read_stream(io.BytesIO(FULL), "it", BOUND) == FULL
    assert (
        gunzip(gzip.compress(FULL[:9]) + gzip.compress(FULL[9:]), "it", BOUND) == FULL
    )


def test_one_byte_more_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "f"
    file.write_bytes(FULL + b" ")

    with pytest.raises(EngineError, match="f is larger than 4 MiB"):
        read_file(file, BOUND)
    with pytest.raises(EngineError, match="it is larger than 4 MiB"):
        read_stream(io.BytesIO(FULL + b" "), "it", BOUND)
    with pytest.raises(EngineError, match="it, unpacked, is larger than 4 MiB"):
        gunzip(gzip.compress(FULL + b" "), "it", BOUND)


def test_what_never_ends_is_refused() -> None:
    with Path("/dev/zero").open("rb") as stream, pytest.raises(EngineError):
        read_stream(stream, "it", BOUND)
    with pytest.raises(EngineError):
        read_file(Path("/dev/zero"), BOUND)


@pytest.mark.parametrize("kind", ["pipe", "directory", "device"])
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "it"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to("/dev/zero")

    with pytest.raises(EngineError, match=rf"it cannot be read: it is a .*{kind}"):
        read_file(path)


@pytest.mark.parametrize("members", [1, 40])
def test_a_bomb_is_refused_without_taking_its_memory(members: int) -> None:
    bomb = gzip.compress(b" " * ((80 << 20) // members)) * members

    tracemalloc.start()
    try:
        with pytest.raises(EngineError, match="larger than 64 MiB"):
            gunzip(bomb, "it", 64 << 20)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
