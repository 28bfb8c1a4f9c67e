"""The ``delete`` hook: the calls that ``on_destroy`` asks for, and no others."""

from typing import Any

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.provider.world import (
    DELETE,
    ID,
    JOB,
    LIST,
    PLAN,
    START,
    STOP,
    World,
    created,
    fault,
    props,
)
from tests.support.local_esa import plan_id


def destroyed(world: World, outs: dict[str, Any]) -> None:
    world.next_process().delete(ID, outs)


@pytest.mark.parametrize(
    ("status", "on_destroy", "calls", "left"),
    [
        ("running", "stop", [STOP], "stopped"),
        ("finished", "stop", [], "finished"),
        ("running", "leave", [], "running"),
        ("running", "delete", [STOP, DELETE], "gone"),
        ("finished", "delete", [DELETE], "gone"),
    ],
)
def test_delete_makes_the_calls_that_on_destroy_asks_for_and_no_others(
    status: str, on_destroy: str, calls: list[str], left: str
) -> None:
    world = World(status)

    destroyed(world, created(world, on_destroy=on_destroy))

    assert world.writes() == calls
    assert world.status() == left


def test_delete_leaves_a_waiting_plan_and_says_when_it_will_start(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("waiting", start="+1h")
    outs = created(world)

    destroyed(world, outs)

    said = capsys.readouterr().out
    assert world.writes() == [START]
    assert f"it will still start at {outs['start_time']}" in said
    assert 'on_destroy="delete"' in said


def test_delete_of_a_waiting_plan_without_a_start_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("waiting", start="+1h")
    outs = created(world)
    lacks = {"kind": "missing-keys", "keys": "StartTime", "every": 1}
    world.esa.faults.set(type(world.esa.faults.document)(faults=(lacks,)))

    destroyed(world, outs)

    assert "it will still start when ESA lets it" in capsys.readouterr().out


@pytest.mark.parametrize("on_destroy", ["stop", "delete"])
def test_delete_of_a_plan_whose_window_opened_since_it_was_listed_stops_it(
    on_destroy: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("waiting", start="+10s", end="+1h")
    outs = created(world, on_destroy=on_destroy)
    provider = world.next_process()
    provider.read(ID, outs)
    world.clock.advance(20)

    provider.delete(ID, outs)

    assert STOP in world.effects()
    assert "will still start" not in capsys.readouterr().out


def test_delete_of_a_plan_that_waits_for_a_window_to_come_needs_no_second_list() -> (
    None
):
    world = World("waiting", start="+1h", end="+2h")
    outs = created(world)

    destroyed(world, outs)

    assert world.calls(LIST) == 2


def test_delete_of_a_plan_in_an_unknown_status_says_that_it_is_left(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    known = world.client.list_scheduled_preload_executions(job_id=JOB)[0]
    shown = known.model_dump(by_alias=True, mode="json") | {"Status": "Pausing"}
    world.wire.spoiled = {LIST: {"Executions": [shown]}}

    destroyed(world, outs)

    assert world.writes() == []
    assert "does not know its status (pausing)" in capsys.readouterr().out


def test_delete_of_a_plan_that_is_gone_is_done() -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    destroyed(world, outs)

    assert world.writes() == [DELETE]


def test_delete_of_a_plan_that_goes_between_list_and_call_is_done() -> None:
    world = World("stopped")
    outs = created(world, desired_state="stopped", on_destroy="delete")
    world.next_process().session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    world.provider.delete(ID, outs)

    assert world.writes() == [DELETE, DELETE]


@pytest.mark.parametrize(
    ("on_destroy", "calls"), [("stop", [STOP]), ("delete", [STOP, DELETE])]
)
def test_delete_of_a_running_plan_that_goes_between_list_and_stop_is_done(
    on_destroy: str, calls: list[str]
) -> None:
    world = World("running")
    outs = created(world, on_destroy=on_destroy)
    world.next_process().session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    world.provider.delete(ID, outs)

    assert world.writes() == [DELETE, *calls]


def test_a_plan_that_was_gone_before_stop_is_not_called_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("running")
    outs = created(world)
    world.next_process().session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    capsys.readouterr()

    world.provider.delete(ID, outs)

    assert capsys.readouterr().out == ""


def test_delete_of_a_plan_that_goes_while_the_answer_to_stop_is_lost_is_done() -> None:
    lost = fault({"kind": "reset", "when": "before"}, action=STOP)
    world = World("running", faults=(lost,))
    outs = created(world)
    world.next_process().session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    world.provider.delete(ID, outs)

    assert world.writes() == [DELETE, STOP]


@pytest.mark.parametrize(
    ("on_destroy", "calls", "warned"),
    [("stop", [STOP], True), ("delete", [STOP, DELETE], False)],
)
def test_delete_of_a_plan_that_waits_when_it_is_stopped_warns(
    on_destroy: str,
    calls: list[str],
    capsys: pytest.CaptureFixture[str],
    *,
    warned: bool,
) -> None:
    world = World("running")
    outs = created(world, on_destroy=on_destroy)
    world.wire.spoiled = {STOP: {"Status": "waiting"}}

    destroyed(world, outs)

    assert world.writes() == calls
    assert ("it will still start when" in capsys.readouterr().out) is warned


def test_the_deletion_of_all_plans_of_a_job_that_is_gone_costs_two_lists() -> None:
    world = World(*["running"] * 5)
    all_outs = [created(world, plan_id=plan_id(n)) for n in range(1, 6)]
    world.client.delete_scheduled_preload_job(job_id=JOB)
    provider, before = world.next_process(), world.calls(LIST)

    for outs in all_outs:
        provider.delete(f"{JOB}:{outs['plan_id']}", outs)

    assert world.calls(LIST) == before + 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delete_whose_answer_is_lost_is_repeated(when: str) -> None:
    lost = fault({"kind": "reset", "when": when}, action=DELETE)
    world = World("finished", faults=(lost,))

    destroyed(world, created(world, on_destroy="delete"))

    assert world.status() == "gone"
    assert world.calls(DELETE) == 2


@pytest.mark.parametrize("action", [LIST, STOP, DELETE])
def test_a_delete_that_fails_is_an_error_about_that_plan(action: str) -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    denied = {"kind": "denied", "actions": [action]}
    world.esa.faults.set(type(world.esa.faults.document)(faults=(denied,)))

    with pytest.raises(PrefetchError, match=f"plan {ID} "):
        destroyed(world, outs)


def test_a_running_plan_whose_deletion_esa_refuses_is_stopped_first() -> None:
    world = World("running", dialects=("delete-running-refused",))

    destroyed(world, created(world, on_destroy="delete"))

    assert world.status() == "gone"


@pytest.mark.parametrize("first", ["create", "update", "check"])
def test_delete_leaves_a_plan_that_this_run_declares_in_another_resource(
    first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    world.next_process()
    if first == "create":
        world.provider.create(props())
    elif first == "check":
        assert world.provider.check({}, props()).failures == []
    else:
        world.provider.update(ID, outs, props(on_destroy="delete"))

    world.provider.delete(ID, outs)

    assert world.writes() == []
    assert "this run declares it again" in capsys.readouterr().out


def test_a_second_delete_of_the_same_plan_is_done() -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")

    destroyed(world, outs)
    world.provider.delete(ID, outs)

    assert world.writes() == [STOP, DELETE]
