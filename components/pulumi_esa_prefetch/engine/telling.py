"""The way of all events to whoever shows them, and what went wrong, kept once; shows nothing itself."""

import threading
from collections.abc import Callable
from typing import NoReturn

from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import Diagnostic, Event


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
