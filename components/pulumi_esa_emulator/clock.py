"""Time as an argument: what now is, how long something took, and waiting; parses no time."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """Says what time it is and waits; everything that needs time takes one."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since some fixed moment, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        ...


@runtime_checkable
class AdjustableClock(Clock, Protocol):
    """A clock that can be moved on; a real one cannot."""

    def advance(self, seconds: float) -> None:
        """Move time on by so many seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""
        time.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that moves only when told to, or by its own sleep; safe to share between threads."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The start moment plus all that has been slept or advanced."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds slept or advanced so far."""
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move time on by so many seconds at once."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move time on by so many seconds."""
        with self._lock:
            self._elapsed += seconds
