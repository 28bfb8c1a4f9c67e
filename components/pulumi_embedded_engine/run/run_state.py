"""What plan and steps of one run share: what it is about, what is recorded, what was decided, what was told."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, NoReturn

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.events import Diagnostic, Event
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.providers.registry import Registry
from pulumi_embedded_engine.run.resource_index import Ledger
from pulumi_embedded_engine.run.targets import Scope, Targets


class Bail(EngineError):
    """The run cannot go on, and its user has been told why."""


class Telling:
    """A sink in front of the sink: from any thread, one event at a time.

    `failed`: the operation did not do all that it should; `refused`: an error said all there is to say of that.
    """

    def __init__(self, sink: Callable[[Event], None], *, dry_run: bool) -> None:
        self._sink = sink
        self._dry_run = dry_run
        self._lock = threading.Lock()
        self._errors: set[str] = set()
        self.failed = False
        self.refused = False

    def __call__(self, event: Event) -> None:
        """Pass one event on."""
        with self._lock:
            if isinstance(event, Diagnostic) and event.severity == "error":
                self._errors.add(event.urn)
            self._sink(event)

    @property
    def errored(self) -> int:
        """How many resources (the stack counts as one) have an error to show."""
        with self._lock:
            return len(self._errors)

    def error(self, message: str, urn: str = "") -> None:
        """Tell an error."""
        self(Diagnostic("error", message, urn))

    def fault(self, error: EngineError, urn: str) -> None:
        """Tell an error with the trace of the provider that it came from, if there is one."""
        trace = getattr(error, "trace", "")
        if trace:
            self(Diagnostic("debug", trace, urn))
        self.error(str(error), urn)

    def warn(self, message: str, urn: str = "") -> None:
        """Tell a warning."""
        self(Diagnostic("warning", message, urn))

    def line(self, text: str) -> None:
        """Tell a line that the program or a provider has printed."""
        self(Diagnostic("info", text))

    def end(self) -> None:
        """The operation ends here, and its user has been told why."""
        self.failed = self.refused = True

    def bail(self, message: str, urn: str) -> NoReturn:
        """Tell an error that ends the run."""
        self.error(message, urn)
        raise Bail(message)

    def refuse(self, message: str, urn: str) -> None:
        """Tell what must not be: a real run ends there, a preview goes on to find the rest, and fails."""
        if not self._dry_run:
            self.bail(message, urn)
        self.error(message, urn)
        self.failed = True

    def warn_or_bail(self, message: str, urn: str) -> None:
        """Warn in a preview of what a real run refuses."""
        if not self._dry_run:
            self.bail(message, urn)
        self.warn(message, urn)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a URN: `skip` is not to make it, `recreate` to delete an object and yet to have one.

    Of what goes early, with another record: `keys` are the inputs that are the reason, and only after `gone` it may
    come anew.
    """

    kind: Literal[
        "same", "skip", "create", "update", "replace", "recreate", "read", "delete"
    ]
    keys: tuple[str, ...] = ()
    gone: Future[bool] | None = None


@dataclass
class Book:
    """Only the generator's thread writes; `renamed` and `renamed_to` are each other's inverse."""

    claimed: set[str] = field(default_factory=set)  # each is given once
    fates: dict[str, Fate] = field(default_factory=dict)
    deleted_early: set[int] = field(default_factory=set)  # positions in the base
    providers: dict[str, Resource] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)  # new URN: earlier one
    renamed_to: dict[str, str] = field(default_factory=dict)  # earlier URN: new one

    def kind(self, urn: str) -> str:
        """What becomes of that URN; empty if no step for it was generated."""
        fate = self.fates.get(urn)
        return fate.kind if fate else ""

    def deleted(self, urn: str) -> bool:
        """Whether this run deletes an object of that URN."""
        return self.kind(urn) in ("delete", "recreate")

    def replaced(self, urn: str) -> bool:
        """Whether this run makes another object for that URN."""
        return self.kind(urn) in ("replace", "recreate")

    def lives(self, urn: str) -> bool:
        """Whether the record of that (perhaps earlier) URN lives on in this run."""
        kind = self.kind(self.renamed_to.get(urn, urn))
        return kind not in ("", "create", "delete")

    def keep(self, urn: str, kind: Literal["same", "update"] = "same") -> None:
        """The object of that URN stays, unless it is another one that was imported in its place."""
        if not self.replaced(urn):
            self.fates[urn] = Fate(kind)

    def delete(self, urn: str, keys: tuple[str, ...] = ()) -> None:
        """An object of that URN goes."""
        self.fates[urn] = Fate("recreate" if self.lives(urn) else "delete", keys)

    def wait(self, urn: str, gone: Future[bool]) -> None:
        """That URN must come anew only when its object is gone."""
        self.fates[urn] = replace(self.fates[urn], gone=gone)

    def take_gone(self, urn: str) -> Future[bool] | None:
        """What to wait for before that URN comes anew; given once."""
        fate = self.fates.get(urn)
        if fate is None or fate.gone is None:
            return None
        self.fates[urn] = replace(fate, gone=None)
        return fate.gone


@dataclass(frozen=True, slots=True)
class Work:
    """One run's; in a `dry_run` nothing may be changed; `replace` is what its user wants to replace in any case."""

    stack: str
    project: str
    dry_run: bool
    replace: Targets
    scope: Scope
    book: Book
    ledger: Ledger
    registry: Registry
    telling: Telling
    clock: Clock

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()
