"""Stopping a run: cancel lets running steps finish, terminate ends everything at once; handles no signals."""

import threading
from collections.abc import Callable

from pulumi_embedded_engine.errors import STOPPED, EngineError


class RunTerminated(EngineError):
    """The run was terminated: the operations that were running are pending in the state."""

    def __init__(self) -> None:
        super().__init__(
            "the operation was ended at once; what ran is pending", STOPPED
        )


class Cancellation:
    """Can be requested from any thread; listeners are called once."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()
        self._terminated = threading.Event()
        self._cancel_listeners: list[Callable[[], None]] = []
        self._terminate_listeners: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether no new step may start."""
        return self._cancelled.is_set()

    @property
    def terminated(self) -> bool:
        """Whether everything must end now."""
        return self._terminated.is_set()

    def cancel(self) -> None:
        """Start no new step; running steps finish, and their results are saved."""
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
        """Call the listener when the run is cancelled (immediately if it already is)."""
        self._cancel_listeners.append(listener)
        if self.cancelled:
            listener()

    def on_terminate(self, listener: Callable[[], None]) -> None:
        """Call the listener when the run is terminated (immediately if it already is)."""
        self._terminate_listeners.append(listener)
        if self.terminated:
            listener()


def _notify(listeners: list[Callable[[], None]]) -> None:
    # In a thread of its own: the second request must be handled while a listener of the first one still waits.
    def run() -> None:
        for listener in tuple(listeners):
            listener()

    threading.Thread(target=run, name="cancellation", daemon=True).start()
