"""Waits of calls that stall or run slow on purpose, and what ends them; knows no fault."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

MAX_STALLED_REQUESTS = 48
"""Calls that wait at once; others are answered without, for a wait holds a thread."""
_CHECK_INTERVAL = 0.1

Pause = Callable[[float], None]


def new_slots() -> threading.Semaphore:
    """Room for the calls of one emulator that wait."""
    return threading.BoundedSemaphore(MAX_STALLED_REQUESTS)


@dataclass(frozen=True, slots=True)
class Stalls:
    """One call's waits: `client_gone` says whether its client is, `cancelled` that faults changed."""

    pause: Pause
    client_gone: Callable[[], bool]
    cancelled: Callable[[], bool]
    slots: threading.Semaphore

    def wait(self, seconds: float, *, after_disconnect: float = 0.0) -> None:
        """Wait, but at most `after_disconnect` seconds more once the client has gone."""
        if seconds > 0 and self.slots.acquire(blocking=False):
            try:
                self._wait(seconds, after_disconnect)
            finally:
                self.slots.release()

    def _wait(self, seconds: float, after_disconnect: float) -> None:
        while seconds > 0 and not self.cancelled():
            if self.client_gone():
                seconds = min(seconds, after_disconnect)
            self.pause(min(seconds, _CHECK_INTERVAL))
            seconds -= _CHECK_INTERVAL
