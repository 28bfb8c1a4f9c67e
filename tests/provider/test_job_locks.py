"""The locks of jobs: which calls share one, which wait, and that none waits for ever."""

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
TIMEOUT = 10.0


class Holder:
    """A thread that holds a lock, or waits for it."""

    def __init__(
        self, pool: ThreadPoolExecutor, lock: AbstractContextManager[None]
    ) -> None:
        self.has_it, self.leave = threading.Event(), threading.Event()
        self.done: Future[None] = pool.submit(self._hold, lock)

    def _hold(self, lock: AbstractContextManager[None]) -> None:
        with lock:
            self.has_it.set()
            assert self.leave.wait(TIMEOUT)

    def end(self) -> None:
        self.leave.set()
        self.done.result(TIMEOUT)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


@pytest.fixture
def locks() -> JobLocks:
    return JobLocks()


def is_free(lock: AbstractContextManager[None]) -> bool:
    try:
        with lock:
            return True
    except NotStarted:
        return False


def test_starts_share_the_lock(locks: JobLocks) -> None:
    with locks.shared(ONE, 0):
        assert is_free(locks.shared(SAME, 0))
        assert is_free(locks.shared(UNKNOWN, 0))


def test_a_rerun_holds_the_lock_alone(locks: JobLocks) -> None:
    with locks.exclusive(ONE, 0):
        assert not is_free(locks.shared(SAME, 0))
        assert not is_free(locks.exclusive(SAME, 0))
        assert not is_free(locks.shared(UNKNOWN, 0))
        assert is_free(locks.shared(OTHER, 0))
        assert is_free(locks.exclusive(OTHER, 0))
    assert is_free(locks.shared(SAME, 0))
    assert is_free(locks.exclusive(SAME, 0))


@pytest.mark.parametrize("start", [ONE, UNKNOWN])
def test_a_rerun_waits_for_the_starts_that_hold_the_lock(
    locks: JobLocks, start: PlanRef
) -> None:
    with locks.shared(start, 0):
        assert not is_free(locks.exclusive(SAME, 0))
    assert is_free(locks.exclusive(SAME, 0))


def test_a_start_that_comes_later_waits_for_a_rerun_that_waits(
    locks: JobLocks, pool: ThreadPoolExecutor
) -> None:
    with locks.shared(ONE, 0):
        rerun = Holder(pool, locks.exclusive(ONE, TIMEOUT))
        while is_free(locks.shared(SAME, 0)):
            assert not rerun.has_it.is_set()

    assert rerun.has_it.wait(TIMEOUT)
    assert not is_free(locks.shared(SAME, 0))
    start = Holder(pool, locks.shared(SAME, TIMEOUT))
    rerun.end()
    assert start.has_it.wait(TIMEOUT)
    start.end()


def test_a_lock_that_is_not_free_in_time_is_an_error(locks: JobLocks) -> None:
    with (
        locks.exclusive(ONE, 0),
        pytest.raises(NotStarted, match="plan job:b was not started: its job was busy"),
        locks.shared(SAME, 0.01),
    ):
        pytest.fail("it had a lock")


def test_a_lock_is_released_after_an_exception(locks: JobLocks) -> None:
    for lock in (locks.exclusive, locks.shared):
        with pytest.raises(ZeroDivisionError), lock(ONE, 0):
            raise ZeroDivisionError

    assert is_free(locks.exclusive(SAME, 0))


def test_reruns_and_starts_of_four_threads_all_get_the_lock(
    locks: JobLocks, pool: ThreadPoolExecutor
) -> None:
    alone = 0
    beside = 0
    lock = threading.Lock()

    def rerun(_: int) -> bool:
        nonlocal alone
        with locks.exclusive(ONE, TIMEOUT):
            with lock:
                alone += 1
                fine = (alone, beside) == (1, 0)
            with lock:
                alone -= 1
        return fine

    def start(_: int) -> bool:
        nonlocal beside
        with locks.shared(SAME, TIMEOUT):
            with lock:
                beside += 1
                fine = alone == 0
            with lock:
                beside -= 1
        return fine

    done = [pool.submit((rerun, start)[n % 3 > 0], n) for n in range(300)]

    assert all(each.result(TIMEOUT) for each in done)
