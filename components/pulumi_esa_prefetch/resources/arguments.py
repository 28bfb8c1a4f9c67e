"""Reads a resource's arguments, given as one value or as keywords, and collects what is wrong with them."""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pulumi import ResourceOptions, RunError

from pulumi_esa_prefetch.api.safe_text import printable

A = TypeVar("A")
_PACKAGE = __name__.partition(".")[0]


@dataclass
class Faults:
    """What is wrong with the arguments of one resource: collected, and raised as one error.

    ``owner`` names the resource and where the program declares it: ``ScheduledPrefetch 'x' (__main__.py:4)``.
    """

    owner: str
    found: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, resource: object, resource_name: object) -> "Faults":
        """Of a resource that the program is declaring now."""
        return cls(f"{type(resource).__name__} {resource_name!r} ({_program_line()})")

    def add(self, *clauses: str) -> None:
        """Add clauses, each about one argument that it names."""
        self.found += map(printable, clauses)

    def read(self, make: Callable[[], Any]) -> Any:
        """Return what the function makes; None if it raises RunError, whose text is added."""
        try:
            return make()
        except RunError as error:
            self.add(str(error))

    def refuse(self, shown: int = 10) -> None:
        """Raise RunError with what was found, if anything was."""
        if self.found:
            hidden = len(self.found) - shown
            more = [f"and {hidden} more"] if hidden > 0 else []
            raise RunError(f"{self.owner}: {'; '.join(self.found[:shown] + more)}")


def arguments(
    kind: type[A],
    args: A | None,
    keywords: Mapping[str, Any],
    opts: object,
    faults: Faults,
) -> A:
    """Return the arguments as a value of that dataclass; a required one that is missing is None.

    Adds to the faults if arguments are given in both ways, if a name is unknown, if a required argument is
    missing, or if ``opts`` is something else. Raises RunError if ``args`` is something else.
    """
    given: object = args
    if opts is not None and not isinstance(opts, ResourceOptions):
        faults.add(f"opts is of type {type(opts).__name__}, not ResourceOptions")
    if args is None:
        args = _from_keywords(kind, keywords, faults)
    elif not isinstance(given, kind):
        faults.add(f"args is of type {type(given).__name__}, not {kind.__name__}")
        faults.refuse()
    elif keywords:
        faults.add(
            f"there are both args and {', '.join(keywords)}: give all in one of the two ways"
        )
    faults.add(
        *(
            f"{name} is missing"
            for name in _required(kind)
            if getattr(args, name) is None
        )
    )
    return args


def _from_keywords(kind: Any, keywords: Mapping[str, Any], faults: Faults) -> Any:
    known = [*(field.name for field in fields(kind)), "opts"]
    faults.add(
        *(
            f"{name} is not an argument: {suggestion(name, known)}"
            for name in keywords
            if name not in known
        )
    )
    given = {name: value for name, value in keywords.items() if name in known}
    return kind(**{**dict.fromkeys(_required(kind)), **given})


def suggestion(name: str, known: Sequence[str]) -> str:
    """Which name is meant by one that is not known."""
    near = get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"it takes {', '.join(known)}"


def _required(kind: Any) -> list[str]:
    return [
        field.name
        for field in fields(kind)
        if field.default is MISSING and field.default_factory is MISSING
    ]


def _program_line() -> str:
    """The file and line of the nearest caller outside this package."""
    frame = sys._getframe()  # noqa: SLF001 -- `inspect` would read the source of every frame
    while frame.f_back and _is_ours(frame.f_globals):
        frame = frame.f_back
    shown = _shown_path(frame.f_code.co_filename, os.getcwd())  # noqa: PTH109 -- for each resource
    return f"{shown}:{frame.f_lineno}"


@cache
def _shown_path(file: str, directory: str) -> Path:
    path = Path(file)
    return path.relative_to(directory) if path.is_relative_to(directory) else path


def _is_ours(names: Mapping[str, Any]) -> bool:
    return str(names.get("__name__")).partition(".")[0] == _PACKAGE
