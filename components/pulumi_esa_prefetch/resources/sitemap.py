"""Reads the URLs of a sitemap at a URL or in a file, and of the sitemaps that an index lists; bounded in size and time.

The program fetches it, in a preview too: by GET, without keys and cookies.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from pulumi import RunError

from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.connection import (
    UNCOMPRESSED,
    open_transport,
    timeouts,
    with_translated_errors,
)
from pulumi_esa_prefetch.api.errors import EsaError, TimedOut
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.resources.sitemap_documents import (
    LARGEST_DOCUMENT,
    Sitemap,
    SitemapError,
    read_sitemap,
)
from pulumi_esa_prefetch.resources.url_encoding import UrlError, encode_url

_HEADERS = {"user-agent": "pulumi-esa-prefetch", **UNCOMPRESSED}
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


@dataclass(frozen=True)
class SitemapLimits:
    """The most URLs that are wanted; and for an index with all that it lists the most seconds, sitemaps and bytes.

    The protocol allows 50000 sitemaps in an index.
    """

    urls: int
    seconds: float = 60.0
    listed: int = 500
    size: int = 256 << 20


def sitemap_urls(
    place: str | Path, limits: SitemapLimits, clock: Clock | None = None
) -> list[str]:
    """The URLs in the sitemap, each once; reading ends when there are more than `limits.urls`.

    Raises RunError, one sentence.
    """
    reader = _Reader(place, limits, clock or SystemClock())
    try:
        # A name server that does not answer blocks a thread, whatever the timeouts of the connection.
        return run_within(limits.seconds, reader.urls, reader.late)
    except EsaError as error:
        raise RunError(str(error)) from None


def may_redirect(old: str, new: str) -> bool:
    """Whether a redirect is followed: to any host, but never from https to http."""
    return new.lower().startswith("https:") or not old.lower().startswith("https:")


class _Reader:
    """Reads one sitemap, and what it lists, within one time limit."""

    def __init__(self, place: str | Path, limits: SitemapLimits, clock: Clock) -> None:
        self._place = place
        self._limits = limits
        self._clock = clock
        self._end = clock.monotonic() + limits.seconds
        self._transports: dict[str, httpx.HTTPTransport] = {}

    def urls(self) -> list[str]:
        with ExitStack() as self._closing:
            found: dict[str, None] = {}
            size = 0
            for sitemap in self._sitemaps():
                size += sitemap.size
                if size > self._limits.size:
                    raise RunError(
                        f"sitemap {_shown(self._place)}: all that it lists is larger than "
                        f"{self._limits.size >> 20} MiB"
                    )
                found.update(dict.fromkeys(sitemap.entries))
                if len(found) > self._limits.urls:
                    break
            return list(found)

    def late(self) -> TimedOut:
        return TimedOut(
            f"sitemap {_shown(self._place)} was not read within {self._limits.seconds:g} seconds, with all that it "
            "lists"
        )

    def _sitemaps(self) -> Iterator[Sitemap]:
        subject = f"sitemap {_shown(self._place)}"
        first = self._read(str(self._place), subject)
        if first.kind == "urls":
            yield first
            return
        listed = list(dict.fromkeys(first.entries))
        if len(listed) > self._limits.listed:
            raise RunError(
                f"{subject} lists {len(listed)} sitemaps, more than {self._limits.listed}: give one of them to "
                "each of several SitePrefetch"
            )
        for url in listed:
            about = f"{subject} lists {_shown(url)}, which"
            if not _SCHEME.match(url):
                raise RunError(f"{about} is no http or https URL")
            sitemap = self._read(url, about)
            if sitemap.kind == "index":
                raise RunError(
                    f"{about} is an index too: an index may list sitemaps only"
                )
            yield sitemap

    def _read(self, place: str, subject: str) -> Sitemap:
        """The sitemap at a URL or path; `subject` begins the sentence of an error."""
        try:
            is_url = _SCHEME.match(place)
            content = self._fetched(place, subject) if is_url else _from_file(place)
            return read_sitemap(content)
        except (SitemapError, UrlError) as error:
            raise RunError(f"{subject} {error}") from None

    def _fetched(self, url: str, subject: str) -> bytes:
        url = encode_url(url)
        for _ in range(_MOST_REDIRECTS + 1):
            found = self._get(url, subject)
            if isinstance(found, bytes):
                return found
            try:
                moved = encode_url(_joined(url, found))
            except UrlError as error:
                raise SitemapError(f"redirects to a URL that {error}") from None
            if not may_redirect(url, moved):
                raise SitemapError("redirects from https to http")
            url = moved
        raise SitemapError(f"redirects more than {_MOST_REDIRECTS} times")

    def _get(self, url: str, subject: str) -> bytes | str:
        """The body of the answer, or where it redirects to. Without a client, which logs URLs and keeps cookies."""
        transport = self._transport(url)

        def send() -> bytes | str:
            left = self._end - self._clock.monotonic()
            wait = timeouts(max(0.001, left), safe_to_repeat=True).as_dict()
            request = httpx.Request(
                "GET", url, headers=_HEADERS, extensions={"timeout": wait}
            )
            with closing(transport.handle_request(request)) as answer:
                if answer.status_code in _REDIRECTS and "location" in answer.headers:
                    return str(answer.headers["location"])
                if answer.status_code != HTTPStatus.OK:
                    raise SitemapError(f"answers with HTTP {answer.status_code}")
                return self._body(answer)

        return with_translated_errors(subject, _origin(url), "", send)

    def _body(self, answer: httpx.Response) -> bytes:
        """The bytes as they were sent: gzip is known by its first bytes, and unpacked with a limit."""
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        if coding not in {"", "identity", "gzip", "x-gzip"}:
            raise SitemapError("is compressed in a way that was not asked for")
        body = bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > LARGEST_DOCUMENT:
                break
            if self._clock.monotonic() >= self._end:
                raise self.late()
        return bytes(body)

    def _transport(self, url: str) -> httpx.HTTPTransport:
        origin = _origin(url)
        if origin not in self._transports:
            transport = open_transport(origin, allow_http=True)
            self._transports[origin] = self._closing.enter_context(transport)
        return self._transports[origin]


def _joined(url: str, location: str) -> str:
    """Where a redirect leads to. Raises UrlError."""
    try:
        return urljoin(url, location)
    except ValueError:
        raise UrlError("has a host that cannot be read") from None


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _from_file(path: str) -> bytes:
    try:
        with Path(path).open("rb") as stream:
            return stream.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise SitemapError(f"cannot be read: {error.strerror}") from None


def _shown(place: str | Path) -> str:
    """The place for a message: a URL without what may hold a secret, such as its query."""
    text = str(place)
    if _SCHEME.match(text):
        text = re.sub(r"//[^/?#]*@", "//", re.split(r"[?#]", text)[0], count=1)
    return one_line(text)
