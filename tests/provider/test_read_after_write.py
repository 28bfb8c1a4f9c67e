"""Recent calls: lists that do not show their effect yet, and calls that ESA carries out after its answer."""

from typing import Any

import pytest

from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_prefetch.api.models import PlanSpec
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.read_after_write import LAG
from tests.provider.world import (
    ID,
    JOB,
    LIST,
    RESET,
    START,
    STOP,
    World,
    created,
    fault,
    props,
)
from tests.support.local_esa import plan_id

A_MOMENT, FOR_EVER = 2.0, 3600.0
UNKNOWN = r"it is not known whether .* was started"


def stale(seconds: float) -> dict[str, Any]:
    return fault({"kind": "stale", "seconds": seconds}, action=LIST, every=1)


def updated(provider: PlanProvider, outs: dict[str, Any], **given: Any) -> Any:
    return provider.update(ID, outs, props(**given)).outs


# lists that lag


@pytest.mark.parametrize("seconds", [A_MOMENT, FOR_EVER])
@pytest.mark.parametrize("on_destroy", ["stop", "delete"])
def test_a_destroy_right_after_the_start_leaves_nothing_running(
    seconds: float, on_destroy: str
) -> None:
    world = World("stopped", faults=(stale(seconds),))
    outs = created(world, on_destroy=on_destroy)

    world.next_process().delete(ID, outs)

    assert world.effects()[:2] == [START, STOP]
    assert world.status() == ("stopped" if on_destroy == "stop" else "gone")


@pytest.mark.parametrize("seconds", [A_MOMENT, FOR_EVER])
def test_a_plan_declared_stopped_right_after_its_start_is_stopped(
    seconds: float,
) -> None:
    world = World("stopped", faults=(stale(seconds),))
    outs = created(world)

    after = updated(world.next_process(), outs, desired_state="stopped")

    assert after["status"] == world.status() == "stopped"


def test_a_refresh_right_after_the_start_sees_the_plan_run() -> None:
    world = World("stopped", faults=(stale(A_MOMENT),))
    outs = created(world)

    read = world.next_process().read(ID, outs).outs

    assert read == outs | {"status": "running"}


def test_a_list_is_trusted_at_once_when_the_process_is_some_seconds_old() -> None:
    world = World("stopped")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=outs["plan_id"])
    provider = world.next_process()
    world.clock.sleep(3)
    before, looks = world.clock.monotonic(), world.calls(LIST)

    assert provider.read(ID, outs).outs == outs | {"status": "stopped"}

    assert world.clock.monotonic() == before
    assert world.calls(LIST) == looks + 1


def test_a_refresh_right_after_a_rerun_does_not_take_the_plan_for_finished() -> None:
    world = World("finished", faults=(stale(A_MOMENT),))
    outs = updated(world.provider, created(world), triggers={"release": "2"})

    read = world.next_process().read(ID, outs).outs

    assert read == outs | {"status": "running"}


def test_plans_that_have_finished_cost_a_refresh_one_wait_and_one_more_list() -> None:
    world = World(*["running"] * 5)
    known = [created(world, plan_id=plan_id(n)) for n in range(1, 6)]
    world.clock.sleep(9 * 3600)
    provider = world.next_process()
    before, looks = world.clock.monotonic(), world.calls(LIST)

    for n, outs in enumerate(known, 1):
        read = provider.read(f"{JOB}:{plan_id(n)}", outs).outs
        assert read == outs | {"status": "finished"}

    assert world.clock.monotonic() - before == LAG
    assert world.calls(LIST) == looks + 2


@pytest.mark.parametrize("checks", [True, False])
def test_a_plan_made_a_moment_ago_is_found(*, checks: bool) -> None:
    world = World(faults=(stale(A_MOMENT),))
    now = world.clock.now()
    spec = PlanSpec(
        start_time=now,
        end_time=now.replace(year=now.year + 1),
        interval=600,
        slice_len=1,
    )
    world.clock.sleep(10)
    made = world.client.create_scheduled_preload_executions(
        job_id=JOB, executions=[spec]
    )
    given = {"job_id": JOB, "plan_id": made.plans[0].id}

    if checks:
        assert not world.provider.check({}, given).failures
    outs = world.provider.create(given).outs

    assert outs is not None
    assert outs["status"] == world.status_of(given["plan_id"])


@pytest.mark.parametrize("dialect", ["start-running-accepted", "start-running-refused"])
def test_a_lost_start_is_seen_as_soon_as_lists_show_it(dialect: str) -> None:
    lost = fault({"kind": "reset", "when": "after"})
    world = World("stopped", faults=(lost, stale(A_MOMENT)), dialects=(dialect,))

    assert created(world)["status"] == "running"

    assert world.effects() == [START]


def test_a_start_that_is_refused_after_a_lost_one_is_not_known() -> None:
    lost = fault({"kind": "reset", "when": "after"})
    world = World(
        "stopped", faults=(lost, stale(FOR_EVER)), dialects=("start-running-refused",)
    )

    with pytest.raises(PrefetchError, match=UNKNOWN):
        created(world)

    assert world.effects() == [START]


# calls that are carried out later


@pytest.mark.parametrize("action", [STOP, RESET])
def test_nothing_is_started_after_a_call_that_may_still_undo_it(action: str) -> None:
    world = World("running")
    outs = created(world)
    world.wire.unanswered = action

    with pytest.raises(PrefetchError, match="ESA may have carried the call out"):
        updated(world.provider, outs, triggers={"release": "2"})
    world.wire.deliver()

    assert START not in world.writes()
    assert world.status() == "stopped"


def test_a_start_that_may_still_come_is_not_repeated() -> None:
    world = World("stopped")
    world.wire.unanswered = START

    with pytest.raises(PrefetchError, match=UNKNOWN):
        created(world)
    world.wire.deliver()

    assert world.writes() == [START]
    assert world.status() == "running"


def test_a_stop_that_may_still_come_is_repeated_where_nothing_follows() -> None:
    world = World("running")
    outs = created(world)
    world.wire.unanswered = STOP

    world.next_process().delete(ID, outs)
    world.wire.deliver()

    assert world.effects() == [STOP]
    assert world.status() == "stopped"


# lists that cannot be right


def test_a_plan_without_a_status_keeps_its_record() -> None:
    world = World("finished")
    outs = created(world)
    lacks = fault({"kind": "missing-keys", "keys": "Status"}, action=LIST, every=1)
    world.esa.faults.set(FaultDocument.model_validate([lacks]))

    with pytest.raises(PrefetchError, match="lists it without a status"):
        world.next_process().read(ID, outs)
