"""Limits how fast calls are sent: one token bucket for all threads, slower after ESA refused a call for its rate."""

import math
import threading
from collections.abc import Callable

from pulumi_esa_prefetch.clock import Clock

SLOWEST = 1.0  # calls per second: ESA counts whole calls, so no quota is lower
BELOW_REFUSED = 0.85  # the next goal, as a part of the rate that was refused
CLIMB = 10.0  # a larger value raises the rate more slowly, and the quota refuses fewer calls
LONGEST_SLEEP = 1.0  # seconds; then a waiting thread reads the rate again
LONGEST_HINT = 30.0


class RateLimiter:
    """The token bucket of one action: `max_qps` calls per second, after a first burst of one second's calls.

    ESA publishes a quota of 30 calls per second for ListScheduledPreloadExecutions, per region, action and main
    account (help page api-esa-2024-09-10-quota); the other actions probably have the same. So each action has its
    own limiter. Others use the same account, so a refusal halves the rate. Then the rate rises to a goal just
    below the refused rate, stays near it, and rises faster and faster up to `max_qps`: a cubic function of time,
    as in TCP CUBIC. Threads get their turns in the order of their `wait` calls.
    """

    def __init__(self, clock: Clock, max_qps: float) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._max_qps = self._goal = max_qps
        self._turns, self._due = 0, max(1.0, max_qps)  # turns requested; turns allowed
        self._counted = clock.monotonic()  # the time up to which `_due` is counted
        # when the rate reaches the goal; when it was last halved
        self._back = self._slowed = -math.inf
        self._has_passed = True  # whether a call succeeded since the rate was halved

    def wait(
        self, deadline: float, is_over: Callable[[], bool] = lambda: False
    ) -> float | None:
        """Wait for a turn and return its time; None, without waiting, if it would come after the deadline.

        Both times are on the monotonic clock. ``is_over``: whether to wait no longer; the result is None then.
        """
        with self._lock:
            self._count()
            turn = self._turns = self._turns + 1
        while True:
            with self._lock:
                now = self._count()
                if self._due > turn - 1e-6:  # allows for rounding
                    return now
                begin = max(now, self._counted)
                moment = begin + (turn - self._due) / self._rate(begin)
                if moment > deadline or is_over():
                    self._due += 1.0  # the next thread gets this turn
                    return None
            self._clock.sleep(min(moment - now, LONGEST_SLEEP))

    def passed(self) -> None:
        """Note that a call was not refused for its rate."""
        self._has_passed = True

    def refused(self, sent: float, hint: float | None) -> None:
        """Note that the call whose turn came at `sent` was refused for its rate; ESA asks to wait `hint` seconds."""
        with self._lock:
            now = self._count()
            if sent > self._slowed:  # otherwise it was sent before the rate was halved
                self._halve(now)
            self._due = min(self._due, self._turns)
            self._counted = max(self._counted, now + min(hint or 0.0, LONGEST_HINT))

    def _halve(self, now: float) -> None:
        rate, least = self._rate(now), min(SLOWEST, self._max_qps)
        if self._has_passed:  # otherwise it is an outage, which shows no quota
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
