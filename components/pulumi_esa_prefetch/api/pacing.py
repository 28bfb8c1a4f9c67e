"""How fast calls go out, learnt from refusals and shared by all threads; repeats nothing itself."""

import threading
from collections import deque
from dataclasses import dataclass

from pulumi_esa_prefetch.clock import Clock

# ESA states no rate limits. Quotas of Alibaba Cloud are counted per second, so after a
# refusal a whole second without calls starts the count anew.
REST = 1.0
STEP_DOWN = 0.8
STEP_DOWN_AGAIN = 0.5
LOWEST_RATE = 0.2
# Back to the rate that was refused takes so many calls and so many seconds, whichever is
# longer: few refusals among many calls, and few rests among many seconds.
CLIMB_CALLS = 60
CLIMB_SECONDS = 15.0


@dataclass(frozen=True)
class Permit:
    """The right to send one call; says when it was given and under which rule."""

    moment: float
    era: int


class Pacer:
    """Lets calls through at once until ESA refuses one, then just below what it refused.

    After a refusal: a second's rest, then 0.8 of the rate that was refused, slowly back
    up to it, and beyond it only if nothing is refused there (it doubles in the time it
    took to climb).
    """

    def __init__(self, clock: Clock, max_qps: float | None = None) -> None:
        self._clock = clock
        self._max_qps = max_qps
        self._lock = threading.Lock()
        self._next = 0.0  # the moment of the next permit, when there is a rate
        self._ceiling: float | None = None  # the rate that was refused last
        self._era = 0  # counts refusals that changed the rate
        self._era_began = 0.0
        self._passed = 0  # calls let through by ESA in this era
        self._recent: deque[float] = deque()  # such calls within the last second

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
            if permit.era == self._era:
                return permit
            # Refused meanwhile: the turn was booked at a rate that no longer holds.

    def passed(self) -> None:
        """A call was not refused for its rate."""
        now = self._clock.monotonic()
        with self._lock:
            self._passed += 1
            self._recent.append(now)
            self._forget(now)

    def refused(self, permit: Permit, hint: float | None) -> None:
        """A call was refused for its rate; `hint` is how long ESA wants to be left alone."""
        now = self._clock.monotonic()
        with self._lock:
            self._forget(now)
            if permit.era == self._era:  # else this refusal is old news
                self._slow_down(now)
            self._next = max(self._next, now + max(hint or 0.0, REST))

    def rate(self) -> float | None:
        """Calls per second at present; None if nothing limits them."""
        with self._lock:
            return self._rate(self._clock.monotonic())

    def _book(self) -> Permit:
        now = self._clock.monotonic()
        with self._lock:
            rate = self._rate(now)
            moment = max(now, self._next)
            if rate is not None:
                self._next = moment + 1.0 / rate
            return Permit(moment, self._era)

    def _slow_down(self, now: float) -> None:
        rate = self._rate(now)
        if rate is None or self._ceiling is None:
            rate = max(float(len(self._recent)), 1.0)
        elif self._passed < CLIMB_CALLS // 4:
            rate *= STEP_DOWN_AGAIN
        self._ceiling = max(rate, LOWEST_RATE)
        self._era += 1
        self._era_began = now
        self._passed = 0

    def _rate(self, now: float) -> float | None:
        if self._ceiling is None:
            return self._max_qps
        climbed = min(
            self._passed / CLIMB_CALLS, (now - self._era_began) / CLIMB_SECONDS
        )
        if climbed < 1.0:
            rate = self._ceiling * (STEP_DOWN + (1.0 - STEP_DOWN) * climbed)
        else:
            rate = self._ceiling * 2.0 ** min(climbed - 1.0, 20.0)
        return rate if self._max_qps is None else min(rate, self._max_qps)

    def _forget(self, now: float) -> None:
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
