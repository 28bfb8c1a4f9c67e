"""The bytes that an asset or archive names by a path or URI; hashes nothing."""

import io
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import SplitResult, unquote, urlsplit

from pulumi_esa_prefetch.engine.bounded import gathered, gunzipped
from pulumi_esa_prefetch.engine.errors import EngineError

_SECONDS: Final = 60.0
_ATTEMPTS: Final = 3


@contextmanager
def at_path(path: Path) -> Iterator[BinaryIO]:
    """The content of a file; EngineError if it cannot be opened, or is no file."""
    with _opened(path) as stream:
        yield stream


def _opened(path: Path) -> BinaryIO:
    try:
        _refuse_others(path)
        return path.open("rb")
    except OSError as error:
        raise EngineError(f"{path} cannot be opened: {error.strerror}") from None
    except ValueError as error:  # a NUL in it
        raise EngineError(f"{path} cannot be opened: {error}") from None


def _refuse_others(path: Path) -> None:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise EngineError(f"{path} is a directory: a FileArchive can hold one")
    if not stat.S_ISREG(mode):
        raise EngineError(f"{path} is not a regular file")  # a pipe may never end


def path_of(uri: str) -> str:
    """The path that a URI names."""
    return unquote(_parts(uri).path)


@contextmanager
def at_uri(uri: str) -> Iterator[BinaryIO]:
    """The content at a URI of scheme file, http or https; EngineError if it cannot be had."""
    parts = _parts(uri)
    if parts.scheme in ("http", "https"):
        yield io.BytesIO(_fetched(uri))
        return
    if parts.scheme != "file":
        raise EngineError(f"{uri} has a scheme that is not file, http or https")
    if parts.netloc not in ("", "localhost") or parts.query or parts.fragment:
        raise EngineError(f"{uri} does not name a file of this machine")
    with at_path(Path(unquote(parts.path))) as stream:
        yield stream


def _parts(uri: str) -> SplitResult:
    try:
        return urlsplit(uri)
    except ValueError as error:
        raise EngineError(f"{uri!r} is not a URI: {error}") from None


def _fetched(uri: str) -> bytes:
    import httpx  # noqa: PLC0415 - slow to import, and few programs need it

    transport = httpx.HTTPTransport(retries=_ATTEMPTS - 1)
    try:
        with httpx.Client(
            transport=transport, timeout=_SECONDS, follow_redirects=True
        ) as client:
            # The HTTP library unpacks without any bound: it gets to see no coding.
            asked = {"accept-encoding": "identity"}
            with client.stream("GET", uri, headers=asked) as answer:
                if not answer.is_success:
                    raise EngineError(
                        f"{uri} was answered with status {answer.status_code}"
                    )
                coding = answer.headers.pop("content-encoding", "identity").lower()
                content = gathered(answer.iter_bytes(), uri)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise EngineError(f"{uri} cannot be fetched: {error}") from None
    return _plain(content, coding.strip(), uri)


def _plain(content: bytes, coding: str, uri: str) -> bytes:
    if coding in ("gzip", "x-gzip"):
        return gunzipped(content, uri)
    if coding not in ("identity", ""):
        raise EngineError(
            f"{uri} was answered with a content encoding that was not asked for"
        )
    return content
