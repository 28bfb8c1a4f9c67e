"""The waits of requests that a fault stalls or slows down, and what ends a wait."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

MAX_STALLED_REQUESTS = 48
"""A wait holds a thread; beyond this number, requests are answered without a wait."""
_CHECK_INTERVAL = 0.1

Pause = Callable[[float], None]


def new_slots() -> threading.Semaphore:
    """The semaphore that limits how many requests of one emulator wait."""
    return threading.BoundedSemaphore(MAX_STALLED_REQUESTS)


@dataclass(frozen=True, slots=True)
class Stalls:
    """The waits of one request.

    They end when `client_gone` says that the client disconnected, or `cancelled` that a
    fault was removed.
    """

    pause: Pause
    client_gone: Callable[[], bool]
    cancelled: Callable[[], bool]
    slots: threading.Semaphore

    def wait(self, seconds: float, *, after_disconnect: float = 0.0) -> None:
        """Wait, but at most `after_disconnect` seconds after the client disconnected."""
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
