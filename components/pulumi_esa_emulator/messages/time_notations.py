"""Parses and formats times in ESA's notations.

Accepted are those of the API pages: `2024-06-03T16:00:00Z`,
`2024-06-04T10:02:09.000+08:00`, `2023-06-05T10:04:20+0800`, and a mistake of the pages,
`2024-01-01T00:00:00+Z`.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

_BEIJING = timezone(timedelta(hours=8))
_OUTSIDE = "{!r} is outside the years 1000 to 8999"
_PARTS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}
_RELATIVE = re.compile(r"([+-])((?:\d{1,9}[dhms])+)")
_ABSOLUTE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:\+?Z|[+-]\d\d:?\d\d)", re.ASCII
)

# Leaves a margin on both sides for time zones and intervals.
EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
LATEST = datetime(8999, 12, 31, tzinfo=UTC)

Notation = Callable[[datetime], str]


def parse_time(text: str) -> datetime:
    """The time in a text, to the millisecond; ValueError if it is not a time."""
    if not _ABSOLUTE.fullmatch(text):
        raise ValueError(f"{text!r} is not a time such as 2024-06-03T16:00:00Z")
    try:
        moment = datetime.fromisoformat(text.replace("+Z", "Z")).astimezone(UTC)
    except OverflowError:
        raise ValueError(_OUTSIDE.format(text)) from None
    except ValueError:
        raise ValueError(f"{text!r} is not a time of the calendar") from None
    return _within(moment, text)


def parse_relative_time(text: str, now: datetime) -> datetime:
    """A time as above, `now`, or a time relative to now: `+2h`, `-1d12h`, `+90s`."""
    if text == "now":
        return to_milliseconds(now)
    found = _RELATIVE.fullmatch(text)
    if not found and not _ABSOLUTE.fullmatch(text):
        raise ValueError(
            f"{text!r} is not a time such as now, +2h, -1d12h or 2024-06-03T16:00:00Z"
        )
    if not found:
        return parse_time(text)
    sign = -1 if found[1] == "-" else 1
    parts = re.findall(r"(\d+)([dhms])", found[2])
    try:
        span = sum((timedelta(**{_PARTS[u]: int(n)}) for n, u in parts), timedelta())
        return _within(now + sign * span, text)
    except OverflowError:
        raise ValueError(_OUTSIDE.format(text)) from None


def to_milliseconds(moment: datetime) -> datetime:
    """The time cut to milliseconds, the precision of ESA's notation."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _within(moment: datetime, text: str) -> datetime:
    if not EARLIEST <= moment <= LATEST:
        raise ValueError(_OUTSIDE.format(text))
    return to_milliseconds(moment)


def _beijing_millis(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).isoformat(timespec="milliseconds")


def _beijing_basic(moment: datetime) -> str:
    return moment.astimezone(_BEIJING).strftime("%Y-%m-%dT%H:%M:%S+0800")


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc_millis(moment: datetime) -> str:
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="milliseconds") + "Z"


# All four are in examples of the API pages; the first is that of Start.
NOTATIONS: dict[str, Notation] = {
    "+08:00": _beijing_millis,
    "+0800": _beijing_basic,
    "Z": _utc,
    "millis-Z": _utc_millis,
}
