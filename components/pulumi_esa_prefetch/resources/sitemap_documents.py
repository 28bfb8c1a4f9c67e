"""Reads one document of a sitemap, as sitemaps.org describes it: XML or text, also in gzip; fetches nothing."""

import gzip
import io
import zlib
from dataclasses import dataclass
from typing import Literal
from xml.parsers import expat

LARGEST_DOCUMENT = 50 << 20
"""The most bytes of a document once it is unpacked, by the protocol."""
MOST_ENTRIES = 50_000
"""The most entries of a document, by the protocol."""
LONGEST_URL = 2048
"""The most characters of a URL, by the protocol."""
_LONGEST_TEXT = 2 * LONGEST_URL
"""A bound for the text of an element while it is read; blanks around a URL do not count."""

_TOO_LARGE = f"is larger than {LARGEST_DOCUMENT >> 20} MiB, the most for a sitemap"

_GZIP = b"\x1f\x8b"
_BLANK = b" \t\r\n"
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_ENTRIES = {"urlset": "url", "sitemapindex": "sitemap"}


class SitemapError(ValueError):
    """Why a document is no sitemap: a clause that follows its place and shows nothing of its text."""


@dataclass(frozen=True)
class Sitemap:
    """The entries of one document: URLs of pages, or of the sitemaps that an index lists.

    `size`: the bytes of the document once it is unpacked.
    """

    kind: Literal["urls", "index"]
    entries: tuple[str, ...]
    size: int


def read_sitemap(content: bytes) -> Sitemap:
    """The sitemap in the bytes of one document. Raises SitemapError, and nothing else."""
    plain = unpacked(content)
    if len(plain) > LARGEST_DOCUMENT:
        raise SitemapError(_TOO_LARGE)
    start = plain
    for mark in _BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    # In UTF-16 every second byte is 0.
    if start.lstrip(_BLANK + b"\0").startswith(b"<"):
        return _from_xml(plain)
    return _from_text(plain)


def unpacked(content: bytes) -> bytes:
    """The bytes, unpacked if they are gzip, whatever their name says. Raises SitemapError."""
    if not content.startswith(_GZIP):
        return content
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as stream:
            plain = stream.read(LARGEST_DOCUMENT + 1)
    except EOFError:
        raise SitemapError("is gzip that is cut off") from None
    except (OSError, zlib.error):
        raise SitemapError("is gzip that cannot be unpacked") from None
    return plain


def _from_text(plain: bytes) -> Sitemap:
    try:
        lines = plain.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SitemapError("is neither XML nor text in UTF-8") from None
    reader = _EntryReader()
    for line in lines:
        reader.add(line)
    return Sitemap("urls", tuple(reader.entries), len(plain))


def _from_xml(plain: bytes) -> Sitemap:
    reader = _EntryReader()
    try:
        reader.parser.Parse(plain, True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code) or "it is broken"
        raise SitemapError(
            f"is XML that cannot be read: {reason}, in line {error.lineno}"
        ) from None
    except (LookupError, ValueError) as error:
        if isinstance(error, SitemapError):
            raise
        raise SitemapError(
            "is XML in an encoding that is not known: write it in UTF-8"
        ) from None
    return Sitemap(reader.kind, tuple(reader.entries), len(plain))


class _EntryReader:
    """Collects the text of each `loc` below `url` or `sitemap`; those of extensions (images) do not count."""

    def __init__(self) -> None:
        self.entries: list[str] = []
        self.kind: Literal["urls", "index"] = "urls"
        self.parser = expat.ParserCreate(namespace_separator=" ")
        # Without a document type there are no entities, so that a document cannot grow or name a file.
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self._depth = 0
        self._path: tuple[str, ...] = ()
        self._loc: str | None = None
        self._is_in_entry = False

    def add(self, text: str) -> None:
        url = text.strip()
        if not url:
            return
        if len(url) > LONGEST_URL:
            raise _too_long()
        if len(self.entries) == MOST_ENTRIES:
            raise SitemapError(
                f"has more than {MOST_ENTRIES} entries, the most that a sitemap may have"
            )
        self.entries.append(url)

    def _refuse_doctype(self, *_: object) -> None:
        raise SitemapError("has a document type (DTD), which no sitemap needs")

    def _start(self, name: str, _: object) -> None:
        self._depth += 1
        if self._depth == 1:
            self._begin(name)
        elif self._depth == 2:  # noqa: PLR2004 -- below the root
            self._is_in_entry = name == self._path[0]
        elif self._depth == 3 and self._is_in_entry and name == self._path[1]:  # noqa: PLR2004
            self._loc = ""

    def _begin(self, root: str) -> None:
        namespace, separator, local = root.rpartition(" ")
        if local not in _ENTRIES:
            raise SitemapError(
                "is XML, and its root is neither urlset nor sitemapindex"
            )
        self.kind = "index" if local == "sitemapindex" else "urls"
        prefix = f"{namespace}{separator}"
        self._path = (f"{prefix}{_ENTRIES[local]}", f"{prefix}loc")

    def _end(self, _: str) -> None:
        self._depth -= 1
        if self._loc is not None and self._depth == 2:  # noqa: PLR2004
            self.add(self._loc)
            self._loc = None

    def _text(self, text: str) -> None:
        if self._loc is None:
            return
        self._loc += text
        if len(self._loc) > _LONGEST_TEXT:
            raise _too_long()


def _too_long() -> SitemapError:
    return SitemapError(f"has a URL of more than {LONGEST_URL} characters")
