"""Ranges of Pulumi versions that a project or program requires; knows one, which this engine works like."""

import operator
import re
from collections.abc import Callable
from typing import Any, Final

from semver import Version

from pulumi_esa_prefetch.engine.errors import EngineError

PULUMI: Final = "3.260.0"

_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {
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
_PART: Final = re.compile(r"([<>=!]*)(.+)")
_NUMBER: Final = r"(0|[1-9][0-9]*)"
# the last number but one counts, so 3.x.x is 3.0.x: a slip of that library's
_WILD: Final = re.compile(rf"{_NUMBER}\.(?:{_NUMBER}\.x|x\.x|(?P<minor>x))")


def require_version(wanted: str) -> None:
    """EngineError if a range is none, or does not hold the version that this engine works like; "" holds all.

    The ranges are those of Go's blang/semver: `>=3.1.0 <4.0.0 || !=5.0.0`, also `3.x`.
    """
    if not wanted:
        return
    try:
        held = [_all_hold(parts) for parts in _alternatives(wanted)]
    except (KeyError, ValueError):
        raise EngineError(
            f"{wanted!r} is not a range of versions such as '>=3.1.0 <4.0.0'"
        ) from None
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


def _all_hold(parts: list[str]) -> bool:
    """Whether each part holds; ValueError or KeyError if there is none, or one that is no comparison."""
    read = [found.groups() for found in map(_PART.fullmatch, parts) if found]
    if not read:
        raise ValueError
    held = [_holds(sign, version) for sign, version in read]
    return all(held)


def _holds(sign: str, version: str) -> bool:
    own = Version.parse(PULUMI)
    compare, wild = _COMPARE[sign], _WILD.fullmatch(version)
    if wild is None:
        return compare(own, Version.parse(version))
    low = Version(int(wild[1]), int(wild[2] or 0))
    high = low.bump_major() if wild["minor"] else low.bump_minor()
    if sign in ("<", ">="):
        return compare(own, low)
    if sign in ("<=", ">"):
        return (own >= high) is (sign == ">")
    # what is not 3.x would have to be both below and above it: another slip
    return compare is operator.eq and low <= own < high
