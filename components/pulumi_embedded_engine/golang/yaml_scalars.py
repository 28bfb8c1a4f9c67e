"""The value of a YAML scalar for the CLI: the rules of Go's yaml.v3, which are neither YAML 1.1 nor 1.2."""

import calendar
import math
import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

INT64: Final = range(-(2**63), 2**63)
_UINT64: Final = range(2**64)
_MAX_DIGITS: Final = (
    20  # digits of a whole number: Python itself refuses very long ones
)


class YamlTimestamp(str):
    """A date or time without quotes, as the text that Go prints for it."""

    __slots__ = ()


def resolve_scalar(text: str) -> Any:
    """The value of a plain scalar, from the first rule that matches; the text itself if none does."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-." or _NO_DIGIT_BESIDE.match(text):
        return text
    plain = text.replace("_", "")
    for pattern, reading in _RULES:
        match = pattern.fullmatch(text if reading is _timestamp else plain)
        value = reading(match) if match else None
        if value is not None:
            return value
    return text


def _integer(match: re.Match[str]) -> int | None:
    base, digits = next(item for item in match.groupdict().items() if item[1])
    if base == "d" and len(digits) > _MAX_DIGITS:
        return None
    number = int(match[1] + digits, _BASES[base])
    signed = not match[0].isalnum()
    return number if number in INT64 or (number in _UINT64 and not signed) else None


def _float(match: re.Match[str]) -> float | None:
    number = float(match[0])
    # the CLI's zero has no sign, and a number too large for a float is a string
    return number + 0.0 if math.isfinite(number) else None


def _timestamp(match: re.Match[str]) -> YamlTimestamp | None:
    year, month, day, _, hour, minute, second, fraction, zone = match.groups("0")
    try:
        # Go has a year 0, a leap year like 2000
        when = datetime(  # noqa: DTZ001 - and offsets that Python has not
            int(year) or 2000, int(month), int(day), int(hour), int(minute), int(second)
        )
        east = _offset_minutes(zone)
    except ValueError:
        return None
    digits = f".{fraction[:9]}".rstrip("0").rstrip(".")
    hours, minutes = divmod(abs(east), 60)
    offset = f"{'-' if east < 0 else '+'}{hours:02}{minutes:02}"
    name = _zone_name(when, east) or offset
    return YamlTimestamp(f"{year}-{when:%m-%d %H:%M:%S}{digits} {offset} {name}")


def _offset_minutes(zone: str) -> int:
    """The minutes of a time offset; raises ValueError if Go does not accept it."""
    if zone in ("0", "Z"):
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:])
    if hours > 24 or minutes > 60:  # noqa: PLR2004 - Go's bounds
        raise ValueError(zone)
    return int(f"{zone[0]}{60 * hours + minutes}")


def _zone_name(when: datetime, east: int) -> str:
    """UTC, or the name of the machine's time zone if it has this offset, else ""."""
    if not east:
        return "UTC"
    here = time.localtime(calendar.timegm(when.timetuple()) - 60 * east)
    return here.tm_zone if here.tm_gmtoff == 60 * east else ""


_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
# underscores are ignored in a number, but in one that starts with a dot they must be between digits
_NO_DIGIT_BESIDE: Final = re.compile(r"\.(?:.*[^0-9])?_|\..*_(?![0-9])")
_BASES: Final = {"x": 16, "b": 2, "o": 8, "d": 10}
_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Any]], ...]] = (
    (
        re.compile(
            r"(\d{4})-(\d\d?)-(\d\d?)"
            r"(?:(?:(?P<t>[Tt])| +)(\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?(?(t)(Z|[-+]\d\d:\d\d)))?",
            re.ASCII,
        ),
        _timestamp,
    ),
    (
        re.compile(
            r"([-+]?)(?:0[xX](?P<x>[0-9a-fA-F]+)|(?P<d>0|[1-9][0-9]*)"
            # the CLI accepts a sign after 0b or 0o too
            r"|0[bB](?P<b>(?:(?<=^0b)[-+])?[01]+)|0[oO]?(?P<o>(?:(?<=^0o)[-+])?[0-7]+))"
        ),
        _integer,
    ),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), _float),
)
