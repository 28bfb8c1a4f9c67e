"""The difference between two declarations, by property and by key of the triggers; pure.

A path has the notation of Pulumi's property paths: ``triggers.release``, ``triggers["a.b"]``.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any

from pulumi.output import contains_unknowns

from pulumi_esa_prefetch.native.property_names import INPUTS

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOTHING = object()


class Kind(Enum):
    """How a property differs; the values are those of Pulumi's ``PropertyDiff.Kind``."""

    ADD = 0
    DELETE = 2
    UPDATE = 4
    UPDATE_REPLACE = 5


def detailed_diff(
    olds: Mapping[str, Any], news: Mapping[str, Any], *, replaces: bool
) -> dict[str, Kind]:
    """Each path that differs, in the order of the schema; ``replaces``: another plan is declared."""
    return dict(_changes(olds, news, replaces=replaces))


def property_diff(
    names: Iterable[str], olds: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, Kind]:
    """Each path that differs of a resource that is never replaced, in the order of the names."""
    found: dict[str, Kind] = {}
    for name in names:
        old, new = olds.get(name, _NOTHING), news.get(name, _NOTHING)
        of_one = _in_triggers(old, new) if name == "triggers" else _of(name, old, new)
        found |= dict(of_one)
    return found


def _changes(
    olds: Mapping[str, Any], news: Mapping[str, Any], *, replaces: bool
) -> Iterator[tuple[str, Kind]]:
    if replaces:
        yield "planId", Kind.UPDATE_REPLACE
    for name in INPUTS:
        old, new = olds.get(name, _NOTHING), news.get(name, _NOTHING)
        if name == "triggers":
            yield from _in_triggers(old, new)
        elif name != "planId" and not (name == "jobId" and new is _NOTHING):
            yield from _of(name, old, new)


def _in_triggers(old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in old | new:
            place = f".{key}" if _PLAIN_KEY.fullmatch(key) else f"[{json.dumps(key)}]"
            values = old.get(key, _NOTHING), new.get(key, _NOTHING)
            yield from _of(f"triggers{place}", *values)
    else:
        yield from _of("triggers", old, new)


def _of(path: str, old: Any, new: Any) -> Iterator[tuple[str, Kind]]:
    if old is _NOTHING and new is not _NOTHING:
        yield path, Kind.ADD
    elif new is _NOTHING and old is not _NOTHING:
        yield path, Kind.DELETE
    elif old is not new and (contains_unknowns(new) or _text(old) != _text(new)):
        yield path, Kind.UPDATE


def _text(value: Any) -> str:
    """A value as text, to compare it: 1 and true differ."""
    return json.dumps(value, sort_keys=True)
