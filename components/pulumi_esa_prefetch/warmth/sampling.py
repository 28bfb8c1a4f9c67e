"""Chooses the URLs to ask for: the same ones for the same list and seed, on every machine and Python."""

import re
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from heapq import nsmallest
from urllib.parse import urlsplit

_DIGEST_LENGTH = 16
_PORTS = {"http": 80, "https": 443}
_USUAL = re.compile(r"https?://[a-z0-9.-]+(:(?!80/|443/)[1-9]\d*)?/[^#]*")
"""A URL that has one spelling only: most have this form, and a list is long."""


def url_digest(url: str) -> str:
    """A short name of a URL that shows nothing of it; it stands in states, so it never changes.

    URLs that ask the edge for the same thing have the same one.
    """
    return sha256(_requested(url).encode()).hexdigest()[:_DIGEST_LENGTH]


def unasked(urls: Iterable[str], asked: Collection[str] = ()) -> list[str]:
    """The distinct URLs without those whose digest is in `asked`."""
    known = set(asked)
    found = []
    for url in urls:
        digest = url_digest(url)
        if digest not in known:
            known.add(digest)
            found.append(url)
    return found


def sampled(
    urls: Sequence[str], size: int, seed: int, asked: Collection[str] = ()
) -> list[str]:
    """At most `size` distinct URLs in random order, none whose digest is in `asked`.

    Each URL gets a random number of its own, made from the seed, so the order of the list does not matter.
    """
    return nsmallest(
        max(0, size),
        unasked(urls, asked),
        key=lambda url: sha256(f"{seed} {_requested(url)}".encode()).digest(),
    )


def _requested(url: str) -> str:
    """The URL without what no request shows: the fragment, the default port, capital letters of scheme and host."""
    if _USUAL.fullmatch(url):
        return url
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    host = parts.netloc.lower().removesuffix(":")
    if port is not None and port == _PORTS.get(parts.scheme):
        host = host.rpartition(":")[0]
    return parts._replace(netloc=host, path=parts.path or "/", fragment="").geturl()
