"""Waits of calls that stall or run slow on purpose, and what ends them; knows no fault."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

MOST_WAITING = 48
"""Calls that wait at once; others are answered without, for a wait holds a thread."""
_LOOK = 0.1

Pause = Callable[[float], None]


def seats() -> threading.Semaphore:
    """Room for the calls of one emulator that wait."""
    return threading.BoundedSemaphore(MOST_WAITING)


@dataclass(frozen=True, slots=True)
class Patience:
    """One call's waits: `gone` says whether its client is, `over` that faults changed."""

    pause: Pause
    gone: Callable[[], bool]
    over: Callable[[], bool]
    seats: threading.Semaphore

    def wait(self, seconds: float, *, alone: float = 0.0) -> None:
        """Wait, but at most `alone` seconds more once the client has gone."""
        if seconds > 0 and self.seats.acquire(blocking=False):
            try:
                self._wait(seconds, alone)
            finally:
                self.seats.release()

    def _wait(self, seconds: float, alone: float) -> None:
        while seconds > 0 and not self.over():
            if self.gone():
                seconds = min(seconds, alone)
            self.pause(min(seconds, _LOOK))
            seconds -= _LOOK
