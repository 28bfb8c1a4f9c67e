"""Clocks that are passed as arguments: the current time, elapsed seconds, and sleep."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Gives the time and waits; all code that needs time takes a clock as an argument."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since a fixed moment; the value never decreases."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for this number of seconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The seconds of the machine's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait for this number of seconds; a negative number is 0."""
        time.sleep(max(0.0, seconds))


class ManualClock:
    """A clock for tests that only `advance` and `sleep` move; safe to share between threads."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The start time plus all seconds slept or advanced."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """The seconds slept or advanced so far."""
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        """Move the time forward by this number of seconds, without waiting."""
        self.advance(max(0.0, seconds))

    def advance(self, seconds: float) -> None:
        """Move the time forward by this number of seconds."""
        with self._lock:
            self._elapsed += seconds
