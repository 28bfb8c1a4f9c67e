"""Stopping a run: the first request lets what runs finish, the second ends all at once; sends no signals itself."""

import threading
from collections.abc import Callable

from pulumi_embedded_engine.errors import STOPPED, EngineError


class RunTerminated(EngineError):
    """The run was ended at once: what was under way is pending in the state."""

    def __init__(self) -> None:
        super().__init__(
            "the operation was ended at once; what ran is pending", STOPPED
        )


class Cancellation:
    """Asked from anywhere, heard by whoever registered."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._terminated = threading.Event()
        self._cancel_listeners: list[Callable[[], None]] = []
        self._terminate_listeners: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether nothing new shall start."""
        return self._cancelled.is_set()

    @property
    def terminated(self) -> bool:
        """Whether everything shall end now."""
        return self._terminated.is_set()

    def cancel(self) -> None:
        """Start nothing new; finish and save what runs."""
        if not self._cancelled.is_set():
            self._cancelled.set()
            _notify(self._cancel_listeners)

    def terminate(self) -> None:
        """End everything now."""
        self._cancelled.set()
        if not self._terminated.is_set():
            self._terminated.set()
            _notify(self._terminate_listeners)

    def on_cancel(self, listener: Callable[[], None]) -> None:
        """Call this once a stop is requested (at once if it is already)."""
        self._cancel_listeners.append(listener)
        if self.cancelled:
            listener()

    def on_terminate(self, listener: Callable[[], None]) -> None:
        """Call this once all shall end (at once if so already)."""
        self._terminate_listeners.append(listener)
        if self.terminated:
            listener()


def _notify(listeners: list[Callable[[], None]]) -> None:
    # A thread of its own: while a listener waits the next request must be heard.
    def run() -> None:
        for listener in tuple(listeners):
            listener()

    threading.Thread(target=run, name="cancellation", daemon=True).start()
