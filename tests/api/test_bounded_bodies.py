"""Bodies that are compressed without request: small ones are read, decompression bombs are refused."""

import gzip
import tracemalloc
import zlib

import pytest

from pulumi_esa_prefetch.api.bounded_bodies import LARGEST_PACKED, BodyError, decoded

TEXT = b'{"Id": "665d3b48621bccf3fe29e1a7"}'
MANY = b" " * (64 << 20)


def packed(body: bytes) -> bytes:
    return gzip.compress(body, mtime=0)


def named(value: object) -> str:
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)


def raw_deflated(body: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(body) + stream.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", packed(TEXT)),
        ("GZip", packed(TEXT)),
        ("x-gzip", packed(TEXT)),
        (" identity , gzip ,", packed(TEXT)),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflated(TEXT)),
        ("gzip", packed(TEXT[:9]) + packed(TEXT[9:])),
        ("gzip", packed(TEXT) + b"\0" * 12),
        ("gzip, gzip", packed(packed(TEXT))),
        ("deflate, gzip", packed(zlib.compress(TEXT))),
    ],
    ids=named,
)
def test_gzip_and_deflate_are_decoded(coding: str, body: bytes) -> None:
    assert decoded(body, coding) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, br"])
def test_an_empty_body_is_not_decoded(coding: str) -> None:
    assert decoded(b"", coding) == b""


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", packed(TEXT)[:-9]),
        ("gzip", packed(TEXT)[:-1]),
        ("gzip", TEXT),
        ("gzip", packed(TEXT) + b"more"),
        ("gzip", packed(TEXT)[:-8] + b"\0" * 8),
        ("deflate", zlib.compress(TEXT)[:-5]),
        ("deflate", TEXT),
        ("gzip, gzip", packed(TEXT)),
    ],
    ids=named,
)
def test_a_truncated_or_broken_body_is_refused(coding: str, body: bytes) -> None:
    with pytest.raises(BodyError, match="cut off or broken"):
        decoded(body, coding)


@pytest.mark.parametrize(
    "coding", ["br", "zstd", "compress", "gzip, br", "br, gzip", "aws-chunked", "*"]
)
def test_other_codings_are_refused(coding: str) -> None:
    with pytest.raises(BodyError, match="in a way that was not asked for"):
        decoded(packed(TEXT), coding)


def test_more_codings_than_the_limit_are_refused() -> None:
    with pytest.raises(BodyError, match="compressed 9 times over"):
        decoded(TEXT, ",".join(["gzip"] * 9))


@pytest.mark.parametrize(
    ("coding", "bomb"),
    [
        ("gzip", packed(MANY)),
        ("deflate", zlib.compress(MANY)),
        ("deflate", raw_deflated(MANY)),
        ("gzip, gzip", packed(packed(MANY))),
        ("gzip", packed(MANY[: 3 << 20]) * 9),
        ("gzip", packed(b" " * (LARGEST_PACKED + 1))),
    ],
    ids=["gzip", "zlib", "deflate", "twice", "members", "one byte too many"],
)
def test_a_decompression_bomb_is_refused_without_using_its_memory(
    coding: str, bomb: bytes
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BodyError, match="larger than 4 MiB once unpacked"):
            decoded(bomb, coding)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 4 * LARGEST_PACKED


def test_a_body_as_large_as_the_limit_is_read() -> None:
    body = packed(b" " * LARGEST_PACKED)

    assert len(decoded(body, "gzip")) == LARGEST_PACKED
