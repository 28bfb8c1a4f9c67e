"""Reads files and streams into memory up to a maximum size; does not interpret them."""

import gzip
import io
import stat
import zlib
from pathlib import Path
from typing import Final, Protocol

from pulumi_embedded_engine.errors import EngineError

MAX_BYTES: Final = 1 << 30
_CHUNK: Final = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_stream(stream: _Readable, name: object, largest: int = MAX_BYTES) -> bytes:
    """All of a stream; raises EngineError with its name if it is larger than `largest`, OSError if unreadable."""
    content = bytearray()
    while chunk := stream.read(_CHUNK):
        content += chunk
        if len(content) > largest:
            raise _too_large(name, largest)
    return bytes(content)


def read_file(file: Path, largest: int = MAX_BYTES) -> bytes:
    """All of a file; raises EngineError if it is larger than `largest`, OSError if it cannot be read.

    Only a regular file is opened: a pipe would wait for a writer, and a device may have no end.
    """
    status = file.stat()
    if not stat.S_ISREG(status.st_mode):
        is_directory = stat.S_ISDIR(status.st_mode)
        what = "is a directory" if is_directory else "is a pipe, a device or a socket"
        raise EngineError(f"{file} cannot be read: it {what}, not a file")
    with file.open("rb") as stream:
        if status.st_size > largest:
            raise _too_large(file, largest)
        return read_stream(stream, file, largest)


def gunzip(content: bytes, name: object, largest: int = MAX_BYTES) -> bytes:
    """The unpacked content of gzip data; raises EngineError if it is damaged, or larger than `largest`.

    It is unpacked twice, first only to measure it: so a small file that unpacks to a huge one takes time, not memory.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            if stream.seek(largest + 1) > largest:
                raise _too_large(f"{name}, unpacked,", largest)
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise EngineError(f"{name} cannot be unpacked: {error}") from None


def _too_large(name: object, largest: int) -> EngineError:
    return EngineError(f"{name} is larger than {largest >> 20} MiB")
