"""Chooses the URLs to ask for: the same ones for the same list and seed, on every machine and Python."""

from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256
from heapq import nsmallest

_DIGEST_LENGTH = 16


def url_digest(url: str) -> str:
    """A short name of a URL that shows nothing of it; it stands in states, so it never changes."""
    return sha256(url.encode()).hexdigest()[:_DIGEST_LENGTH]


def unasked(urls: Iterable[str], asked: Collection[str] = ()) -> list[str]:
    """The distinct URLs without those whose digest is in `asked`."""
    known = frozenset(asked)
    return [url for url in dict.fromkeys(urls) if url_digest(url) not in known]


def sampled(
    urls: Sequence[str], size: int, seed: int, asked: Collection[str] = ()
) -> list[str]:
    """At most `size` distinct URLs in random order, none whose digest is in `asked`.

    Each URL gets a random number of its own, made from the seed, so the order of the list does not matter.
    """
    return nsmallest(
        max(0, size),
        unasked(urls, asked),
        key=lambda url: sha256(f"{seed} {url}".encode()).digest(),
    )
