"""The rate limiter against servers with a quota, and its single rules."""

import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, pairwise
from statistics import fmean

import pytest

from pulumi_esa_prefetch.api.rate_limiter import (
    BELOW_QUOTA,
    DOUBLED_EVERY,
    FIRST,
    LONGEST_HINT,
    REST,
    RateLimiter,
)
from pulumi_esa_prefetch.clock import ManualClock
from tests.api.answering import NOON
from tests.api.lockstep import LockstepClock

FOR_EVER = float("inf")


def fixed_window(quota: int) -> Callable[[float], bool]:
    counted: dict[int, int] = {}

    def admits(now: float) -> bool:
        counted[int(now)] = counted.get(int(now), 0) + 1
        return counted[int(now)] <= quota

    return admits


def sliding_window(quota: int) -> Callable[[float], bool]:
    admitted: deque[float] = deque()

    def admits(now: float) -> bool:
        while admitted and admitted[0] <= now - 1.0:
            admitted.popleft()
        if len(admitted) >= quota:
            return False
        admitted.append(now)
        return True

    return admits


def bucket(quota: int) -> Callable[[float], bool]:
    level, last = float(quota), 0.0

    def admits(now: float) -> bool:
        nonlocal level, last
        level, last = min(float(quota), level + (now - last) * quota), now
        if level < 1.0:
            return False
        level -= 1.0
        return True

    return admits


@dataclass
class Run:
    """Threads that call a server with a quota as fast as their rate limiters allow."""

    admits: Callable[[float], bool]
    seconds: float
    threads: int = 4
    latency: float = 0.02
    max_qps: float = 30.0
    processes: int = 1
    seed: int = 3
    sent: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    passed: list[list[float]] = field(default_factory=list)
    """For each process."""

    def __post_init__(self) -> None:
        clock = LockstepClock()
        rng = random.Random(self.seed)

        def worker(rate_limiter: RateLimiter, passed: list[float]) -> None:
            while clock.monotonic() < self.seconds:
                turn = rate_limiter.wait(FOR_EVER)
                assert turn is not None
                clock.sleep(self.latency * rng.uniform(0.5, 1.5))
                now = clock.monotonic()
                self.sent.append(now)
                if self.admits(now):
                    passed.append(now)
                    rate_limiter.passed()
                else:
                    self.refused.append(now)
                    rate_limiter.refused(turn, None)
                    clock.sleep(rng.uniform(0, 0.5))

        workers = []
        for _ in range(self.processes):
            self.passed.append([])
            of_one = partial(worker, RateLimiter(clock, self.max_qps), self.passed[-1])
            workers += [of_one] * self.threads
        clock.run(*workers)

    def after(self, second: float) -> tuple[int, int]:
        late = [moment for moment in self.sent if moment > second]
        return len(late), sum(moment > second for moment in self.refused)

    def fairness(self) -> float:
        """Jain's index of the calls that the processes got."""
        got = [len(one) for one in self.passed]
        return sum(got) ** 2 / (len(got) * sum(one**2 for one in got))

    def time_for(self, calls: int, *, after: float) -> float:
        """The seconds from this time until this number of calls has passed."""
        passed = chain.from_iterable(self.passed)
        late = sorted(moment for moment in passed if moment > after)
        assert len(late) >= calls
        return late[calls - 1] - after


QUOTAS = {"fixed": fixed_window, "sliding": sliding_window, "bucket": bucket}


@pytest.mark.parametrize("kind", QUOTAS)
@pytest.mark.parametrize("quota", [5, 10, 20, 30])
def test_an_unknown_quota_is_mostly_used_and_few_calls_are_refused(
    kind: str, quota: int
) -> None:
    run = Run(QUOTAS[kind](quota), seconds=100.0)

    calls, refused = run.after(10.0)

    assert refused < 0.05 * calls, (refused, calls)
    assert calls - refused > 0.75 * quota * 90, (calls, refused)


@pytest.mark.parametrize("kind", QUOTAS)
@pytest.mark.parametrize("quota", [10, 30])
def test_two_processes_share_one_quota(kind: str, quota: int) -> None:
    run = Run(QUOTAS[kind](quota), seconds=100.0, processes=2)

    calls, refused = run.after(10.0)

    assert refused < 0.05 * calls, (refused, calls)
    assert calls - refused > 0.75 * quota * 90, (calls, refused)
    assert min(map(len, run.passed)) > 0.2 * (calls - refused)


@pytest.mark.parametrize("kind", QUOTAS)
@pytest.mark.parametrize("latency", [0.01, 0.03])
def test_four_that_begin_together_share_one_quota_from_the_start(
    kind: str, latency: float
) -> None:
    runs = [
        Run(QUOTAS[kind](30), seconds=40.0, processes=4, latency=latency, seed=seed)
        for seed in range(3)
    ]

    for run in runs:
        calls, refused = run.after(0.0)
        assert refused < 0.045 * calls, (refused, calls)
        assert calls - refused > 0.85 * 30 * 40
    assert fmean(run.fairness() for run in runs) > 0.9


@pytest.mark.parametrize("kind", QUOTAS)
def test_four_that_end_soon_are_not_refused_much_more(kind: str) -> None:
    runs = [
        Run(QUOTAS[kind](30), seconds=7.0, processes=4, seed=seed) for seed in range(4)
    ]

    calls, refused = map(sum, zip(*(run.after(0.0) for run in runs), strict=True))

    assert refused < 0.08 * calls, (refused, calls)


@pytest.mark.parametrize("kind", QUOTAS)
def test_one_alone_is_not_refused_and_takes_a_twentieth_longer_than_the_quota(
    kind: str,
) -> None:
    run = Run(QUOTAS[kind](30), seconds=35.0)

    assert not run.refused
    assert run.time_for(1000, after=0.0) < 1.05 * 1000 / 30


def test_a_quota_of_one_call_a_second_is_found_too() -> None:
    run = Run(sliding_window(1), seconds=120.0)

    calls, refused = run.after(20.0)

    assert calls - refused > 0.5 * 100
    assert refused < 0.5 * calls


def test_random_refusals_do_not_stop_the_calls() -> None:
    chance = random.Random(5)
    run = Run(lambda _: chance.random() > 0.02, seconds=100.0)

    calls, _ = run.after(0.0)

    assert calls > 100 * 10


# 500 calls take 17 seconds where nothing is refused.


@pytest.mark.parametrize("outage", [10.0, 60.0])
@pytest.mark.parametrize("begin", [0.0, 5.0])
def test_after_an_outage_calls_are_soon_as_fast_as_before(
    begin: float, outage: float
) -> None:
    end = begin + outage
    run = Run(lambda now: not begin <= now < end, seconds=end + 30.0)

    assert run.time_for(500, after=end) < 21.5


@pytest.mark.parametrize("share", [0.03, 0.5])
def test_the_rate_recovers_from_an_outage_in_which_a_few_calls_pass(
    share: float,
) -> None:
    chance = random.Random(1)
    run = Run(lambda now: not 5.0 < now < 35.0 or chance.random() < share, seconds=90.0)

    assert run.time_for(500, after=35.0) < 40.0


@pytest.mark.parametrize("kind", QUOTAS)
def test_a_quota_that_shrinks_is_followed(kind: str) -> None:
    before, since = QUOTAS[kind](50), QUOTAS[kind](5)
    run = Run(lambda now: (before if now < 10.0 else since)(now), seconds=110.0)

    calls, refused = run.after(30.0)

    assert refused < 0.05 * calls, (refused, calls)


@pytest.mark.parametrize("kind", QUOTAS)
def test_a_quota_that_grows_is_followed(kind: str) -> None:
    before, since = QUOTAS[kind](5), QUOTAS[kind](50)
    run = Run(lambda now: (before if now < 30.0 else since)(now), seconds=70.0)

    assert run.time_for(500, after=30.0) < 30.0


def turns(rate_limiter: RateLimiter, calls: int) -> list[float]:
    moments = [rate_limiter.wait(FOR_EVER) for _ in range(calls)]
    return [moment for moment in moments if moment is not None]


def turn(rate_limiter: RateLimiter) -> float:
    (moment,) = turns(rate_limiter, 1)
    return moment


def settled(clock: ManualClock, max_qps: float) -> RateLimiter:
    """A limiter at its highest rate, without a burst to give."""
    rate_limiter = RateLimiter(clock, max_qps)
    turn(rate_limiter)
    clock.advance(10 * DOUBLED_EVERY)
    turns(rate_limiter, max(1, int(FIRST * max_qps)))
    return rate_limiter


@pytest.mark.parametrize("max_qps", [30.0, 100.0, 5.0, 1.0, 0.1])
def test_the_rate_begins_at_a_quarter_and_doubles_up_to_just_below_the_highest(
    max_qps: float,
) -> None:
    burst = max(1, int(FIRST * max_qps))

    moments = turns(RateLimiter(ManualClock(NOON), max_qps), int(5 * max_qps) + 5)

    assert moments[:burst] == [0.0] * burst
    assert moments[burst] > 0.0
    last = [later - earlier for earlier, later in pairwise(moments[-4:])]
    assert last == pytest.approx([1 / (BELOW_QUOTA * max_qps)] * 3)


def test_a_thousand_calls_take_a_twentieth_longer_than_the_quota_at_most() -> None:
    usual, allowed = (RateLimiter(ManualClock(NOON), qps) for qps in (30.0, 100.0))

    assert turns(usual, 1000)[-1] < 1.05 * 1000 / 30
    assert turns(allowed, 1000)[-1] < 1.1 * 1000 / 100


def test_a_pause_allows_one_burst_at_most() -> None:
    clock = ManualClock(NOON)
    rate_limiter = settled(clock, 8.0)

    clock.advance(3600.0)
    paused = clock.monotonic()

    moments = turns(rate_limiter, 3)
    assert moments == [
        paused,
        pytest.approx(paused + 0.04 / 8 / BELOW_QUOTA, abs=0.01),
        pytest.approx(paused + 1 / 8, abs=0.02),
    ]


def test_a_refusal_empties_the_bucket_and_halves_the_rate() -> None:
    clock = ManualClock(NOON)
    rate_limiter = settled(clock, 30.0)
    before = turn(rate_limiter)

    rate_limiter.refused(before, None)

    first, second = turns(rate_limiter, 2)
    assert first - before == pytest.approx(REST, rel=0.05)
    assert second - first == pytest.approx(1 / 15, rel=0.2)


@pytest.mark.parametrize("max_qps", [30.0, 100.0])
def test_the_rate_climbs_back_to_the_highest_and_no_further(max_qps: float) -> None:
    clock = ManualClock(NOON)
    rate_limiter = RateLimiter(clock, max_qps)
    for _ in range(5):
        clock.advance(0.1)
        moment = turn(rate_limiter)
        rate_limiter.passed()
        rate_limiter.refused(moment, None)

    clock.advance(60.0)
    moments = turns(rate_limiter, int(max_qps) + 300)

    assert moments[-1] - clock.monotonic() == 0.0
    last = moments[-1] - moments[-301]
    assert last == pytest.approx(300 / max_qps / BELOW_QUOTA)


def test_the_rate_climbs_while_calls_go_out_too() -> None:
    rate_limiter = settled(ManualClock(NOON), 30.0)
    rate_limiter.refused(turn(rate_limiter), None)

    moments = turns(rate_limiter, 300)

    first, last = moments[:10], moments[-10:]
    assert first[-1] - first[0] > 9 / 20
    assert last[-1] - last[0] == pytest.approx(9 / 30 / BELOW_QUOTA)


def test_refusals_of_calls_sent_before_count_once() -> None:
    rate_limiter = settled(ManualClock(NOON), 30.0)
    sent = turns(rate_limiter, 10)

    for moment in sent:
        rate_limiter.refused(moment, None)

    first, second = turns(rate_limiter, 2)
    assert second - first == pytest.approx(1 / 15, rel=0.2)


def test_the_rate_never_falls_to_nothing() -> None:
    clock = ManualClock(NOON)
    rate_limiter = RateLimiter(clock, 30.0)

    for _ in range(50):
        moment = turn(rate_limiter)
        rate_limiter.passed()
        rate_limiter.refused(moment, None)
        assert turn(rate_limiter) - moment <= 1.0 + 1e-6


def test_a_rate_below_one_is_not_halved() -> None:
    rate_limiter = RateLimiter(ManualClock(NOON), 0.5)

    rate_limiter.refused(turn(rate_limiter), None)

    assert turn(rate_limiter) == pytest.approx(2.0 / BELOW_QUOTA)


@pytest.mark.parametrize(("hint", "waited"), [(7.5, 7.5), (86_400.0, LONGEST_HINT)])
def test_a_hint_of_esa_delays_all_calls_up_to_a_limit(
    hint: float, waited: float
) -> None:
    rate_limiter = RateLimiter(ManualClock(NOON), 30.0)
    first, second = turns(rate_limiter, 2)

    rate_limiter.refused(first, None)
    rate_limiter.refused(second, hint)

    assert turn(rate_limiter) == pytest.approx(waited, abs=0.1)


def test_a_shorter_hint_does_not_cut_a_longer_one() -> None:
    rate_limiter = RateLimiter(ManualClock(NOON), 30.0)
    first, second = turns(rate_limiter, 2)

    rate_limiter.refused(first, 7.5)
    rate_limiter.refused(second, 1.0)

    assert turn(rate_limiter) == pytest.approx(7.5, abs=0.1)


def test_a_turn_beyond_the_deadline_is_refused_without_waiting() -> None:
    clock = ManualClock(NOON)
    rate_limiter = RateLimiter(clock, 0.1)

    assert rate_limiter.wait(5.0) is not None
    assert rate_limiter.wait(5.0) is None
    assert clock.monotonic() == 0.0


def test_a_hint_beyond_the_deadline_is_not_waited_for() -> None:
    clock = ManualClock(NOON)
    rate_limiter = RateLimiter(clock, 30.0)

    rate_limiter.refused(turn(rate_limiter), 20.0)

    assert rate_limiter.wait(15.0) is None
    assert clock.monotonic() == 0.0


def test_a_refused_turn_goes_to_the_next_caller() -> None:
    rate_limiter = RateLimiter(ManualClock(NOON), 0.1)
    turn(rate_limiter)

    for _ in range(100):
        assert rate_limiter.wait(5.0) is None

    assert turn(rate_limiter) == pytest.approx(10.0 / BELOW_QUOTA)


def test_turns_come_in_the_order_of_the_requests() -> None:
    clock = LockstepClock()
    rate_limiter = RateLimiter(clock, 2.0)
    turns(rate_limiter, 2)
    came: list[int] = []

    def ask(number: int) -> None:
        clock.sleep(0.01 * number)
        turn(rate_limiter)
        came.append(number)

    clock.run(*(partial(ask, number) for number in range(20)))

    assert came == list(range(20))


def test_a_refusal_of_another_call_delays_a_waiting_caller() -> None:
    clock = LockstepClock()
    rate_limiter = RateLimiter(clock, 1.0)
    moments: list[float | None] = []

    def first() -> None:
        sent = turn(rate_limiter)
        clock.sleep(0.1)
        rate_limiter.refused(sent, 2.0)

    def wait(deadline: float) -> None:
        clock.sleep(0.01)
        moments.extend([rate_limiter.wait(deadline), clock.monotonic()])

    clock.run(first, partial(wait, 2.0), partial(wait, FOR_EVER))

    given_up, at, waited, _ = moments
    assert given_up is None
    assert at is not None
    assert at < 1.1
    assert waited is not None
    assert 2.1 < waited < 3.2


def test_a_waiting_caller_profits_from_a_higher_rate() -> None:
    clock = LockstepClock()
    rate_limiter = RateLimiter(clock, 30.0)
    for _ in range(5):
        rate_limiter.refused(turn(rate_limiter), None)
        clock.sleep(0.01)
    begin = clock.monotonic()
    came: list[float] = []

    def ask() -> None:
        turn(rate_limiter)
        came.append(clock.monotonic())

    clock.run(*[ask] * 12)

    assert came[0] - begin > 0.3
    assert came[-1] - begin < 4.0
