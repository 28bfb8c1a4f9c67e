"""The way of all events to whoever shows them, and the count of what went wrong; shows nothing itself."""

import threading
from collections.abc import Callable

from pulumi_esa_prefetch.engine.events import Diagnostic, Event


class Telling:
    """A sink in front of the sink: from any thread, one event at a time."""

    def __init__(self, sink: Callable[[Event], None]) -> None:
        self._sink = sink
        self._lock = threading.Lock()
        self._errors: set[str] = set()

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

    def line(self, text: str) -> None:
        """Tell a line that the program or a provider has printed."""
        self(Diagnostic("info", text))
