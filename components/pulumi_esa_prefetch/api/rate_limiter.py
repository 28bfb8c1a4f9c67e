"""How fast calls go out: a token bucket for all threads, which refusals slow down; repeats nothing itself."""

import math
import threading

from pulumi_esa_prefetch.clock import Clock

SLOWEST = 1.0  # calls a second: ESA counts whole calls, so no quota is below it
BELOW_REFUSED = 0.85
CLIMB = 10.0  # the larger, the slower it climbs, and the fewer calls a quota refuses
NAP = 1.0  # seconds after which a waiting thread asks again: the rate may have changed
LONGEST_HINT = 30.0


class RateLimiter:
    """The token bucket of one action: `max_qps` calls a second, after a burst of one second's worth.

    ESA publishes a quota of 30 for ListScheduledPreloadExecutions, per region, action and main account, and likely
    the same for the others. So each action has a pacer, and as the account is shared, a refusal halves the rate.
    It climbs to a goal just below the rate that was refused, lingers there, and climbs on ever faster, up to
    `max_qps` (a cubic, as in TCP CUBIC). Turns come in the order in which they were asked for.
    """

    def __init__(self, clock: Clock, max_qps: float) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._max_qps = self._goal = max_qps
        self._turns, self._due = 0, max(1.0, max_qps)  # asked for; may be taken
        self._counted = clock.monotonic()  # until when `_due` is counted
        self._back = self._slowed = -math.inf  # when at the goal; when last halved
        self._has_passed = True  # something, since it was halved

    def wait(self, deadline: float) -> float | None:
        """Wait for a turn, and say when it came; None, at once, if it would come after the deadline."""
        with self._lock:
            self._count()
            turn = self._turns = self._turns + 1
        while True:
            with self._lock:
                now = self._count()
                if self._due > turn - 1e-6:  # which is rounding
                    return now
                begin = max(now, self._counted)
                moment = begin + (turn - self._due) / self._rate(begin)
                if moment > deadline:
                    self._due += 1.0  # the turn is the next one's
                    return None
            self._clock.sleep(min(moment - now, NAP))

    def passed(self) -> None:
        """A call was not refused for its rate."""
        self._has_passed = True

    def refused(self, sent: float, hint: float | None) -> None:
        """A call, its turn at `sent`, was refused for its rate; ESA wants quiet for `hint` seconds."""
        with self._lock:
            now = self._count()
            if sent > self._slowed:  # else it was under way when the rate was halved
                self._halve(now)
            self._due = min(self._due, self._turns)
            self._counted = max(self._counted, now + min(hint or 0.0, LONGEST_HINT))

    def _halve(self, now: float) -> None:
        rate, least = self._rate(now), min(SLOWEST, self._max_qps)
        if self._has_passed:  # else it is an outage, which says nothing of a quota
            self._goal = max(least, BELOW_REFUSED * rate)
        doublings = math.log2(self._goal / min(self._goal, max(rate / 2, least)))
        self._back = now + CLIMB / math.sqrt(self._goal) * math.cbrt(doublings)
        self._slowed, self._has_passed = now, False

    def _rate(self, now: float) -> float:
        steps = min(3.0, (now - self._back) * math.sqrt(self._goal) / CLIMB)
        return min(self._max_qps, self._goal * math.exp2(steps**3))

    def _count(self) -> float:
        now = self._clock.monotonic()
        if now > self._counted:
            rate, seconds = self._rate(now), now - self._counted
            self._due = min(self._due + rate * seconds, self._turns + max(1.0, rate))
            self._counted = now
        return now
