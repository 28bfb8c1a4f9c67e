"""Remembered lists: one call for many askers, and when a list is too old, doubtful or failed."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from pulumi_esa_prefetch.api.errors import EsaError, NotFound, Unreachable
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.provider.plan_cache import (
    MAX_AGE,
    ListCall,
    PlanCache,
    StillAsking,
)

GONE = NotFound("List", "InvalidJob.NotFound", 404, "gone")


class Shelf:
    """Answers List calls from what the test put on it."""

    def __init__(self) -> None:
        self.plans: dict[str, str] = {"a": "stopped", "b": "stopped"}
        self.error: EsaError | None = None
        self.calls = 0
        self.during: Callable[[], None] = lambda: None

    def __call__(self, job_id: str) -> Sequence[Plan]:
        self.calls += 1
        found = [
            Plan(id=plan_id, job_id=job_id, status=status, request_id="R-list")
            for plan_id, status in self.plans.items()
        ]
        self.during()
        if self.error:
            raise self.error
        return found


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 1, 31, tzinfo=UTC))


@pytest.fixture
def lists(shelf: Shelf, clock: ManualClock) -> PlanCache:
    return PlanCache(shelf, clock)


def status(found: Plan | None) -> str | None:
    return found.status if found else "gone"


def test_all_plans_of_a_job_cost_one_call(lists: PlanCache, shelf: Shelf) -> None:
    found = [lists.find("job", plan_id) for plan_id in "abab"]

    assert [status(plan) for plan in found] == ["stopped"] * 4
    assert shelf.calls == 1


def test_four_threads_at_once_cost_one_call(lists: PlanCache, shelf: Shelf) -> None:
    together = threading.Barrier(4)

    def ask(plan_id: str) -> Plan | None:
        together.wait(5)
        return lists.find("job", plan_id)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(ask, "abab"))

    assert [status(plan) for plan in found] == ["stopped"] * 4
    assert shelf.calls == 1


def test_each_job_has_a_list_of_its_own(lists: PlanCache, shelf: Shelf) -> None:
    lists.find("job", "a")
    lists.find("other", "a")

    assert shelf.calls == 2


def test_a_list_is_asked_for_anew_after_thirty_seconds(
    lists: PlanCache, shelf: Shelf, clock: ManualClock
) -> None:
    lists.find("job", "a")
    clock.advance(MAX_AGE)
    lists.find("job", "a")
    clock.advance(0.1)
    lists.find("job", "a")

    assert shelf.calls == 2


def test_a_plan_younger_than_the_list_is_found(lists: PlanCache, shelf: Shelf) -> None:
    lists.find("job", "a")
    shelf.plans["c"] = "waiting"

    assert status(lists.find("job", "c")) == "waiting"
    assert shelf.calls == 2


def test_a_plan_missing_in_a_list_just_asked_for_is_missing(
    lists: PlanCache, shelf: Shelf
) -> None:
    assert lists.find("job", "c") is None
    assert shelf.calls == 1


def test_recalling_is_content_with_a_remembered_list_that_has_the_plan(
    lists: PlanCache, shelf: Shelf
) -> None:
    found = [lists.find("job", plan_id, recorded=True) for plan_id in "abab"]

    assert [status(plan) for plan in found] == ["stopped"] * 4
    assert shelf.calls == 1


def test_a_plan_on_record_is_not_gone_by_a_list_that_may_be_older(
    lists: PlanCache, shelf: Shelf
) -> None:
    lists.find("job", "a", recorded=True)
    shelf.plans["c"] = "waiting"

    assert status(lists.find("job", "c", recorded=True)) == "waiting"
    assert lists.find("job", "d", recorded=True) is None
    assert shelf.calls == 3


def test_a_job_that_does_not_exist_has_no_plans(lists: PlanCache, shelf: Shelf) -> None:
    shelf.error = GONE

    assert lists.find("job", "a", recorded=True) is None
    assert lists.find("job", "b", recorded=True) is None
    assert shelf.calls == 1


def test_a_second_look_is_always_a_new_one(lists: PlanCache, shelf: Shelf) -> None:
    lists.find("job", "a")
    shelf.plans["a"] = "running"

    assert status(lists.find("job", "a")) == "stopped"
    assert status(lists.get("job", "a", max_age=0)) == "running"
    assert status(lists.find("job", "a")) == "running"
    assert shelf.calls == 2


def test_an_answer_to_start_is_worth_more_than_the_list_before(
    lists: PlanCache, shelf: Shelf
) -> None:
    lists.find("job", "a")
    lists.store(Plan(id="a", job_id="job", status="waiting"))

    assert status(lists.find("job", "a")) == "waiting"
    assert shelf.calls == 1


def test_an_answer_outlives_a_list_that_was_under_way(
    lists: PlanCache, shelf: Shelf
) -> None:
    shelf.during = lambda: lists.store(Plan(id="a", job_id="job", status="running"))

    assert status(lists.find("job", "a")) == "running"
    assert status(lists.find("job", "b")) == "stopped"
    assert shelf.calls == 1


def test_an_answer_does_not_outlive_a_later_list(lists: PlanCache) -> None:
    lists.store(Plan(id="a", job_id="job", status="running"))

    assert status(lists.find("job", "a")) == "stopped"


def test_an_answer_that_names_no_job_is_not_remembered(lists: PlanCache) -> None:
    lists.store(Plan(id="a", status="running"))

    assert status(lists.find("job", "a")) == "stopped"


def test_what_is_forgotten_is_asked_for_anew(lists: PlanCache, shelf: Shelf) -> None:
    lists.find("job", "a")
    lists.invalidate("job")
    lists.find("job", "a")

    assert shelf.calls == 2


def test_a_list_under_way_is_forgotten_too(lists: PlanCache, shelf: Shelf) -> None:
    shelf.during = lambda: lists.invalidate("job")
    lists.find("job", "a")
    shelf.during = lambda: None
    lists.find("job", "a")

    assert shelf.calls == 2


def test_a_failure_is_remembered_for_all_who_ask_and_not_for_ever(
    lists: PlanCache, shelf: Shelf, clock: ManualClock
) -> None:
    shelf.error = Unreachable("no connection")
    for plan_id in "abab":
        with pytest.raises(Unreachable):
            lists.find("job", plan_id)
    assert shelf.calls == 1

    shelf.error = None
    clock.advance(MAX_AGE + 1)

    assert status(lists.find("job", "a")) == "stopped"


def test_a_failure_of_a_brief_look_is_not_remembered(
    lists: PlanCache, shelf: Shelf
) -> None:
    def brief(job_id: str) -> Sequence[Plan]:
        raise Unreachable(f"no time for {job_id}")

    with pytest.raises(Unreachable):
        lists.find("job", "a", ListCall(brief, 5.0, cache_failure=False))

    assert status(lists.find("job", "a")) == "stopped"
    assert shelf.calls == 1


def test_a_brief_look_that_succeeds_serves_all(lists: PlanCache, shelf: Shelf) -> None:
    brief = ListCall(lambda job: [Plan(id="a", job_id=job, status="failed")], 5.0)
    lists.find("job", "a", brief)

    assert status(lists.find("job", "a")) == "failed"
    assert shelf.calls == 0


def test_who_has_no_time_does_not_wait_for_another_who_asks(
    lists: PlanCache, shelf: Shelf
) -> None:
    asked, answer = threading.Event(), threading.Event()

    def slowly() -> None:
        asked.set()
        answer.wait(5)

    shelf.during = slowly

    with ThreadPoolExecutor(1) as pool:
        patient = pool.submit(lists.find, "job", "a")
        assert asked.wait(5)
        with pytest.raises(StillAsking):
            lists.find("job", "a", ListCall(shelf, 0.0))
        answer.set()

    assert status(patient.result()) == "stopped"
    assert shelf.calls == 1


def test_other_plans_of_the_job_come_in_the_order_of_their_ids(
    lists: PlanCache, shelf: Shelf
) -> None:
    shelf.plans = {"a": "running", "c": "running", "b": "running", "d": "waiting"}

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
def test_another_plan_that_was_set_going_is_so_while_a_list_may_lag(
    lists: PlanCache,
    shelf: Shelf,
    clock: ManualClock,
    seconds: float,
    listed: str,
    shown: str,
) -> None:
    lists.mark_started("job", "b", "running")
    clock.advance(seconds)
    shelf.plans["b"] = listed

    assert [plan.status for plan in lists.other_plans("job", "a")] == [shown]


def test_what_esa_answers_of_a_plan_ends_that_it_was_set_going(
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
