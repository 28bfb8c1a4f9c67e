"""Limits how fast calls are sent: one token bucket for all threads, slower after ESA refused a call for its rate."""

import math
import threading
from collections.abc import Callable

from pulumi_esa_prefetch.clock import Clock

SLOWEST = 1.0  # calls per second: ESA counts whole calls, so no quota is lower
BELOW_REFUSED = 0.85  # the next goal, as a part of the rate that was refused
CLIMB = 4.0  # seconds from half the goal to the goal; longer ones raise more slowly, and the quota refuses fewer calls
MOST_CLIMBS = 8.0  # enough to reach the highest rate from any goal
GROWTH = (
    1 / 16
)  # of the highest rate, or of four times a low goal: so much is the rate above its goal after another CLIMB
BELOW_QUOTA = (
    0.98  # of `max_qps`: on their way, calls come closer together than they were sent
)
FIRST = 0.25  # of `max_qps`: the first burst, and the first rate
DOUBLED_EVERY = 0.5  # seconds, from the first rate on
REST = 0.35  # seconds after a refusal until the next call at the earliest: a quota may be counted by the second
LONGEST_SLEEP = 0.1  # seconds; then a waiting thread reads the rate again
LONGEST_HINT = 30.0


class RateLimiter:
    """The token bucket of one action: nearly `max_qps` calls per second, after a burst of a quarter second's calls.

    ESA publishes a quota of 30 calls per second for ListScheduledPreloadExecutions, per region, action and main
    account (help page api-esa-2024-09-10-quota); the other actions probably have the same. So each action has its
    own limiter. Others use the same account, often another stack of the same fleet that began at the same moment. So
    the rate begins at a quarter, and doubles twice in a second. A refusal halves it: the first one to the rate of half
    a second ago, which was not refused. Then it rises to a goal just below the refused rate, stays near it, and rises
    faster and faster up to the highest: a cubic function of time, as in TCP CUBIC. Above its goal it grows by as much
    for a slow stack as for a fast one, so that they become equal. Threads get their turns in the order of their `wait`
    calls.

    By simulation (tests/api/test_rate_limiter.py), against a quota of 30: alone, a thousand calls take 1.03 times as
    long as at 30 per second; of four that begin together less than 5 % of the calls are refused, and each gets its
    share.
    """

    def __init__(self, clock: Clock, max_qps: float) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._highest = self._goal = BELOW_QUOTA * max_qps
        self._first = min(self._highest, max(SLOWEST, FIRST * max_qps))
        self._turns, self._due = (
            0,
            max(1.0, self._first),
        )  # turns requested; turns allowed
        self._began: float | None = None  # the time of the first turn
        self._counted = clock.monotonic()  # the time up to which `_due` is counted
        # when the rate reaches the goal; when it was last halved
        self._back = self._slowed = -math.inf
        self._has_passed = False  # whether a call succeeded since the rate was halved

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
                hint = max(hint or 0.0, REST - 1 / self._rate(now))
            self._due = min(self._due, self._turns)
            self._counted = max(self._counted, now + min(hint or 0.0, LONGEST_HINT))

    def _halve(self, now: float) -> None:
        rate, least = self._rate(now), min(SLOWEST, self._highest)
        if self._has_passed:  # otherwise it is an outage, which shows no quota
            was_doubling = self._is_doubling and rate < self._highest
            share = 0.5 if was_doubling else BELOW_REFUSED
            self._goal = max(least, share * rate)
        doublings = math.log2(self._goal / min(self._goal, max(rate / 2, least)))
        self._back = now + CLIMB * math.cbrt(doublings)
        self._slowed, self._has_passed = now, False

    def _rate(self, now: float) -> float:
        cube = min(MOST_CLIMBS, (now - self._back) / CLIMB) ** 3
        climbed = self._goal * math.exp2(min(0.0, cube))
        grown = GROWTH * min(self._highest, 4 * self._goal) * max(0.0, cube)
        return min(self._highest, self._begun(now), climbed + grown)

    @property
    def _is_doubling(self) -> bool:
        """Whether no call was refused yet."""
        return self._slowed == -math.inf

    def _begun(self, now: float) -> float:
        if not self._is_doubling:
            return self._highest
        seconds = now - (now if self._began is None else self._began)
        return self._first * math.exp2(min(seconds / DOUBLED_EVERY, 10.0))

    def _count(self) -> float:
        now = self._clock.monotonic()
        if self._began is None:
            self._began = now
        if now > self._counted:
            rate, seconds = self._rate(now), now - self._counted
            burst = max(1.0, FIRST * rate)
            self._due = min(self._due + rate * seconds, self._turns + burst)
            self._counted = now
        return now
