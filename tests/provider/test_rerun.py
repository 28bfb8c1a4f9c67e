"""Triggers run a plan again: the calls and their order, what is refused before Stop, what a failure leaves."""

from typing import Any

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.lifecycle.esa import plan_id
from tests.provider.test_start import fault
from tests.provider.world import (
    ID,
    LIST,
    RESET,
    START,
    STOP,
    World,
    created,
    props,
)

AGAIN = {"triggers": {"release": "2"}}


def rerun(world: World, outs: dict[str, Any], **declared: Any) -> dict[str, Any]:
    result = world.provider.update(ID, outs, props(**AGAIN | declared))
    assert result.outs is not None
    return result.outs


@pytest.mark.parametrize(
    ("status", "declared", "calls"),
    [
        ("running", {}, [STOP, RESET, START]),
        ("running", {"rerun": "resume"}, [STOP, START]),
        ("finished", {}, [RESET, START]),
        ("finished", {"rerun": "resume"}, [START]),
    ],
)
def test_a_changed_trigger_runs_the_plan_again(
    status: str, declared: dict[str, str], calls: list[str]
) -> None:
    world = World(status)
    outs = created(world)

    outs = rerun(world, outs, **declared)

    assert world.writes() == calls
    assert (outs["status"], outs["starts"]) == ("running", 1)
    assert outs["triggers"] == {"release": "2"}


def test_a_waiting_plan_is_not_stopped_for_it_cannot_be() -> None:
    world = World("waiting", start="+1h")
    outs = created(world)

    assert rerun(world, outs)["status"] == "waiting"
    assert world.writes() == [START, RESET, START]


def test_a_window_that_is_over_is_refused_before_stop() -> None:
    world = World("finished", end="+1h")
    outs = created(world)
    world.clock.advance(7200)

    with pytest.raises(PrefetchError, match="its window is over"):
        rerun(world, outs)

    assert world.writes() == []


def test_another_running_plan_of_the_job_is_refused_before_stop() -> None:
    world = World("running", "running")
    outs = created(world)

    with pytest.raises(PrefetchError, match=rf"another plan .* \({plan_id(2)}\)"):
        rerun(world, outs)

    assert world.writes() == []
    assert rerun(world, outs, rerun="resume")["status"] == "running"


def test_of_two_plans_of_one_job_the_second_is_refused() -> None:
    world = World("finished", "finished")
    first = created(world)
    second = created(world, plan_id=plan_id(2))

    rerun(world, first)
    with pytest.raises(PrefetchError, match="another plan of the job runs"):
        world.provider.update(
            str(second["job_id"]) + ":" + plan_id(2),
            second,
            props(plan_id=plan_id(2), **AGAIN),
        )

    assert world.writes() == [RESET, START]


@pytest.mark.parametrize("action", [RESET, START])
def test_a_failure_after_stop_says_that_the_plan_is_stopped_now(action: str) -> None:
    world = World("running", faults=(fault({"kind": "denied"}, action=action),))
    outs = created(world)

    with pytest.raises(PrefetchError, match="the plan is stopped now"):
        rerun(world, outs)

    assert world.status() == "stopped"
    world.next_process()
    assert rerun(world, outs)["status"] == "running"


def test_a_failure_before_stop_says_nothing_of_it() -> None:
    world = World("finished", faults=(fault({"kind": "denied"}),))
    outs = created(world)

    with pytest.raises(PrefetchError) as caught:
        rerun(world, outs)

    assert "stopped now" not in str(caught.value)


def test_a_stop_that_fails_leaves_all_as_it_was() -> None:
    world = World("running", faults=(fault({"kind": "denied"}, action=STOP),))
    outs = created(world)

    with pytest.raises(PrefetchError, match="was not stopped"):
        rerun(world, outs)

    assert world.writes() == [STOP]
    assert world.status() == "running"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reset_whose_answer_is_lost_is_repeated(when: str) -> None:
    lost = fault({"kind": "reset", "when": when}, action=RESET)
    world = World("running", faults=(lost,))
    outs = created(world)

    assert rerun(world, outs)["status"] == "running"
    assert world.calls(RESET) == 2
    assert world.effects().count(START) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_start_of_a_rerun_has_one_effect(when: str) -> None:
    world = World("running", faults=(fault({"kind": "reset", "when": when}),))
    outs = created(world)

    assert rerun(world, outs)["status"] == "running"
    assert world.effects().count(START) == 1


def test_a_rerun_looks_first_for_the_record_may_be_old() -> None:
    world = World("running")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=outs["plan_id"])
    world.next_process()

    rerun(world, outs)

    assert world.writes() == [STOP, RESET, START]
    assert world.calls(LIST) == 2


def test_a_plan_that_runs_on_after_stop_is_not_started_again() -> None:
    stale = fault({"kind": "stale", "seconds": 3600.0}, action=LIST, every=1)
    lacks = fault({"kind": "missing-keys", "keys": "Status"}, action=STOP)
    world = World("running", faults=(lacks, stale))
    outs = created(world)

    with pytest.raises(PrefetchError, match="ESA accepted Stop and says that the plan"):
        rerun(world, outs)

    assert world.calls(START) == 0
