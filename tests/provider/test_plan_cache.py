"""The cache of lists: one call for many callers, and lists that are too old, may be stale or have failed."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from pulumi_esa_prefetch.api.errors import EsaError, NotFound, Unreachable
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.api.plan_list import PlanList
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.provider.plan_cache import (
    MAX_AGE,
    ListCall,
    ListInProgress,
    PlanCache,
)

GONE = NotFound("List", "InvalidJob.NotFound", 404, "gone")


class FakeLists:
    """Answers List calls with what the test has put in."""

    def __init__(self) -> None:
        self.plans: dict[str, str] = {"a": "stopped", "b": "stopped"}
        self.error: EsaError | None = None
        self.calls = 0
        self.during: Callable[[], None] = lambda: None

    def __call__(self, job_id: str) -> PlanList:
        self.calls += 1
        found = [
            Plan(id=plan_id, job_id=job_id, status=status, request_id="R-list")
            for plan_id, status in self.plans.items()
        ]
        self.during()
        if self.error:
            raise self.error
        return PlanList(found)


@pytest.fixture
def fake_lists() -> FakeLists:
    return FakeLists()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 31, tzinfo=UTC))


@pytest.fixture
def lists(fake_lists: FakeLists, clock: ManualClock) -> PlanCache:
    return PlanCache(fake_lists, clock)


def status(found: Plan | None) -> str | None:
    return found.status if found else "gone"


def test_all_plans_of_a_job_cost_one_call(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    found = [lists.find("job", plan_id) for plan_id in "abab"]

    assert [status(plan) for plan in found] == ["stopped"] * 4
    assert fake_lists.calls == 1


def test_four_threads_at_once_cost_one_call(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    together = threading.Barrier(4)

    def ask(plan_id: str) -> Plan | None:
        together.wait(5)
        return lists.find("job", plan_id)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, "abab"))

    assert [status(plan) for plan in found] == ["stopped"] * 4
    assert fake_lists.calls == 1


def test_each_job_has_a_list_of_its_own(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    lists.find("job", "a")
    lists.find("other", "a")

    assert fake_lists.calls == 2


def test_a_list_is_read_again_after_thirty_seconds(
    lists: PlanCache, fake_lists: FakeLists, clock: ManualClock
) -> None:
    lists.find("job", "a")
    clock.advance(MAX_AGE)
    lists.find("job", "a")
    clock.advance(0.1)
    lists.find("job", "a")

    assert fake_lists.calls == 2


def test_a_plan_younger_than_the_list_is_found(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    lists.find("job", "a")
    fake_lists.plans["c"] = "waiting"

    assert status(lists.find("job", "c")) == "waiting"
    assert fake_lists.calls == 2


def test_a_plan_that_a_new_list_does_not_hold_is_missing(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    assert lists.find("job", "c") is None
    assert fake_lists.calls == 1


def test_a_cached_list_that_holds_the_plan_is_enough(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    found = [lists.find("job", plan_id, recorded=True) for plan_id in "abab"]

    assert [status(plan) for plan in found] == ["stopped"] * 4
    assert fake_lists.calls == 1


def test_a_recorded_plan_is_not_missing_by_a_list_that_may_be_older(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    lists.find("job", "a", recorded=True)
    fake_lists.plans["c"] = "waiting"

    assert status(lists.find("job", "c", recorded=True)) == "waiting"
    assert lists.find("job", "d", recorded=True) is None
    assert fake_lists.calls == 3


def test_a_job_that_does_not_exist_has_no_plans(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    fake_lists.error = GONE

    assert lists.find("job", "a", recorded=True) is None
    assert lists.find("job", "b", recorded=True) is None
    assert fake_lists.calls == 1


def test_with_max_age_zero_the_list_is_always_read_again(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    lists.find("job", "a")
    fake_lists.plans["a"] = "running"

    assert status(lists.find("job", "a")) == "stopped"
    assert status(lists.get("job", "a", max_age=0)) == "running"
    assert status(lists.find("job", "a")) == "running"
    assert fake_lists.calls == 2


def test_an_answer_to_start_replaces_the_plan_of_an_older_list(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    lists.find("job", "a")
    lists.store(Plan(id="a", job_id="job", status="waiting"))

    assert status(lists.find("job", "a")) == "waiting"
    assert fake_lists.calls == 1


def test_an_answer_outlives_a_list_that_was_being_read(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    fake_lists.during = lambda: lists.store(
        Plan(id="a", job_id="job", status="running")
    )

    assert status(lists.find("job", "a")) == "running"
    assert status(lists.find("job", "b")) == "stopped"
    assert fake_lists.calls == 1


def test_an_answer_does_not_outlive_a_later_list(lists: PlanCache) -> None:
    lists.store(Plan(id="a", job_id="job", status="running"))

    assert status(lists.find("job", "a")) == "stopped"


def test_an_answer_that_names_no_job_is_not_cached(lists: PlanCache) -> None:
    lists.store(Plan(id="a", status="running"))

    assert status(lists.find("job", "a")) == "stopped"


def test_an_invalidated_list_is_read_again(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    lists.find("job", "a")
    lists.invalidate("job")
    lists.find("job", "a")

    assert fake_lists.calls == 2


def test_a_list_that_is_being_read_is_invalidated_too(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    fake_lists.during = lambda: lists.invalidate("job")
    lists.find("job", "a")
    fake_lists.during = lambda: None
    lists.find("job", "a")

    assert fake_lists.calls == 2


def test_a_failure_is_cached_for_all_callers_for_a_while(
    lists: PlanCache, fake_lists: FakeLists, clock: ManualClock
) -> None:
    fake_lists.error = Unreachable("no connection")
    for plan_id in "abab":
        with pytest.raises(Unreachable):
            lists.find("job", plan_id)
    assert fake_lists.calls == 1

    fake_lists.error = None
    clock.advance(MAX_AGE + 1)

    assert status(lists.find("job", "a")) == "stopped"


def test_a_failure_of_a_brief_call_is_not_cached(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    def brief(job_id: str) -> PlanList:
        raise Unreachable(f"no time for {job_id}")

    with pytest.raises(Unreachable):
        lists.find("job", "a", ListCall(brief, 5.0, cache_failure=False))

    assert status(lists.find("job", "a")) == "stopped"
    assert fake_lists.calls == 1


def test_a_brief_call_that_succeeds_serves_all(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    brief = ListCall(
        lambda job: PlanList([Plan(id="a", job_id=job, status="failed")]), 5.0
    )
    lists.find("job", "a", brief)

    assert status(lists.find("job", "a")) == "failed"
    assert fake_lists.calls == 0


def test_a_caller_without_time_does_not_wait_for_another_thread(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slowly() -> None:
        asked.set()
        answer.wait(5)

    fake_lists.during = slowly

    with ThreadPoolExecutor(1) as pool:
        patient = pool.submit(lists.find, "job", "a")
        assert asked.wait(5)
        with pytest.raises(ListInProgress):
            lists.find("job", "a", ListCall(fake_lists, 0.0))
        answer.set()

    assert status(patient.result()) == "stopped"
    assert fake_lists.calls == 1


def test_other_plans_of_the_job_come_in_the_order_of_their_ids(
    lists: PlanCache, fake_lists: FakeLists
) -> None:
    fake_lists.plans = {"a": "running", "c": "running", "b": "running", "d": "waiting"}

    assert [plan.id for plan in lists.other_plans("job", "a")] == ["b", "c", "d"]


@pytest.mark.parametrize(
    ("seconds", "listed", "shown"),
    [
        (0, "stopped", "running"),
        (2.9, "finished", "running"),
        (3.1, "stopped", "stopped"),
        (0, "waiting", "waiting"),
    ],
)
def test_another_plan_that_was_started_counts_as_started_while_a_list_may_lag(
    lists: PlanCache,
    fake_lists: FakeLists,
    clock: ManualClock,
    seconds: float,
    listed: str,
    shown: str,
) -> None:
    lists.mark_started("job", "b", "running")
    clock.advance(seconds)
    fake_lists.plans["b"] = listed

    assert [plan.status for plan in lists.other_plans("job", "a")] == [shown]


def test_an_answer_about_a_plan_replaces_the_mark_that_it_was_started(
    lists: PlanCache,
) -> None:
    lists.mark_started("job", "b", "running")
    lists.store(Plan(id="b", job_id="job", status="stopped"))

    assert [plan.status for plan in lists.other_plans("job", "a")] == ["stopped"]


def test_the_job_of_a_plan_is_known_once_it_was_listed(lists: PlanCache) -> None:
    assert lists.job_of("a") is None

    lists.find("job", "b")

    assert lists.job_of("a") == "job"


def test_the_id_of_a_list_request_is_not_taken_for_that_of_a_start(
    lists: PlanCache,
) -> None:
    found = lists.find("job", "a")

    assert found is not None
    assert found.request_id is None
