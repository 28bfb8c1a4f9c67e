"""Clocks: the current time, elapsed time, and sleeping. A clock is always passed in."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """What code that needs the time, or has to wait, takes as an argument."""

    def now(self) -> datetime:
        """The current time, timezone-aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since a fixed moment; they never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""
        ...


@runtime_checkable
class AdjustableClock(Clock, Protocol):
    """A clock that can be moved forward; a real one cannot."""

    def advance(self, seconds: float) -> None:
        """Move the time forward by this many seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time, timezone-aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for this many seconds."""
        time.sleep(max(0.0, seconds))


class ForwardClock(SystemClock):
    """The machine's clock, which `advance` moves forward; thread-safe."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The current time plus all seconds advanced."""
        return super().now() + timedelta(seconds=self._ahead)

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock plus all seconds advanced."""
        return super().monotonic() + self._ahead

    def advance(self, seconds: float) -> None:
        """Move the time forward by this many seconds."""
        with self._lock:
            self._ahead += seconds


class ManualClock:
    """A clock that moves only by `advance` and its own `sleep`; thread-safe."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The start time plus all seconds slept or advanced."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds slept or advanced so far."""
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move the time forward by this many seconds; returns at once."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move the time forward by this many seconds."""
        with self._lock:
            self._elapsed += seconds
