"""Seeds for tests: jobs and plans with what a test seldom wants to say; the documents of docs/local-esa.md."""

from collections.abc import Sequence
from typing import Any, Final

Document = dict[str, Any]

# The site of the examples on ESA's API pages.
SITE: Final = 190007158391808


def job(
    *plans: Document,
    urls: Sequence[str] | int = 10,
    name: str = "launch",
    id: str | None = None,  # noqa: A002 - the field's name
    site: int = SITE,
) -> Document:
    """A job of a seed: `urls` are its URLs, or how many it has. Without an id the local ESA makes one up."""
    listed = (
        [f"https://www.example.com/{name}/{number}.mp4" for number in range(urls)]
        if isinstance(urls, int)
        else list(urls)
    )
    return {
        **({"Id": id} if id else {}),
        "SiteId": site,
        "Name": name,
        "UrlList": listed,
        "plans": list(plans),
    }


def plan(
    status: str = "waiting",
    *,
    start: str = "",
    end: str = "+8h",
    interval: int = 60,
    slice_len: int = 1,
    id: str | None = None,  # noqa: A002 - the field's name
) -> Document:
    """A plan of a seed: `slice_len` URLs each `interval` seconds, from `start` to `end`.

    Times are ESA's, `now`, or relative to it (`+2h`, `-1d`). A status is waiting, running, finished, failed or stopped.
    Without a start, a waiting plan begins in an hour, and any other one began an hour ago.
    """
    return {
        **({"Id": id} if id else {}),
        "StartTime": start or ("+1h" if status == "waiting" else "-1h"),
        "EndTime": end,
        "Interval": interval,
        "SliceLen": slice_len,
        "Status": status,
    }
