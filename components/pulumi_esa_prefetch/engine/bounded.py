"""What comes from outside, taken into memory up to a size; judges no content."""

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, Protocol

from pulumi_esa_prefetch.engine.errors import EngineError

LARGEST: Final = 1 << 30
_CHUNK: Final = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def gathered(chunks: Iterable[bytes], name: object, largest: int = LARGEST) -> bytes:
    """All of what comes in pieces; EngineError, naming it, if that is more than the bound."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > largest:
            raise too_large(name, largest)
    return bytes(content)


def read_stream(stream: _Readable, name: object, largest: int = LARGEST) -> bytes:
    """All of a stream; EngineError if that is more than the bound, OSError if it cannot be read."""
    return gathered(_chunks(stream), name, largest)


def read_file(file: Path, largest: int = LARGEST) -> bytes:
    """All of a file; EngineError if it is larger than the bound, OSError if it cannot be read."""
    with file.open("rb") as stream:
        if file.stat().st_size > largest:
            raise too_large(file, largest)
        return read_stream(stream, file, largest)


def gunzipped(content: bytes, name: object, largest: int = LARGEST) -> bytes:
    """What was packed with gzip; EngineError if it is broken, or more than the bound.

    It is unpacked twice: the size that a packed file claims is no promise, and so a bomb takes time, not memory.
    """
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            size = 0
            for chunk in _chunks(stream):
                size += len(chunk)
                if size > largest:
                    raise too_large(f"{name}, unpacked,", largest)
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise EngineError(f"{name} cannot be unpacked: {error}") from None


def too_large(name: object, largest: int = LARGEST) -> EngineError:
    """The error for what is more than the bound."""
    return EngineError(f"{name} is larger than {largest >> 20} MiB")


def _chunks(stream: _Readable) -> Iterator[bytes]:
    return iter(partial(stream.read, _CHUNK), b"")
