"""Reads and decompresses the body of an HTTP answer, with a limit on its size."""

import gzip
import io
import zlib
from collections.abc import Callable

import httpx

LARGEST_ANSWER = 32 * 1024 * 1024
LARGEST_PACKED = 4 * 1024 * 1024
"""For a compressed body, which no request asks for: its size before and after decompression."""

_MOST_CODINGS = 4


class BodyError(ValueError):
    """The body is too large or cannot be decoded; the message continues a sentence that begins "the answer"."""


def read_body(response: httpx.Response, after_chunk: Callable[[], None]) -> bytes:
    """The decoded body of an answer to a request that was sent with `stream=True`.

    `after_chunk` is called after each chunk. httpx decompresses without a limit, so the header with the coding is
    removed before httpx reads the body. Raises BodyError.
    """
    coding = ""
    if (
        not response.is_stream_consumed
    ):  # A consumed answer was made in this process, and is decoded.
        coding = response.headers.pop("content-encoding", "")
    body = bytearray()
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise BodyError(f"is larger than {LARGEST_ANSWER >> 20} MiB")
        after_chunk()
    return decoded(bytes(body), coding)


def decoded(body: bytes, coding: str) -> bytes:
    """The body after decoding; `coding` is the value of Content-Encoding. Raises BodyError."""
    names = [name.strip().lower() for name in coding.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if not body:
        return body  # an answer without a body, such as 204 or 304
    if len(names) > _MOST_CODINGS:
        raise BodyError(f"is compressed {len(names)} times over")
    for name in reversed(names):
        body = _decoded_once(name, body)
    return body


def _decoded_once(coding: str, body: bytes) -> bytes:
    if coding not in _DECODERS:
        raise BodyError("is compressed in a way that was not asked for")
    if len(body) > LARGEST_PACKED:
        raise _too_large()
    try:
        plain = _DECODERS[coding](body)
    except (OSError, EOFError, zlib.error):  # gzip.BadGzipFile is an OSError
        raise BodyError("is compressed, and cut off or broken") from None
    if len(plain) > LARGEST_PACKED:
        raise _too_large()
    return plain


def _too_large() -> BodyError:
    return BodyError(
        f"is compressed and larger than {LARGEST_PACKED >> 20} MiB once unpacked"
    )


def _gunzipped(body: bytes) -> bytes:
    with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
        return stream.read(LARGEST_PACKED + 1)


def _inflated(body: bytes) -> bytes:
    try:
        return _inflated_as(zlib.MAX_WBITS, body)
    except (
        zlib.error
    ):  # Some servers send "deflate" without the zlib header that HTTP requires.
        return _inflated_as(-zlib.MAX_WBITS, body)


def _inflated_as(bits: int, body: bytes) -> bytes:
    stream = zlib.decompressobj(bits)
    plain = stream.decompress(body, LARGEST_PACKED + 1)
    if not stream.eof and len(plain) <= LARGEST_PACKED:
        raise EOFError
    return plain


_DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gunzipped,
    "x-gzip": _gunzipped,
    "deflate": _inflated,
}
