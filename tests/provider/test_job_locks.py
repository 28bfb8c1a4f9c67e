"""Turns on a job's place in its list: who goes beside whom, who waits, and that nobody waits for ever."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest

from pulumi_esa_prefetch.provider.errors import NotStarted
from pulumi_esa_prefetch.provider.job_locks import JobLocks
from pulumi_esa_prefetch.provider.plan_ref import PlanRef

ONE, SAME, OTHER = PlanRef("a", "job"), PlanRef("b", "job"), PlanRef("c", "other")
UNKNOWN = PlanRef("d")
PATIENCE = 10.0


class Holder:
    """A thread that has a turn, or waits for one."""

    def __init__(
        self, pool: ThreadPoolExecutor, turn: AbstractContextManager[None]
    ) -> None:
        self.has_it, self.leave = threading.Event(), threading.Event()
        self.done: Future[None] = pool.submit(self._hold, turn)

    def _hold(self, turn: AbstractContextManager[None]) -> None:
        with turn:
            self.has_it.set()
            assert self.leave.wait(PATIENCE)

    def end(self) -> None:
        self.leave.set()
        self.done.result(PATIENCE)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def turns() -> JobLocks:
    return JobLocks()


def is_free(turn: AbstractContextManager[None]) -> bool:
    try:
        with turn:
            return True
    except NotStarted:
        return False


def test_starts_go_side_by_side(turns: JobLocks) -> None:
    with turns.shared(ONE, 0):
        assert is_free(turns.shared(SAME, 0))
        assert is_free(turns.shared(UNKNOWN, 0))


def test_a_rerun_is_alone_on_its_job(turns: JobLocks) -> None:
    with turns.exclusive(ONE, 0):
        assert not is_free(turns.shared(SAME, 0))
        assert not is_free(turns.exclusive(SAME, 0))
        assert not is_free(turns.shared(UNKNOWN, 0))
        assert is_free(turns.shared(OTHER, 0))
        assert is_free(turns.exclusive(OTHER, 0))
    assert is_free(turns.shared(SAME, 0))
    assert is_free(turns.exclusive(SAME, 0))


@pytest.mark.parametrize("start", [ONE, UNKNOWN])
def test_a_rerun_waits_for_the_starts_that_go_on(
    turns: JobLocks, start: PlanRef
) -> None:
    with turns.shared(start, 0):
        assert not is_free(turns.exclusive(SAME, 0))
    assert is_free(turns.exclusive(SAME, 0))


def test_a_start_that_comes_later_waits_for_a_rerun_that_waits(
    turns: JobLocks, pool: ThreadPoolExecutor
) -> None:
    with turns.shared(ONE, 0):
        rerun = Holder(pool, turns.exclusive(ONE, PATIENCE))
        while is_free(turns.shared(SAME, 0)):
            assert not rerun.has_it.is_set()

    assert rerun.has_it.wait(PATIENCE)
    assert not is_free(turns.shared(SAME, 0))
    start = Holder(pool, turns.shared(SAME, PATIENCE))
    rerun.end()
    assert start.has_it.wait(PATIENCE)
    start.end()


def test_who_gets_no_turn_in_time_is_told_so(turns: JobLocks) -> None:
    with (
        turns.exclusive(ONE, 0),
        pytest.raises(NotStarted, match="plan job:b was not started: its job was busy"),
        turns.shared(SAME, 0.01),
    ):
        pytest.fail("it had a turn")


def test_a_turn_ends_with_whatever_is_raised_in_it(turns: JobLocks) -> None:
    for turn in (turns.exclusive, turns.shared):
        with pytest.raises(ZeroDivisionError), turn(ONE, 0):
            raise ZeroDivisionError

    assert is_free(turns.exclusive(SAME, 0))


def test_reruns_and_starts_of_four_threads_all_get_their_turn(
    turns: JobLocks, pool: ThreadPoolExecutor
) -> None:
    alone = 0
    beside = 0
    lock = threading.Lock()

    def rerun(_: int) -> bool:
        nonlocal alone
        with turns.exclusive(ONE, PATIENCE):
            with lock:
                alone += 1
                fine = (alone, beside) == (1, 0)
            with lock:
                alone -= 1
        return fine

    def start(_: int) -> bool:
        nonlocal beside
        with turns.shared(SAME, PATIENCE):
            with lock:
                beside += 1
                fine = alone == 0
            with lock:
                beside -= 1
        return fine

    done = [pool.submit((rerun, start)[n % 3 > 0], n) for n in range(300)]

    assert all(each.result(PATIENCE) for each in done)
