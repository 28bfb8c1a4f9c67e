"""Ranges of Pulumi versions that a project or program requires; knows one, which this engine works like."""

import operator
import re
from collections.abc import Callable
from typing import Final

from pulumi_esa_prefetch.engine.errors import EngineError

PULUMI: Final = "3.260.0"

_Version = tuple[int, ...]

_COMPARE: Final[dict[str, Callable[[_Version, _Version], bool]]] = {
    "": operator.eq,
    "=": operator.eq,
    "==": operator.eq,
    "!": operator.ne,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
_NUMBER: Final = r"(?:0|[1-9]\d*)"
_PART: Final = re.compile(
    rf"(?P<sign>[<>=!]*)(?P<core>{_NUMBER}(?:\.{_NUMBER})*(?P<wild>(?:\.x)*))"
    r"(?P<before>-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?",
    re.ASCII,
)
_NUMBERS: Final = 3


def require_version(wanted: str) -> None:
    """EngineError if a range is none, or does not hold the version that this engine works like; "" holds all.

    The ranges are those of Go's blang/semver: `>=3.1.0 <4.0.0 || !=5.0.0`, also `3.x`.
    """
    if not wanted:
        return
    held = [_all_hold(parts, wanted) for parts in _alternatives(wanted)]
    if not any(held):
        raise EngineError(
            f"Pulumi {wanted} is required, and this engine works like {PULUMI}: run it "
            "with the pulumi CLI"
        )


def _alternatives(wanted: str) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for part in re.sub(r"([<>=]) +", r"\1", wanted).split():
        if part == "||":
            found.append([])
        else:
            found[-1].append(part)
    return found


def _all_hold(parts: list[str], wanted: str) -> bool:
    read = [part for part in map(_PART.fullmatch, parts) if part and _is_version(part)]
    if not read or len(read) < len(parts):
        raise EngineError(
            f"{wanted!r} is not a range of versions such as '>=3.1.0 <4.0.0'"
        )
    return all(map(_holds, read))


def _is_version(part: re.Match[str]) -> bool:
    count = part["core"].count(".") + 1
    whole = count == _NUMBERS or (part["wild"] and count == _NUMBERS - 1)
    return bool(whole) and part["sign"] in _COMPARE


def _holds(part: re.Match[str]) -> bool:
    if part["wild"]:
        return _wild(part["sign"], part["core"].split("."))
    # a release comes after what goes before it
    version = *map(int, part["core"].split(".")), int(not part["before"])
    return _COMPARE[part["sign"]]((*_own(), 1), version)


def _wild(sign: str, numbers: list[str]) -> bool:
    # the last number but one counts, so 3.x.x is 3.0.x: a slip of that library's
    low = [0 if number == "x" else int(number) for number in numbers]
    high = [*low[:-2], low[-2] + 1]
    from_low, from_high = _own() >= tuple(low), _own() >= tuple(high)
    return {
        ">": from_high,
        ">=": from_low,
        "<": not from_low,
        "<=": not from_high,
        "!": False,  # both below and above it, which nothing is: another slip
        "!=": False,
    }.get(sign, from_low and not from_high)


def _own() -> _Version:
    return tuple(map(int, PULUMI.split(".")))
