"""The ``read`` hook: only 'not found' removes a plan from the state."""

from datetime import timedelta
from typing import Any

import pytest

from pulumi_esa_prefetch.api.models import PlanSpec
from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.provider.world import ID, JOB, LIST, PLAN, World, created, fault, props
from tests.support.local_esa import plan_id


def test_read_returns_the_status_in_esa_and_keeps_the_rest() -> None:
    world = World("stopped")
    outs = created(world, triggers={"a": "1"})
    world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    result = world.provider.read(ID, outs)

    assert result.id == ID
    assert result.outs == outs | {"status": "stopped"}
    assert result.inputs is None


def test_reading_twice_changes_nothing() -> None:
    world = World("running")
    once = world.provider.read(ID, created(world)).outs
    assert once is not None
    world.next_process()

    assert world.provider.read(ID, once).outs == once


def test_read_drops_what_does_not_exist_any_more() -> None:
    world = World("running")
    outs = created(world)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    result = world.provider.read(ID, outs)

    assert (result.id, result.outs) == ("", {})


def test_read_drops_the_plans_of_a_job_that_is_gone_with_two_calls() -> None:
    world = World("running", "stopped")
    outs = [created(world, plan_id=plan_id(n)) for n in (1, 2)]
    world.client.delete_scheduled_preload_job(job_id=JOB)
    world.next_process()
    before = world.calls(LIST)

    for one in outs:
        assert world.provider.read(f"{JOB}:{one['plan_id']}", one).id == ""

    assert world.calls(LIST) == before + 2


def test_read_keeps_a_finished_plan_that_esa_has_cleared_away(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("finished")
    outs = created(world)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    result = world.provider.read(ID, outs)

    assert (result.id, result.outs) == (ID, outs)
    assert "so that it is not run once more" in capsys.readouterr().out


@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "reset"},
        {"kind": "throttle"},
        {"kind": "denied"},
        {"kind": "expired-token"},
        {"kind": "server-error"},
        {"kind": "truncated"},
        {"kind": "html", "status": 404},
        {"kind": "missing-keys", "keys": "Executions"},
    ],
    ids=lambda kind: "-".join(str(value) for value in kind.values()),
)
def test_read_takes_no_failure_for_an_absence(kind: dict[str, Any]) -> None:
    world = World("running", faults=(fault(kind, action=LIST, every=1),))

    with pytest.raises(PrefetchError, match=f"plan {ID} cannot be looked up"):
        world.provider.read(ID, props(status="running", desired_state="running"))


def test_a_thousand_reads_of_a_silent_esa_cost_one_deadline() -> None:
    world = World(faults=(fault({"kind": "throttle"}, action=LIST, every=1),))
    began = world.clock.monotonic()

    for number in range(1000):
        with pytest.raises(PrefetchError):
            world.provider.read(
                f"{JOB}:{plan_id(number)}", props(desired_state="running")
            )

    assert world.clock.monotonic() - began < 90


def test_get_reads_a_plan_of_somebody_else_without_a_declaration() -> None:
    world = World("running")

    outs = world.provider.read(ID, {"plan_id": ID, "__provider": "gASV"}).outs

    assert outs is not None
    assert (outs["plan_id"], outs["job_id"], outs["status"]) == (PLAN, JOB, "running")
    assert "desired_state" not in outs


def test_a_plan_of_somebody_else_is_refreshed_and_dropped_like_any() -> None:
    world = World("running")
    outs = world.provider.read(ID, {"plan_id": ID}).outs
    assert outs is not None

    assert world.provider.read(ID, outs).outs == outs
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    assert world.provider.read(ID, outs).id == ""


def test_get_of_a_missing_plan_is_an_error() -> None:
    with pytest.raises(PrefetchError, match="does not exist"):
        World().provider.read(ID, {"__provider": "gASV"})


@pytest.mark.parametrize("id_", ["", PLAN, f"{JOB}/{PLAN}", f"{JOB}:{PLAN}:x"])
def test_a_malformed_resource_id_is_one_sentence(id_: str) -> None:
    with pytest.raises(PrefetchError, match="is not a plan's resource id"):
        World().provider.read(id_, {})


def test_a_plan_younger_than_the_list_is_not_dropped_by_it() -> None:
    world = World("waiting", start="+1h", end="+2h")
    outs = created(world)
    end = world.clock.now() + timedelta(hours=1)
    window = PlanSpec(end_time=end, interval=60, slice_len=1)
    made = world.client.create_scheduled_preload_executions(
        job_id=JOB, executions=[window]
    )
    young = f"{JOB}:{made.plans[0].id}"

    assert world.provider.read(young, outs | {"plan_id": young}).id == young
    assert world.calls(LIST) == 2
