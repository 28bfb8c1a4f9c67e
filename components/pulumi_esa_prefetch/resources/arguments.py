"""What a component is given, as one value or as keywords of the same names; judges no value and knows no component."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from difflib import get_close_matches
from typing import Any, TypeVar

from pulumi import RunError

A = TypeVar("A")


def arguments(
    kind: type[A], owner: str, args: A | None, keywords: Mapping[str, Any]
) -> A:
    """The arguments of that dataclass, given in one of both ways, none that has to be there missing.

    ``owner`` is whom a sentence is about, ``ScheduledPrefetch 'x'``. Raises RunError: what a program
    got wrong, in one sentence.
    """
    given: object = args
    if args is None:
        args = _of_keywords(kind, owner, keywords)
    elif not isinstance(given, kind):
        raise RunError(
            f"{owner}: args is of type {type(given).__name__}, not {kind.__name__}"
        )
    elif keywords:
        raise RunError(
            f"{owner} has both args and {', '.join(keywords)}: give all in one of the two ways"
        )
    missing = [name for name in _needed(kind) if getattr(args, name) is None]
    if missing:
        raise RunError(f"{owner} has no {' and no '.join(missing)}")
    return args


def _of_keywords(kind: Any, owner: str, keywords: Mapping[str, Any]) -> Any:
    known = [*(field.name for field in fields(kind)), "opts"]
    for name in keywords:
        if name not in known:
            raise RunError(f"{owner} takes no {name}: {_instead(name, known)}")
    return kind(**{**dict.fromkeys(_needed(kind)), **keywords})


def _instead(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"it takes {', '.join(known)}"


def _needed(kind: Any) -> list[str]:
    return [
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    ]
