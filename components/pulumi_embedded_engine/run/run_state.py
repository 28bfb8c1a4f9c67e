"""What planning and steps of one run share: its options, its records, the generator's decisions, its events."""

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
from pulumi_embedded_engine.providers.registry import ProviderRegistry
from pulumi_embedded_engine.run.checks_ahead import ChecksAhead
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.run.targets import Scope, Targets


class RunAborted(EngineError):
    """The run cannot continue, and the error was already reported."""


class EventDispatcher:
    """Sends events to the sink, from any thread, one at a time.

    `failed`: the operation failed at least in part. `failure_reported`: the error of that was already sent.
    """

    def __init__(self, sink: Callable[[Event], None], *, dry_run: bool) -> None:
        self._sink = sink
        self._dry_run = dry_run
        self._lock = threading.Lock()
        self._urns_with_errors: set[str] = set()
        self.failed = False
        self.failure_reported = False

    def send(self, event: Event) -> None:
        """Send one event."""
        with self._lock:
            if isinstance(event, Diagnostic) and event.severity == "error":
                self._urns_with_errors.add(event.urn)
            self._sink(event)

    @property
    def error_count(self) -> int:
        """How many resources (the stack counts as one) have an error."""
        with self._lock:
            return len(self._urns_with_errors)

    def error(self, message: str, urn: str = "") -> None:
        """Send an error."""
        self.send(Diagnostic("error", message, urn))

    def provider_error(self, error: EngineError, urn: str) -> None:
        """Send an error, and before it the traceback of the provider if there is one."""
        trace = getattr(error, "trace", "")
        if trace:
            self.send(Diagnostic("debug", trace, urn))
        self.error(str(error), urn)

    def warn(self, message: str, urn: str = "") -> None:
        """Send a warning."""
        self.send(Diagnostic("warning", message, urn))

    def output_line(self, text: str) -> None:
        """Send a line that the program or a provider has printed."""
        self.send(Diagnostic("info", text))

    def mark_failure_reported(self) -> None:
        """The operation has failed, and the error was already sent."""
        self.failed = self.failure_reported = True

    def abort_run(self, message: str, urn: str) -> NoReturn:
        """Send an error that ends the run."""
        self.error(message, urn)
        raise RunAborted(message)

    def reject(self, message: str, urn: str) -> None:
        """Send an error that ends a real run; a preview continues to find further errors, and fails at the end."""
        if not self._dry_run:
            self.abort_run(message, urn)
        self.error(message, urn)
        self.failed = True

    def warn_or_abort(self, message: str, urn: str) -> None:
        """In a preview, warn of what ends a real run."""
        if not self._dry_run:
            self.abort_run(message, urn)
        self.warn(message, urn)


@dataclass(frozen=True, slots=True)
class UrnDecision:
    """What the generator decided for a URN.

    `skip`: the resource is not created. `recreate`: an object was deleted and another one is to be created.
    Of a dependent that is deleted before a replacement, `keys` are the inputs that are the reason, and it may be
    created again only after `deletion_done`.
    """

    kind: Literal[
        "same", "skip", "create", "update", "replace", "recreate", "read", "delete"
    ]
    keys: tuple[str, ...] = ()
    deletion_done: Future[bool] | None = None


@dataclass
class GeneratorState:
    """What the step generator knows about the resources of this run.

    Only the generator's thread writes it. `earlier_urns` and `current_urns` are each other's inverse.
    """

    claimed: set[str] = field(default_factory=set)  # registered, or kept
    decisions: dict[str, UrnDecision] = field(default_factory=dict)
    # in the base, of records that are deleted before a replacement
    deleted_positions: set[int] = field(default_factory=set)
    providers: dict[str, Resource] = field(default_factory=dict)
    earlier_urns: dict[str, str] = field(default_factory=dict)  # new URN: earlier one
    current_urns: dict[str, str] = field(default_factory=dict)  # earlier URN: new one

    def kind(self, urn: str) -> str:
        """The kind of decision for that URN; empty if no step was generated for it."""
        decision = self.decisions.get(urn)
        return decision.kind if decision else ""

    def is_deleted(self, urn: str) -> bool:
        """Whether this run deletes an object of that URN."""
        return self.kind(urn) in ("delete", "recreate")

    def is_replaced(self, urn: str) -> bool:
        """Whether this run creates another object for that URN."""
        return self.kind(urn) in ("replace", "recreate")

    def survives(self, urn: str) -> bool:
        """Whether the record of that (current or earlier) URN still exists after this run."""
        kind = self.kind(self.current_urns.get(urn, urn))
        return kind not in ("", "create", "delete")

    def keep(self, urn: str, kind: Literal["same", "update"] = "same") -> None:
        """The object of that URN stays; a replacement by an import is not overwritten."""
        if not self.is_replaced(urn):
            self.decisions[urn] = UrnDecision(kind)

    def delete(self, urn: str, keys: tuple[str, ...] = ()) -> None:
        """An object of that URN is deleted."""
        kind: Literal["recreate", "delete"]
        kind = "recreate" if self.survives(urn) else "delete"
        self.decisions[urn] = UrnDecision(kind, keys)

    def set_deletion_signal(self, urn: str, deletion_done: Future[bool]) -> None:
        """That URN may be created again only when the deletion of its object is done."""
        self.decisions[urn] = replace(self.decisions[urn], deletion_done=deletion_done)

    def take_deletion_signal(self, urn: str) -> Future[bool] | None:
        """The signal to wait for before that URN is created again; returned once."""
        decision = self.decisions.get(urn)
        if decision is None or decision.deletion_done is None:
            return None
        self.decisions[urn] = replace(decision, deletion_done=None)
        return decision.deletion_done


@dataclass(frozen=True, slots=True)
class RunState:
    """Shared by all parts of one run.

    In a `dry_run` nothing may be changed; `replace` are the URNs of the option --replace.
    """

    stack: str
    project: str
    dry_run: bool
    replace: Targets
    scope: Scope
    generator_state: GeneratorState
    resources: ResourceIndex
    registry: ProviderRegistry
    events: EventDispatcher
    clock: Clock
    checks: ChecksAhead

    def now(self) -> datetime:
        """The current time."""
        return self.clock.now()
