"""What the generator is told about the run, and how it says that something must not be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NoReturn

from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import Diagnostic

Tell = Callable[[Diagnostic], None]


class Bail(EngineError):
    """The run cannot go on, and its user has been told why."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One run's; `replace`: URNs or globs to replace in any case."""

    stack: str
    project: str
    dry_run: bool
    replace: Sequence[str] = ()


class Refusals:
    """Says what must not be: a real run ends there, a preview goes on to find the rest, and fails."""

    def __init__(self, tell: Tell, *, dry_run: bool) -> None:
        self._tell = tell
        self._dry_run = dry_run
        self.any = False

    def refuse(self, message: str, urn: str) -> None:
        """Tell an error; Bail in a real run."""
        self._tell(Diagnostic("error", message, urn))
        self.any = True
        if not self._dry_run:
            raise Bail(message)

    def fail(self, message: str, urn: str) -> NoReturn:
        """Tell an error, and Bail."""
        self._tell(Diagnostic("error", message, urn))
        self.any = True
        raise Bail(message)

    def warn_or_fail(self, message: str, urn: str) -> None:
        """Warn in a preview of what a real run refuses."""
        if not self._dry_run:
            self.fail(message, urn)
        self._tell(Diagnostic("warning", message, urn))
