"""What planning and steps of one run share: its options, its records, the generator's decisions, its events."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.events import Diagnostic, Event
from pulumi_embedded_engine.providers.registry import ProviderRegistry
from pulumi_embedded_engine.run.generator_state import GeneratorState
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

    def now(self) -> datetime:
        """The current time."""
        return self.clock.now()
