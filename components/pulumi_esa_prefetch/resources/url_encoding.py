"""Writes URLs in ASCII, as ESA takes them, or says why ESA would refuse them; knows no source of a list."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit

from pulumi_esa_prefetch.api.safe_text import printable

_ASCII = "".join(map(chr, range(0x80)))
# RFC 3986 has no place for these in a URL; ESA's guide asks for them percent-encoded.
_ODD = re.compile(r"[^!#-;=?-\[\]_a-z~]")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?")


_SHOWN = 5


class UrlError(ValueError):
    """Why ESA would refuse a URL: a clause that follows its place and shows nothing of the URL."""


def numbered(lines: Iterable[object]) -> dict[int, str]:
    """The lines that are not empty, without the spaces around them, by their numbers from 1."""
    texts = {n: str(line).strip() for n, line in enumerate(lines, 1)}
    return {n: text for n, text in texts.items() if text}


def encode_urls(urls: Mapping[int, str], noun: str = "line") -> dict[int, str]:
    """The URLs as `encode_url` writes them. `noun`: what their numbers count.

    Raises UrlError with the numbers of those that are wrong, and why.
    """
    encoded, wrong = {}, []
    for n, url in urls.items():
        try:
            encoded[n] = encode_url(url)
        except UrlError as error:
            wrong.append(f"{noun} {n} {error}")
    if wrong:
        more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
        raise UrlError(", ".join(wrong[:_SHOWN] + more))
    return encoded


def encode_url(url: str) -> str:
    """Return the URL in ASCII; a URL that is in ASCII stays as it is, byte for byte.

    Other characters are percent-encoded as UTF-8, in the host by IDNA. Raises UrlError.
    """
    odd = sorted(set(_ODD.findall(url)))
    for character in odd:
        if character != " " and printable(character) != character:
            raise UrlError(f"holds the invisible character U+{ord(character):04X}")
    if not url.lower().startswith(("http://", "https://")):
        raise UrlError("is no http or https URL")
    if odd and odd[0].isascii():
        name = "a space" if odd[0] == " " else odd[0]
        raise UrlError(f"holds {name} (write %{ord(odd[0]):02X})")
    if _BAD_ESCAPE.search(url):
        raise UrlError("holds a % without two hex digits (write %25)")
    return quote(_with_ascii_host(url, _split(url)), safe=_ASCII)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UrlError("has a host that cannot be read") from None
    if "@" in parts.netloc:
        raise UrlError("holds a user name or password")
    try:
        _ = parts.port
    except ValueError:
        raise UrlError("has a port that is no number up to 65535") from None
    return parts


def _with_ascii_host(url: str, parts: SplitResult) -> str:
    host = parts.hostname
    if not host:
        raise UrlError("has no host")
    if parts.netloc.isascii():
        # Only an IPv6 address has colons, and urlsplit has checked it.
        if ":" not in host and not _HOST.fullmatch(host):
            raise UrlError("has a host that is no domain name")
        return url
    given = parts.netloc.partition(":")[0]
    return url.replace(given, _idna(given), 1)


@lru_cache
def _idna(host: str) -> str:
    import idna  # noqa: PLC0415 -- its tables are large, and few lists need them

    try:
        return idna.encode(host.lower()).decode("ascii")
    except idna.IDNAError:
        raise UrlError("has a host that is no domain name") from None
