import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pulumi_esa_prefetch.api.pacing import LONGEST_HINT, REST, Pacer, Permit
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
    """Threads that call a server with a quota as fast as their pacer lets them."""

    admits: Callable[[float], bool]
    seconds: float
    threads: int = 4
    latency: float = 0.02
    max_qps: float | None = None
    sent: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = LockstepClock()
        pacer = Pacer(clock, self.max_qps)
        rng = random.Random(3)

        def worker() -> None:
            while clock.monotonic() < self.seconds:
                permit = pacer.wait(FOR_EVER)
                assert permit is not None
                clock.sleep(self.latency * rng.uniform(0.5, 1.5))
                now = clock.monotonic()
                self.sent.append(now)
                if self.admits(now):
                    pacer.passed()
                else:
                    self.refused.append(now)
                    pacer.refused(permit, None)
                    clock.sleep(rng.uniform(0, 0.5))

        clock.run(*[worker] * self.threads)

    def after(self, second: float) -> tuple[int, int]:
        late = [moment for moment in self.sent if moment > second]
        return len(late), sum(moment > second for moment in self.refused)

    def time_for(self, calls: int, *, after: float) -> float:
        """Seconds from a moment until so many calls have passed."""
        passed = set(self.sent) - set(self.refused)
        late = sorted(moment for moment in passed if moment > after)
        assert len(late) >= calls
        return late[calls - 1] - after


QUOTAS = {"fixed": fixed_window, "sliding": sliding_window, "bucket": bucket}


@pytest.mark.parametrize("kind", QUOTAS)
@pytest.mark.parametrize("quota", [1, 3, 10, 50])
def test_below_five_percent_is_refused_after_the_first_second(
    kind: str, quota: int
) -> None:
    run = Run(QUOTAS[kind](quota), seconds=100.0)

    calls, refused = run.after(1.0)

    assert refused < 0.05 * calls, (refused, calls)


@pytest.mark.parametrize("kind", QUOTAS)
@pytest.mark.parametrize("quota", [2, 10, 50])
def test_most_of_the_quota_is_used_all_the_same(kind: str, quota: int) -> None:
    run = Run(QUOTAS[kind](quota), seconds=60.0)

    calls, refused = run.after(1.0)

    assert calls - refused > 0.7 * quota * 59, (calls, refused)


def test_refusals_by_chance_do_not_bring_the_calls_to_a_halt() -> None:
    chance = random.Random(5)
    run = Run(lambda _: chance.random() > 0.02, seconds=60.0)

    calls, _ = run.after(0.0)

    assert calls > 60 * 40


def test_nothing_is_slowed_when_nothing_is_refused() -> None:
    run = Run(lambda _: True, seconds=10.0, latency=0.01)

    calls, _ = run.after(0.0)

    assert calls == pytest.approx(4 * 10 / 0.01, rel=0.05)


def test_a_burst_of_somebody_else_is_forgotten_in_time() -> None:
    run = Run(lambda now: now > 0.5, seconds=200.0)

    calls, refused = run.after(160.0)

    assert refused == 0
    assert calls == pytest.approx(4 * 40 / 0.02, rel=0.05)


# 500 calls of four threads take 2.5 seconds where nothing is refused.


@pytest.mark.parametrize("outage", [10.0, 30.0, 60.0])
def test_after_an_outage_calls_are_soon_as_fast_as_before(outage: float) -> None:
    end = 5.0 + outage
    run = Run(lambda now: not 5.0 < now < end, seconds=end + 12.0)

    assert run.time_for(500, after=end) < 10.0


@pytest.mark.parametrize("outage", [10.0, 60.0])
def test_an_outage_from_the_start_is_made_up_for_with_more_care(outage: float) -> None:
    run = Run(lambda now: now > outage, seconds=outage + 30.0)

    assert run.time_for(500, after=outage) < 25.0


@pytest.mark.parametrize("share", [0.03, 0.5])
def test_an_outage_is_one_even_if_a_few_calls_pass(share: float) -> None:
    chance = random.Random(1)
    run = Run(lambda now: not 5.0 < now < 35.0 or chance.random() < share, seconds=50.0)

    assert run.time_for(500, after=35.0) < 12.0


@pytest.mark.parametrize("kind", QUOTAS)
def test_an_outage_within_a_quota_leads_back_to_the_quota(kind: str) -> None:
    quota = QUOTAS[kind](10)
    run = Run(lambda now: not 10.0 < now < 30.0 and quota(now), seconds=80.0)

    calls, refused = run.after(30.0)

    assert refused < 0.05 * calls, (refused, calls)
    assert calls - refused > 0.6 * 10 * 50


@pytest.mark.parametrize("kind", QUOTAS)
def test_a_quota_that_shrinks_is_not_taken_for_an_outage_for_long(kind: str) -> None:
    before, since = QUOTAS[kind](50), QUOTAS[kind](5)
    run = Run(lambda now: (before if now < 10.0 else since)(now), seconds=110.0)

    calls, refused = run.after(30.0)

    assert refused < 0.05 * calls, (refused, calls)


def test_the_highest_rate_is_never_passed() -> None:
    run = Run(lambda _: True, seconds=20.0, max_qps=5.0)

    calls, _ = run.after(0.0)
    assert calls == pytest.approx(100, abs=5)


def turn(pacer: Pacer) -> Permit:
    permit = pacer.wait(FOR_EVER)
    assert permit is not None
    return permit


def burst(pacer: Pacer) -> None:
    for permit in [turn(pacer) for _ in range(3)]:
        pacer.refused(permit, None)


def test_the_highest_rate_holds_after_refusals_too() -> None:
    pacer = Pacer(ManualClock(NOON), max_qps=5.0)

    burst(pacer)
    for _ in range(500):
        turn(pacer)
        pacer.passed()

    assert pacer.rate() == 5.0


def test_a_single_refusal_slows_nothing() -> None:
    clock = ManualClock(NOON)
    pacer = Pacer(clock)

    pacer.refused(turn(pacer), None)
    turn(pacer)

    assert pacer.rate() is None
    assert clock.monotonic() == 0.0


def test_a_burst_of_refusals_brings_a_rest_and_a_rate_below_what_passed() -> None:
    clock = ManualClock(NOON)
    pacer = Pacer(clock)
    for _ in range(40):
        turn(pacer)
        pacer.passed()

    burst(pacer)
    first, second = turn(pacer), turn(pacer)

    assert first.moment == REST
    assert second.moment == pytest.approx(REST + 1 / 36)


def test_many_scattered_refusals_count_like_a_burst() -> None:
    pacer = Pacer(ManualClock(NOON))

    for number in range(100):
        permit = turn(pacer)
        if number % 8:
            pacer.passed()
        else:
            pacer.refused(permit, None)

    assert pacer.rate() is not None


@pytest.mark.parametrize(("hint", "waited"), [(7.5, 7.5), (86_400.0, LONGEST_HINT)])
def test_what_esa_hints_is_waited_for_by_all_up_to_a_cap(
    hint: float, waited: float
) -> None:
    pacer = Pacer(ManualClock(NOON))

    pacer.refused(turn(pacer), hint)

    assert turn(pacer).moment == waited


def test_a_rate_that_rises_does_not_shorten_what_esa_hints() -> None:
    clock = ManualClock(NOON)
    pacer = Pacer(clock)
    burst(pacer)
    burst(pacer)
    slow = pacer.rate() or 0.0

    pacer.refused(turn(pacer), 7.5)
    refused_at = clock.monotonic()
    pacer.passed()

    assert (pacer.rate() or 0.0) > 2 * slow
    assert turn(pacer).moment == refused_at + 7.5


def test_refusals_of_calls_that_were_under_way_count_once() -> None:
    pacer = Pacer(ManualClock(NOON))
    permits = [turn(pacer) for _ in range(50)]

    for _ in range(40):
        pacer.passed()
    for permit in permits[40:]:
        pacer.refused(permit, None)

    assert pacer.rate() == pytest.approx(36.0)


def test_with_a_rate_each_call_that_passes_raises_it_and_each_refusal_lowers_it() -> (
    None
):
    pacer = Pacer(ManualClock(NOON))
    burst(pacer)
    rates: list[float] = []

    for _ in range(20):
        turn(pacer)
        pacer.passed()
        rates.append(pacer.rate() or 0.0)
    pacer.refused(turn(pacer), None)

    assert rates == sorted(rates)
    assert rates[0] < rates[-1] < rates[0] * 1.02
    assert pacer.rate() == pytest.approx(rates[-1] * 0.95)


def test_a_rate_that_is_not_made_use_of_does_not_rise() -> None:
    clock = ManualClock(NOON)
    pacer = Pacer(clock)
    burst(pacer)

    for _ in range(10_000):
        turn(pacer)
        pacer.passed()
        clock.advance(0.1)

    assert 10 < (pacer.rate() or 0) < 30


def test_the_rate_never_falls_to_nothing() -> None:
    pacer = Pacer(ManualClock(NOON))

    for _ in range(50):
        burst(pacer)

    assert pacer.rate() == pytest.approx(0.2)


def test_a_turn_beyond_the_deadline_is_refused_without_waiting() -> None:
    clock = ManualClock(NOON)
    pacer = Pacer(clock, max_qps=0.1)

    assert pacer.wait(5.0) is not None
    assert pacer.wait(5.0) is None
    assert clock.monotonic() == 0.0


def test_a_turn_that_is_not_waited_for_is_the_next_ones() -> None:
    pacer = Pacer(ManualClock(NOON), max_qps=0.1)
    turn(pacer)

    for _ in range(100):
        assert pacer.wait(5.0) is None

    assert turn(pacer).moment == 10.0


def test_who_waits_while_another_is_refused_queues_again() -> None:
    clock = LockstepClock()
    pacer = Pacer(clock, max_qps=2.0)
    moments: list[float] = []

    def first() -> None:
        permits = [turn(pacer)] * 3
        clock.sleep(0.1)
        for permit in permits:
            pacer.refused(permit, None)

    def second() -> None:
        clock.sleep(0.01)
        turn(pacer)
        moments.append(clock.monotonic())

    clock.run(first, second)

    assert moments == [pytest.approx(0.1 + REST)]
