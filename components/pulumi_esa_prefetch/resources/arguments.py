"""Reads a resource's arguments, given as one value or as keywords of the same names; checks no value."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any, TypeVar

from pulumi import RunError

A = TypeVar("A")


def arguments(
    kind: type[A], owner: str, args: A | None, keywords: Mapping[str, Any]
) -> A:
    """Return the arguments as a value of that dataclass.

    Raises RunError, one sentence, if they are given in both ways, if a name is unknown, or if a required
    argument is missing. ``owner`` is the subject of that sentence: ``ScheduledPrefetch 'x'``.
    """
    given: object = args
    if args is None:
        args = _from_keywords(kind, owner, keywords)
    elif not isinstance(given, kind):
        raise RunError(
            f"{owner}: args is of type {type(given).__name__}, not {kind.__name__}"
        )
    elif keywords:
        raise RunError(
            f"{owner} has both args and {', '.join(keywords)}: give all in one of the two ways"
        )
    missing = [name for name in _required(kind) if getattr(args, name) is None]
    if missing:
        raise RunError(f"{owner} has no {' and no '.join(missing)}")
    return args


def _from_keywords(kind: Any, owner: str, keywords: Mapping[str, Any]) -> Any:
    known = [*(field.name for field in fields(kind)), "opts"]
    for name in keywords:
        if name not in known:
            raise RunError(f"{owner} takes no {name}: {_suggestion(name, known)}")
    return kind(**{**dict.fromkeys(_required(kind)), **keywords})


def _suggestion(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"it takes {', '.join(known)}"


def _required(kind: Any) -> list[str]:
    return [
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    ]
