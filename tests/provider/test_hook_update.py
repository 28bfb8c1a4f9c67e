"""The ``update`` hook: it records, starts or stops, by the status that ESA lists."""

from typing import Any

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.provider.world import ID, JOB, PLAN, START, STOP, World, created, props
from tests.support.local_esa import job_id


def update(world: World, outs: dict[str, Any], **declared: Any) -> dict[str, Any]:
    result = world.provider.update(ID, outs, props(**declared))
    assert result.outs is not None
    return result.outs


def test_update_records_what_needs_no_call() -> None:
    world = World("running")
    outs = created(world)
    world.next_process()
    before = len(world.esa.history)

    outs = update(world, outs, on_destroy="leave", restart_failed=False)

    assert (outs["on_destroy"], outs["restart_failed"]) == ("leave", False)
    assert len(world.esa.history) == before


def test_update_starts_a_plan_that_somebody_else_stopped() -> None:
    world = World("running")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()
    refreshed = world.provider.read(ID, outs).outs
    assert refreshed is not None

    assert world.provider.diff(ID, refreshed, props()).changes
    assert update(world, refreshed)["status"] == "running"
    assert world.writes() == [STOP, START]


def test_update_does_not_start_a_plan_that_runs_already() -> None:
    world = World("running")
    outs = created(world) | {"status": "stopped"}
    world.next_process()

    outs = update(world, outs)

    assert (outs["status"], outs["starts"]) == ("running", 0)
    assert world.writes() == []


def test_update_to_stopped_stops_a_waiting_plan_that_runs_by_now() -> None:
    world = World("running")
    outs = created(world) | {"status": "waiting"}
    world.next_process()

    assert update(world, outs, desired_state="stopped")["status"] == "stopped"


def test_update_to_stopped_of_a_waiting_plan_is_refused() -> None:
    world = World("waiting", start="+1h")
    outs = created(world)

    with pytest.raises(PrefetchError, match="ESA stops only running plans"):
        update(world, outs, desired_state="stopped")

    assert world.writes() == [START]


def test_update_with_a_job_that_is_not_the_plans_is_refused() -> None:
    world = World("running")
    outs = created(world)

    with pytest.raises(PrefetchError, match=f"belongs to job {JOB}"):
        update(world, outs, job_id=job_id(2))

    assert world.writes() == []


def test_update_of_a_plan_that_is_gone_is_an_error() -> None:
    world = World("running")
    outs = created(world) | {"status": "stopped"}
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    with pytest.raises(PrefetchError, match="does not exist any more"):
        update(world, outs)


def test_a_record_that_cannot_be_read_is_named_by_its_property() -> None:
    outs = props(status="running", desired_state="somewhat")

    with pytest.raises(PrefetchError, match="desired_state is missing or wrong"):
        World("running").provider.update(ID, outs, props(on_destroy="leave"))
