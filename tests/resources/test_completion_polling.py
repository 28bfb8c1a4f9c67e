"""Waiting for plans: how often ESA is called, what ends a wait, the messages; ESA is the emulator."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from pulumi import RunError

from pulumi_esa_prefetch.api.plan_list import PlanList
from pulumi_esa_prefetch.resources.completion_polling import (
    PlanWaiter,
    PollTiming,
    Until,
    WaitCondition,
    wait_unless_preview,
)
from pulumi_esa_prefetch.webhook.plan_end import PlanEnd
from tests.provider.world import JOB, LIST, PLAN, START, World, fault
from tests.support.local_esa import job_id, plan_id

QUICK = PollTiming(
    first=0.01, growth=1.5, longest=0.05, patience=0.1, lag=0.1, call=5.0
)


def condition(
    number: int = 1,
    until: Until = "finished",
    timeout: float = 20.0,
    recorded: str = "running",
) -> WaitCondition:
    return WaitCondition(JOB, plan_id(number), until, timeout, recorded)


def run(*waiting: Coroutine[Any, Any, str]) -> list[str]:
    async def together() -> list[str]:
        return list(await asyncio.gather(*waiting))

    return asyncio.run(together())


async def after(seconds: float, world: World, action: str, number: int = 1) -> str:
    await asyncio.sleep(seconds)
    call = getattr(world.client, f"{action}_scheduled_preload_execution")
    await asyncio.to_thread(call, plan_id=plan_id(number))
    return action


async def passing(world: World, seconds: float) -> str:
    """Let ESA's time pass while the program waits."""
    await asyncio.sleep(0.1)
    world.clock.advance(seconds)
    return "passed"


class Lists:
    """A client for lists only: something happens after each request and before its answer."""

    def __init__(self, world: World, *happens: Callable[[], object]) -> None:
        self.world = world
        self.happens = iter(happens)

    def limited(self, **_limits: float) -> Any:
        return self

    def list_scheduled_preload_executions(self, *, job_id: str) -> PlanList:
        plans = self.world.client.list_scheduled_preload_executions(job_id=job_id)
        next(self.happens, nothing)()
        return plans


def nothing() -> None:
    """Do nothing."""


def test_waiting_ends_when_the_plan_has_finished() -> None:
    world = World("running")

    status, _ = run(
        PlanWaiter(world.client, QUICK).wait(condition()), passing(world, 8 * 3600)
    )

    assert status == "finished"
    assert world.writes() == []


def test_waiting_for_running_ends_when_it_runs() -> None:
    world = World("stopped")

    status, _ = run(
        PlanWaiter(world.client, QUICK).wait(condition(until="running")),
        after(0.05, world, "start"),
    )

    assert status == "running"
    assert world.writes() == [START]


def test_a_finished_plan_has_been_running() -> None:
    waiting = PlanWaiter(World("finished").client, QUICK).wait(
        condition(until="running")
    )

    assert run(waiting) == ["finished"]


def test_all_waits_for_plans_of_a_job_share_one_poller() -> None:
    world = World(*["running"] * 20)
    waiter = PlanWaiter(world.client, QUICK)

    run(*(waiter.wait(condition(n)) for n in range(1, 21)), passing(world, 8 * 3600))

    assert 2 <= world.calls(LIST) <= 20


def test_pauses_grow_to_the_longest() -> None:
    world = World("running")
    timing = PollTiming(first=0.02, growth=2.0, longest=0.2, patience=1.0, call=5.0)

    with pytest.raises(RunError):
        run(PlanWaiter(world.client, timing).wait(condition(timeout=1.0)))

    assert 4 <= world.calls(LIST) <= 10


def test_a_wait_that_begins_later_is_polled_for_at_once() -> None:
    world = World("running", "finished")
    slow = PollTiming(first=30.0, longest=30.0, lag=0.1)
    waiter = PlanWaiter(world.client, slow)

    async def join() -> float:
        first = asyncio.ensure_future(waiter.wait(condition(1, timeout=5.0)))
        await asyncio.sleep(0.2)
        began = time.monotonic()
        assert await waiter.wait(condition(2, timeout=5.0)) == "finished"
        first.cancel()
        return time.monotonic() - began

    assert asyncio.run(join()) < 3.0


def test_a_list_that_was_requested_before_the_wait_began_does_not_count() -> None:
    world = World("running", "finished")
    joined: list[Future[tuple[str, str]]] = []

    async def both() -> tuple[str, str]:
        loop = asyncio.get_running_loop()

        async def second() -> tuple[str, str]:
            said = await waiter.wait(condition(2, recorded="stopped"))
            return said, world.status(2)

        def start_and_join() -> None:
            world.client.start_scheduled_preload_execution(plan_id=plan_id(2))
            joined.append(asyncio.run_coroutine_threadsafe(second(), loop))

        def pass_time() -> None:
            world.clock.advance(8 * 3600)

        lists: Any = Lists(world, start_and_join, nothing, pass_time)
        waiter = PlanWaiter(lists, QUICK)
        await waiter.wait(condition(1))
        return await asyncio.wrap_future(joined[0])

    assert asyncio.run(both()) == ("finished", "finished")


@pytest.mark.parametrize("status", ["stopped", "failed"])
def test_a_plan_that_has_stopped_or_failed_ends_the_wait_with_one_sentence(
    status: str,
) -> None:
    world = World(status)

    with pytest.raises(RunError, match=f"plan {JOB}:{PLAN} is {status}, so it will"):
        run(PlanWaiter(world.client, QUICK).wait(condition()))


def test_a_plan_that_is_gone_ends_the_wait_with_what_to_do() -> None:
    said = (
        "is gone from ESA, .* finished; if it was deleted there, remove its declaration"
    )
    with pytest.raises(RunError, match=said):
        run(PlanWaiter(World().client, QUICK).wait(condition()))


def test_a_job_that_is_gone_ends_the_wait() -> None:
    other = WaitCondition(job_id(9), PLAN, "finished", 20.0, "running")

    with pytest.raises(RunError, match="is gone from ESA"):
        run(PlanWaiter(World().client, QUICK).wait(other))


def test_a_plan_that_only_looks_stopped_at_first_is_waited_for() -> None:
    world = World("stopped")
    patient = PollTiming(first=0.01, longest=0.02, patience=5.0, call=5.0)

    status, *_ = run(
        PlanWaiter(world.client, patient).wait(condition(until="running")),
        after(0.2, world, "start"),
    )

    assert status == "running"


def restarted_a_moment_ago() -> World:
    stale = fault({"kind": "stale", "seconds": 2.0}, action=LIST, every=1)
    world = World("finished", faults=(stale,))
    world.clock.advance(60)
    world.client.start_scheduled_preload_execution(plan_id=PLAN)
    return world


@pytest.mark.parametrize("recorded", ["running", "waiting"])
def test_a_plan_that_still_looks_finished_after_its_start_is_waited_for(
    recorded: str,
) -> None:
    world = restarted_a_moment_ago()
    lists: Any = Lists(
        world,
        lambda: world.clock.advance(3),
        nothing,
        lambda: world.clock.advance(8 * 3600),
    )
    waiting = PlanWaiter(lists, replace(QUICK, lag=0.5)).wait(
        condition(recorded=recorded)
    )

    assert run(waiting) == ["finished"]
    assert world.status() == "finished"
    assert world.calls(LIST) > 3


def test_a_plan_that_waits_in_the_state_and_still_looks_running_is_waited_for() -> None:
    world = World("running")
    timing = replace(QUICK, lag=0.3)
    waiting = PlanWaiter(world.client, timing).wait(
        condition(until="running", recorded="waiting")
    )

    assert run(waiting) == ["running"]
    assert world.calls(LIST) > 1


@pytest.mark.parametrize("recorded", ["stopped", "failed", "unknown"])
def test_a_plan_without_a_start_in_the_state_is_trusted_to_have_finished_at_once(
    recorded: str,
) -> None:
    world = World("finished")
    timing = replace(QUICK, lag=3600.0)

    assert run(PlanWaiter(world.client, timing).wait(condition(recorded=recorded))) == [
        "finished"
    ]
    assert world.calls(LIST) == 1


def test_the_timeout_does_not_end_a_wait_while_a_list_may_lag() -> None:
    timing = replace(QUICK, lag=0.3)

    waiting = PlanWaiter(World("finished").client, timing).wait(condition(timeout=0.05))

    assert run(waiting) == ["finished"]


def test_the_timeout_ends_a_wait_again_after_a_list_has_lagged() -> None:
    world = restarted_a_moment_ago()
    lists: Any = Lists(world, lambda: world.clock.advance(3))
    timing = replace(QUICK, lag=0.3)

    with pytest.raises(RunError, match=r"after 0\.05 seconds: it is running"):
        run(PlanWaiter(lists, timing).wait(condition(timeout=0.05)))


def test_a_timeout_is_one_sentence_with_the_status() -> None:
    world = World("running")

    with pytest.raises(
        RunError, match=r"is not finished after 0\.2 seconds: it is running"
    ):
        run(PlanWaiter(world.client, QUICK).wait(condition(timeout=0.2)))


def test_a_timeout_names_the_call_that_failed_last() -> None:
    silent = fault({"kind": "throttle"}, action=LIST, every=1)
    world = World("running", faults=(silent,))

    with pytest.raises(RunError, match=f"not seen yet; the last call failed: {LIST}"):
        run(PlanWaiter(world.client, QUICK).wait(condition(timeout=0.5)))


def test_a_failed_call_is_not_the_end() -> None:
    once = fault({"kind": "truncated"}, action=LIST, calls=[1, 2, 3])

    assert run(
        PlanWaiter(World("finished", faults=(once,)).client, QUICK).wait(condition())
    )


def test_a_key_without_permission_ends_the_wait_at_once() -> None:
    denied = fault({"kind": "denied"}, action=LIST, every=1)
    world = World("running", faults=(denied,))

    with pytest.raises(RunError, match=f"cannot be waited for: .*esa:{LIST}"):
        run(PlanWaiter(world.client, QUICK).wait(condition()))

    assert world.calls(LIST) == 1


@pytest.mark.parametrize(
    ("status", "number", "told"),
    [
        ("finished", 1, ("reached", "finished")),
        ("failed", 1, ("failed", "failed")),
        ("stopped", 1, ("stopped", "stopped")),
        ("running", 9, ("gone", "")),
        ("running", 1, ("timed_out", "running")),
    ],
)
def test_the_end_of_a_wait_is_reported_once(
    status: str, number: int, told: tuple[str, str]
) -> None:
    world, ends = World(status), list[PlanEnd]()

    def report(end: PlanEnd) -> str:
        ends.append(end)
        return ""

    waiter = PlanWaiter(world.client, QUICK, report)
    with suppress(RunError):
        run(waiter.wait(condition(number, timeout=1.0, recorded=status)))

    (end,) = ends
    assert (end.outcome, end.status) == told
    assert (end.plan, end.job, end.until) == (plan_id(number), JOB, "finished")
    assert end.seconds > 0


def test_what_is_not_waited_for_or_cannot_be_is_not_reported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pulumi.runtime.settings.is_dry_run", lambda: False)
    denied = fault({"kind": "denied"}, action=LIST, every=1)
    world, ends = World("running", faults=(denied,)), list[PlanEnd]()

    def report(end: PlanEnd) -> str:
        ends.append(end)
        return ""

    waiter = PlanWaiter(world.client, QUICK, report)
    known = {"job_id": JOB, "plan_id": PLAN, "status": "finished"}
    with pytest.raises(RunError):
        run(waiter.wait(condition()))
    run(wait_unless_preview(known, "finished", 1.0, lambda: waiter))

    assert ends == []
