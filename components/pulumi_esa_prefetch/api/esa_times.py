"""Reads and writes times in the notations of ESA."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

# Seen in ESA's answers and examples: `2024-06-02T02:43:35Z`, `2023-06-05T10:04:20+0800`,
# `2024-05-31T17:10:48.849+08:00`, and, probably a mistake, `2024-01-01T00:00:00+Z`
# (pages of CreateScheduledPreloadExecutions, GetScheduledPreloadJob, StartScheduledPreloadExecution).
_NOTATION = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[Tt ]"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\+?[Zz]|(?P<sign>[+-])(?P<zone_hour>\d\d)(?::?(?P<zone_minute>\d\d))?)",
    re.ASCII,
)


# The plans of a job share their times, and each look reads them anew.
@lru_cache(maxsize=4096)
def parse_time(text: str) -> datetime:
    """Read a time in any notation that ESA uses; the result is aware, in UTC.

    The zone is required (`Z`, `+08:00`, `+0800`, `+08`, `+Z`). Digits after the microseconds
    are dropped. Raises ValueError with one sentence.
    """
    match = _NOTATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(
            f"{text!r} is not an instant such as 2026-01-31T08:00:00Z or "
            "2026-01-31T08:00:00+08:00"
        )
    try:
        return _instant(match).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not an instant: {error}") from None


def render_time(moment: datetime) -> str:
    """Write a time as ISO 8601 in UTC with `Z`, with milliseconds or microseconds only if they are not 0.

    Raises ValueError for a datetime without a zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    precision = "seconds"
    if moment.microsecond:
        precision = "microseconds" if moment.microsecond % 1000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _instant(match: re.Match[str]) -> datetime:
    fraction = (match["fraction"] or "")[:6].ljust(6, "0")
    return datetime(
        int(match["year"]),
        int(match["month"]),
        int(match["day"]),
        int(match["hour"]),
        int(match["minute"]),
        int(match["second"] or 0),
        int(fraction),
        tzinfo=_zone(match),
    )


def _zone(match: re.Match[str]) -> timezone:
    if match["sign"] is None:
        return UTC
    minutes = int(match["zone_hour"]) * 60 + int(match["zone_minute"] or 0)
    return timezone(timedelta(minutes=-minutes if match["sign"] == "-" else minutes))
