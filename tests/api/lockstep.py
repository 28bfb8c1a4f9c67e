"""A clock for many threads whose time advances only when all of them sleep, for tests."""

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class LockstepClock:
    """Runs threads one at a time, in the order in which they wake up, so that each run is the same."""

    def __init__(self) -> None:
        self._now = 0.0
        self._order = itertools.count()
        self._asleep: list[tuple[float, int, threading.Event]] = []
        self._lock = threading.Lock()

    def now(self) -> datetime:
        return datetime(2024, 6, 1, tzinfo=UTC) + timedelta(seconds=self._now)

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        woken = threading.Event()
        with self._lock:
            entry = (self._now + max(0.0, seconds), next(self._order), woken)
            heapq.heappush(self._asleep, entry)
            self._wake_next()
        assert woken.wait(60)

    def run(self, *bodies: Callable[[], None]) -> None:
        """Run each body in its own thread until all have ended."""
        threads = [threading.Thread(target=self._live, args=(body,)) for body in bodies]
        starts = []
        for _ in bodies:
            woken = threading.Event()
            heapq.heappush(self._asleep, (self._now, next(self._order), woken))
            starts.append(woken)
        self._starts = iter(starts)
        for thread in threads:
            thread.start()
        with self._lock:
            self._wake_next()
        for thread in threads:
            thread.join(60)

    def _live(self, body: Callable[[], None]) -> None:
        with self._lock:
            start = next(self._starts)
        assert start.wait(60)
        try:
            body()
        finally:
            with self._lock:
                self._wake_next()

    def _wake_next(self) -> None:
        if self._asleep:
            moment, _, woken = heapq.heappop(self._asleep)
            self._now = max(self._now, moment)
            woken.set()
