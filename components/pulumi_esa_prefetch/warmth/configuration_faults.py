"""What to do about files that the site's configuration keeps out of the cache: no prefetch can warm them."""

from collections.abc import Mapping
from typing import Final

from pulumi_esa_prefetch.warmth.edge_answer import UNCACHED

_ADVICE: Final = {
    "DYNAMIC": (
        "ESA does not cache {them} by default: set a cache rule of the site for {them}, or take {them} out of the list"
    ),
    "BYPASS": (
        "{they} reached the cache and may not be stored: look for a cache rule that bypasses the cache, development "
        "mode, and the headers Cache-Control and Set-Cookie of the origin"
    ),
}


def configuration_faults(by_status: Mapping[str, int]) -> list[str]:
    """One sentence for each such status that was seen, without its end."""
    counts = {
        status: sum(n for kind, n in by_status.items() if kind.split(" ")[0] == status)
        for status in UNCACHED
    }
    return [
        f"{status} ({count} {_urls(count)}) is a fault of configuration, and no prefetch mends it: "
        + _ADVICE[status].format(**_pronouns(count))
        for status, count in counts.items()
        if count
    ]


def _urls(count: int) -> str:
    return "URL" if count == 1 else "URLs"


def _pronouns(count: int) -> dict[str, str]:
    if count == 1:
        return {"they": "it", "them": "it"}
    return {"they": "they", "them": "them"}
