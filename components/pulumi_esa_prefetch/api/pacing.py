"""How fast calls go out, learnt from refusals and shared by all threads; repeats nothing itself."""

import threading
from collections import deque
from dataclasses import dataclass

from pulumi_esa_prefetch.clock import Clock

# ESA states no rate limits, and quotas of Alibaba Cloud are counted per second.
REST = 1.0
"""Seconds without calls after which such a count has begun anew."""
TOO_MANY = ((3, 5), (10, 100))
"""So many refusals among the last so many calls mean a quota; fewer may be chance."""
BELOW_PROVEN = 0.9
MUCH_SLOWER = 0.85
SLOWER = 0.95
FASTER = 0.00025
"""By how much one call that passes raises the rate, at first after a refusal."""
RUN = 75
"""After so many passed in a row it is four times as much, after twice as many nine times:
where the quota is, about 1 call in 80 is refused; where it was misjudged, that mends."""
FIRST_RATE = 3.0
"""The least to try after the first refusals, which others may have brought about."""
LOWEST_RATE = 0.2
LONGEST_HINT = 30.0


@dataclass(frozen=True)
class Permit:
    """The right to send one call; says when, and after how many rests."""

    moment: float
    rests: int


class Pacer:
    """Lets calls through at once until ESA refuses several, then as fast as it refuses few.

    Too many refusals bring a second's rest and a rate just below what passed in the
    second before. From then on each call that passes makes the rate a little higher, each
    refusal lower.
    """

    def __init__(self, clock: Clock, max_qps: float | None = None) -> None:
        self._clock = clock
        self._max_qps = max_qps
        self._lock = threading.Lock()
        self._learnt: float | None = None
        self._next = 0.0  # the moment of the next permit
        self._rests = 0
        self._passed: deque[float] = deque()  # when, within the last second
        self._run = 0  # calls passed in a row
        self._refusals: deque[bool] = deque(maxlen=max(calls for _, calls in TOO_MANY))

    def wait(self, deadline: float) -> Permit | None:
        """Wait for a turn; None, at once, if it would come after the deadline."""
        while True:
            permit = self._book()
            if permit.moment > deadline:
                return None
            pause = permit.moment - self._clock.monotonic()
            if pause <= 0:
                return permit
            self._clock.sleep(pause)
            if permit.rests == self._rests:
                return permit
            # A rest began meanwhile: the turn was booked at a rate that no longer holds.

    def passed(self) -> None:
        """A call was not refused for its rate."""
        now = self._clock.monotonic()
        with self._lock:
            self._refusals.append(False)
            self._passed.append(now)
            self._forget(now)
            self._run += 1
            if (
                self._learnt is not None
                and self._learnt <= 2.0 * len(self._passed) + 1.0
            ):
                # Raised only while it is made use of: else it would rise out of sight.
                self._learnt *= 1.0 + FASTER * (1.0 + self._run / RUN) ** 2

    def refused(self, permit: Permit, hint: float | None) -> None:
        """A call was refused for its rate; `hint` is how long ESA wants to be left alone."""
        now = self._clock.monotonic()
        with self._lock:
            if permit.rests == self._rests:  # else this refusal is old news
                self._slow_down(now)
            if hint:
                self._next = max(self._next, now + min(hint, LONGEST_HINT))

    def rate(self) -> float | None:
        """Calls per second at present; None if nothing limits them."""
        if self._learnt is None or self._max_qps is None:
            return self._learnt or self._max_qps
        return min(self._learnt, self._max_qps)

    def _book(self) -> Permit:
        now = self._clock.monotonic()
        with self._lock:
            rate = self.rate()
            moment = max(now, self._next)
            if rate is not None:
                self._next = moment + 1.0 / rate
            return Permit(moment, self._rests)

    def _slow_down(self, now: float) -> None:
        self._refusals.append(True)
        self._run = 0
        latest = list(self._refusals)
        if any(sum(latest[-calls:]) >= many for many, calls in TOO_MANY):
            self._rest(now)
        elif self._learnt is not None:
            self._learnt = max(self._learnt * SLOWER, LOWEST_RATE)

    def _rest(self, now: float) -> None:
        self._forget(now)
        proven = BELOW_PROVEN * max(len(self._passed), 1)
        if self._learnt is None:
            self._learnt = max(proven, FIRST_RATE)
        else:
            self._learnt = max(min(proven, self._learnt * MUCH_SLOWER), LOWEST_RATE)
        self._rests += 1
        self._refusals.clear()
        self._next = now + REST

    def _forget(self, now: float) -> None:
        while self._passed and self._passed[0] <= now - 1.0:
            self._passed.popleft()
