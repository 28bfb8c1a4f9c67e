"""What the generator is told about the run, and how it says that it cannot go on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import Diagnostic

Mode = Literal["update", "destroy", "refresh"]
Tell = Callable[[Diagnostic], None]


class Bail(EngineError):
    """The run cannot go on, and its user has been told why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`refresh`: look each recorded resource up when it is registered; `replace`: URNs or globs to replace in any case."""

    stack: str
    project: str
    dry_run: bool
    mode: Mode = "update"
    refresh: bool = False
    replace: Sequence[str] = ()
