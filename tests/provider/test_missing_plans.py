"""``check`` for plans that no list shows: created a moment ago, or missing."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pulumi_esa_prefetch.api.models import PlanSpec
from pulumi_esa_prefetch.provider.read_after_write import LAG
from tests.provider.world import JOB, LIST, World, fault
from tests.support.local_esa import job, plan_id

STALE = fault({"kind": "stale", "seconds": 2.0}, action=LIST, every=1)


def check(world: World, an_id: str) -> list[str]:
    declared = {"plan_id": an_id, "job_id": JOB}
    return [f.reason for f in world.provider.check({}, declared).failures]


def lagging() -> World:
    """An ESA whose lists lag, some time after its last call."""
    world = World(faults=(STALE,), jobs=[job(1, [])])
    world.clock.advance(60)
    return world


def make(world: World, count: int) -> list[str]:
    """Create plans, as somebody else."""
    specs = [PlanSpec(interval=600, slice_len=1) for _ in range(count)]
    made = world.client.create_scheduled_preload_executions(
        job_id=JOB, executions=specs
    )
    return [plan.id for plan in made.plans]


def during_first_wait(world: World, act: Callable[[], Any]) -> list[Any]:
    """Let another thread act while the first one waits; the same clock moves for both."""
    results: list[Any] = []
    advance = world.clock.advance

    def sleep(seconds: float) -> None:
        end = world.clock.monotonic() + seconds
        if not results:
            results.append(None)
            with ThreadPoolExecutor(1) as pool:
                results[0] = pool.submit(act).result(30)
        advance(max(0.0, end - world.clock.monotonic()))

    world.clock.sleep = sleep  # type: ignore[method-assign]
    return results


def test_two_plans_made_a_moment_ago_are_found_by_two_threads() -> None:
    world = lagging()
    first, second = make(world, 2)
    other = during_first_wait(world, lambda: check(world, second))

    assert check(world, first) == []

    assert other == [[]]
    assert world.session.verify


def test_each_of_the_plans_that_this_run_makes_one_after_another_is_found() -> None:
    world = lagging()

    said = [check(world, an_id) for _ in range(3) for an_id in make(world, 1)]

    assert said == [[], [], []]


def test_after_one_missing_plan_no_other_is_waited_for() -> None:
    world = lagging()
    began = world.clock.monotonic()

    said = [check(world, plan_id(n)) for n in range(1, 21)]

    assert all("does not exist" in reason for (reason,) in said)
    # Another wait would be as long again; the calls themselves take turns.
    assert LAG <= world.clock.monotonic() - began < LAG + 1


def test_missing_plans_that_are_checked_at_once_are_waited_for_at_once() -> None:
    world = lagging()
    began = world.clock.monotonic()
    other = during_first_wait(world, lambda: check(world, plan_id(8)))

    assert "does not exist" in check(world, plan_id(9))[0]

    assert "does not exist" in other[0][0]
    # Another wait would be as long again; the calls themselves take turns.
    assert LAG <= world.clock.monotonic() - began < LAG + 1
