"""Stopping a run: the first request lets what runs finish, the second ends all at once; sends no signals itself."""

import threading
from collections.abc import Callable

from pulumi_embedded_engine.errors import STOPPED, EngineError


class Aborted(EngineError):
    """The run was ended at once: what was under way is pending in the state."""

    def __init__(self) -> None:
        super().__init__(
            "the operation was ended at once; what ran is pending", STOPPED
        )


class Cancellation:
    """Asked from anywhere, heard by whoever registered."""

    def __init__(self) -> None:
        self._requested = threading.Event()
        self._aborted = threading.Event()
        self._on_request: list[Callable[[], None]] = []
        self._on_abort: list[Callable[[], None]] = []

    @property
    def requested(self) -> bool:
        """Whether nothing new shall start."""
        return self._requested.is_set()

    @property
    def aborted(self) -> bool:
        """Whether everything shall end now."""
        return self._aborted.is_set()

    def request(self) -> None:
        """Start nothing new; finish and save what runs."""
        if not self._requested.is_set():
            self._requested.set()
            _tell(self._on_request)

    def abort(self) -> None:
        """End everything now."""
        self._requested.set()
        if not self._aborted.is_set():
            self._aborted.set()
            _tell(self._on_abort)

    def when_requested(self, listener: Callable[[], None]) -> None:
        """Call this once a stop is requested (at once if it is already)."""
        self._on_request.append(listener)
        if self.requested:
            listener()

    def when_aborted(self, listener: Callable[[], None]) -> None:
        """Call this once all shall end (at once if so already)."""
        self._on_abort.append(listener)
        if self.aborted:
            listener()


def _tell(listeners: list[Callable[[], None]]) -> None:
    # A thread of its own: while a listener waits the next request must be heard.
    def run() -> None:
        for listener in tuple(listeners):
            listener()

    threading.Thread(target=run, name="cancellation", daemon=True).start()
