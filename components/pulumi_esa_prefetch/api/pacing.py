"""How fast calls go out, learnt from refusals and shared by all threads; repeats nothing itself."""

import math
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
COLLAPSE = 0.25
"""If less than this part of the rate passes, that is an outage, which proves no quota."""
CLIMB = 3
"""After so many passed in a row the rate doubles, on its way back to what was proven before an outage."""
CLIMB_IN_THE_DARK = 25
"""The same where nothing has passed before the outage, so that nothing was proven."""
NAP = 1.0
"""Seconds after which who waits looks whether turns come faster by now."""
LONGEST_HINT = 30.0


@dataclass(frozen=True)
class Permit:
    """The right to send one call; says when, and after how many rests and rises of the rate."""

    moment: float
    rests: int
    rises: int = 0


class Pacer:
    """Lets calls through at once until ESA refuses several, then as fast as it refuses few.

    Too many refusals bring a second's rest and a rate just below what passed in the
    second before. From then on each call that passes makes the rate a little higher, each
    refusal lower. While nothing passes the rate falls on, but the one before is kept as a
    goal, and when calls pass again the rate doubles until it is there.
    """

    def __init__(self, clock: Clock, max_qps: float | None = None) -> None:
        self._clock = clock
        self._max_qps = max_qps
        self._lock = threading.Lock()
        self._learnt: float | None = None
        self._goal: float | None = None  # the rate to return to after an outage
        self._climbs = False  # the rate has been doubled since the last rest
        self._next = 0.0  # the moment of the next permit
        self._quiet_until = 0.0  # no permit before it
        self._rests = 0
        self._passed: deque[float] = deque()  # when, within the last second
        self._rises = 0
        self._run = 0  # calls passed in a row
        self._step = 0  # calls passed in a row since the rate was doubled
        self._before = 0  # calls passed in the second before the last run of refusals
        self._refusals: deque[bool] = deque(maxlen=max(calls for _, calls in TOO_MANY))

    def wait(self, deadline: float) -> Permit | None:
        """Wait for a turn; None, at once, if it would come after the deadline."""
        while True:
            permit = self._book(deadline)
            if permit.moment > deadline:
                return None
            if self._awaited(permit):
                return permit
            # A rest began or ended meanwhile: the turn was booked at a rate that no longer holds.

    def passed(self) -> None:
        """A call was not refused for its rate."""
        now = self._clock.monotonic()
        with self._lock:
            self._refusals.append(False)
            self._passed.append(now)
            self._forget(now)
            self._run += 1
            self._step += 1
            if (
                self._learnt is not None
                and self._learnt <= 2.0 * len(self._passed) + 1.0
            ):
                # Raised only while it is made use of: else it would rise out of sight.
                self._learnt *= 1.0 + FASTER * (1.0 + self._run / RUN) ** 2
                self._climb(now, self._learnt)

    def refused(self, permit: Permit, hint: float | None) -> None:
        """A call was refused for its rate; `hint` is how long ESA wants to be left alone."""
        now = self._clock.monotonic()
        with self._lock:
            if permit.rests == self._rests:  # else this refusal is old news
                self._slow_down(now)
            if hint:
                self._be_quiet(now + min(hint, LONGEST_HINT))

    def rate(self) -> float | None:
        """Calls per second at present; None if nothing limits them."""
        if self._learnt is None or self._max_qps is None:
            return self._learnt or self._max_qps
        return min(self._learnt, self._max_qps)

    def _book(self, deadline: float) -> Permit:
        now = self._clock.monotonic()
        with self._lock:
            rate = self.rate()
            moment = max(now, self._next)
            if rate is not None and moment <= deadline:
                # Else nothing will be sent then, and the turn is the next one's.
                self._next = moment + 1.0 / rate
            return Permit(moment, self._rests, self._rises)

    def _awaited(self, permit: Permit) -> bool:
        """Whether its moment has come; False if it was booked at another rate."""
        while (pause := permit.moment - self._clock.monotonic()) > 0:
            self._clock.sleep(min(pause, NAP))
            if (permit.rests, permit.rises) != (self._rests, self._rises):
                return False
        return True

    def _be_quiet(self, until: float) -> None:
        self._quiet_until = max(self._quiet_until, until)
        self._next = max(self._next, self._quiet_until)

    def _slow_down(self, now: float) -> None:
        self._forget(now)
        if self._run:
            self._before = len(self._passed)
        self._refusals.append(True)
        self._run = self._step = 0
        latest = list(self._refusals)
        if any(sum(latest[-calls:]) >= many for many, calls in TOO_MANY):
            self._rest(now)
        elif self._learnt is not None:
            self._learnt = max(self._learnt * SLOWER, LOWEST_RATE)

    def _rest(self, now: float) -> None:
        proven = BELOW_PROVEN * max(len(self._passed), 1)
        if self._learnt is None:
            self._learnt = max(proven, FIRST_RATE)
            self._goal = self._first_goal()
        else:
            self._goal = self._next_goal(self._learnt)
            self._learnt = max(min(proven, self._learnt * MUCH_SLOWER), LOWEST_RATE)
        self._climbs = False
        self._rests += 1
        self._refusals.clear()
        self._next = 0.0  # turns that were booked are booked anew
        self._be_quiet(now + REST)

    def _first_goal(self) -> float | None:
        """Where to return to if the very first refusals are all that happens."""
        if self._passed:
            return None  # the rate is what passed
        return BELOW_PROVEN * self._before if self._before else math.inf

    def _next_goal(self, rate: float) -> float | None:
        """Where to return to after too many refusals at this rate."""
        if self._goal is None:
            return rate if len(self._passed) < COLLAPSE * rate else None
        if not self._climbs:
            return self._goal
        # Doubled too often: a quota is there now, below the goal.
        return self._goal / 2.0 if math.isfinite(self._goal) else rate

    def _climb(self, now: float, rate: float) -> None:
        """Come nearer to the goal: to the least that is tried at once, then by doubling."""
        if self._goal is None:
            return
        if rate < min(FIRST_RATE, self._goal):
            self._rise(now, min(FIRST_RATE, self._goal))
        elif self._step >= (CLIMB if math.isfinite(self._goal) else CLIMB_IN_THE_DARK):
            self._climbs = True
            self._rise(now, min(rate * 2.0, self._goal))
        if self._goal <= (self._learnt or rate):
            self._goal = None

    def _rise(self, now: float, rate: float) -> None:
        self._learnt = rate
        self._step = 0
        self._rises += 1
        self._next = max(self._quiet_until, min(self._next, now + 1.0 / rate))

    def _forget(self, now: float) -> None:
        while self._passed and self._passed[0] <= now - 1.0:
            self._passed.popleft()
