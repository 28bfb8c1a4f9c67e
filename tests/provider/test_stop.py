"""Stop with lost, unusable and refused answers: the plan no longer runs, or the error says that it may."""

from typing import Any

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.provider.world import (
    JOB,
    LIST,
    LOST_AFTER,
    LOST_BEFORE,
    PLAN,
    STOP,
    World,
    created,
    fault,
    fault_id,
)
from tests.support.local_esa import plan_id

STOPPED = {"desired_state": "stopped"}


@pytest.mark.parametrize("kind", LOST_AFTER, ids=fault_id)
def test_an_answer_lost_after_the_effect_is_looked_up(kind: dict[str, Any]) -> None:
    world = World("running", faults=(fault(kind, action=STOP),))

    outs = created(world, **STOPPED)

    assert (outs["status"], outs["starts"]) == ("stopped", 0)
    assert world.calls(STOP) == 1


@pytest.mark.parametrize("kind", LOST_BEFORE, ids=fault_id)
def test_a_stop_lost_before_the_effect_is_repeated(kind: dict[str, Any]) -> None:
    world = World("running", faults=(fault(kind, action=STOP),))

    assert created(world, **STOPPED)["status"] == "stopped"
    assert world.calls(STOP) == 2


def test_a_lost_stop_is_repeated_even_if_the_list_fails_too() -> None:
    lost = fault({"kind": "reset", "when": "before"}, action=STOP)
    silent = fault({"kind": "denied"}, action=LIST, calls=[2])
    world = World("running", faults=(lost, silent))

    assert created(world, **STOPPED)["status"] == "stopped"


def test_a_stop_that_never_gets_through_ends_with_the_deadline() -> None:
    lost = fault({"kind": "reset", "when": "before"}, action=STOP, every=1)
    world = World("running", faults=(lost,))

    with pytest.raises(PrefetchError, match=rf"plan {JOB}:{PLAN} was not stopped"):
        created(world, **STOPPED)

    assert world.status() == "running"


@pytest.mark.parametrize("status", ["finished", "failed", "stopped"])
def test_a_stop_refused_because_the_plan_no_longer_runs_is_done(status: str) -> None:
    world = World(status, dialects=(f"stop-{status}-refused",))

    assert created(world, job_id=None, plan_id=f"{JOB}:{PLAN}", **STOPPED)
    assert world.calls(STOP) == 0


def test_a_plan_stopped_since_the_list_is_not_an_error() -> None:
    world = World("running", dialects=("stop-stopped-refused",))
    world.session.plan_cache.find(JOB, PLAN)
    world.client.stop_scheduled_preload_execution(plan_id=PLAN)

    assert created(world, **STOPPED)["status"] == "stopped"


def test_a_key_that_may_not_stop_is_named_with_the_right_that_it_lacks() -> None:
    world = World("running", faults=(fault({"kind": "denied"}, action=STOP, every=1),))

    with pytest.raises(PrefetchError, match=f"was not stopped: .*esa:{STOP}"):
        created(world, **STOPPED)

    assert world.calls(STOP) == 1


@pytest.mark.parametrize("key", ["Status", "JobId"])
def test_an_answer_that_lacks_a_key_is_completed(key: str) -> None:
    lacks = fault({"kind": "missing-keys", "keys": key}, action=STOP)
    world = World("running", faults=(lacks,))

    outs = created(world, **STOPPED)

    assert (outs["status"], outs["job_id"]) == ("stopped", JOB)


def test_an_accepted_stop_whose_status_cannot_be_read_is_not_called_not_stopped() -> (
    None
):
    lacks = fault({"kind": "missing-keys", "keys": "Status"}, action=STOP)
    silent = fault({"kind": "denied"}, action=LIST, calls=[2, 3, 4])
    world = World("running", faults=(lacks, silent))

    with pytest.raises(PrefetchError, match="ESA accepted Stop for plan") as caught:
        created(world, **STOPPED)

    assert "was not stopped" not in str(caught.value)
    assert world.status() == "stopped"


def test_without_a_job_stop_is_the_look_up() -> None:
    world = World("running")

    made = world.provider.create({"plan_id": PLAN, **STOPPED})

    assert made.id == f"{JOB}:{PLAN}"
    assert world.writes() == [STOP]


def test_without_a_job_a_lost_stop_is_repeated() -> None:
    lost = fault({"kind": "reset", "when": "after"}, action=STOP)
    world = World("running", faults=(lost,))

    assert world.provider.create({"plan_id": PLAN, **STOPPED}).id == f"{JOB}:{PLAN}"
    assert world.writes() == [STOP, STOP]


def test_without_a_job_a_refused_stop_asks_for_it() -> None:
    world = World("finished", dialects=("stop-finished-refused",))

    with pytest.raises(PrefetchError, match=r"was not stopped: .*give job_id"):
        world.provider.create({"plan_id": PLAN, **STOPPED})

    assert world.effects() == []


def test_without_a_job_an_answer_that_names_none_asks_for_it() -> None:
    lacks = fault({"kind": "missing-keys", "keys": "JobId"}, action=STOP)
    world = World("running", faults=(lacks,))

    with pytest.raises(PrefetchError, match="names no job: give job_id"):
        world.provider.create({"plan_id": PLAN, **STOPPED})


SPOILED: dict[str, dict[str, object]] = {
    "another plan": {"Id": plan_id(2)},
    "no time": {"StartTime": "whenever"},
    "nothing of ESA's": {"Id": None, "RequestId": None},
}


def warnings(shown: str) -> list[str]:
    return [line for line in shown.splitlines() if "warning: " in line]


@pytest.mark.parametrize("spoiled", SPOILED)
def test_without_a_job_an_answer_that_cannot_be_used_ends_at_once(
    spoiled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("running")
    world.wire.spoiled = {STOP: SPOILED[spoiled]}

    with pytest.raises(
        PrefetchError,
        match=r"ESA accepted Stop, and its answer cannot be used: .*; give job_id and run up again$",
    ):
        world.provider.create({"plan_id": PLAN, **STOPPED})

    assert world.writes() == [STOP]
    assert warnings(capsys.readouterr().out) == []


def test_without_a_job_a_list_of_this_run_shows_the_effect_of_such_a_stop() -> None:
    world = World("running")
    world.session.plan_cache.find(JOB, PLAN)
    world.wire.spoiled = {STOP: SPOILED["another plan"]}

    made = world.provider.create({"plan_id": PLAN, **STOPPED})

    assert made.id == f"{JOB}:{PLAN}"
    assert world.writes() == [STOP]


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_stop_without_effect_or_usable_answer_is_tried_a_few_times_only(
    spoiled: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("running")
    running = {"Id": PLAN, "JobId": JOB, "Status": "running"}
    world.wire.spoiled = {STOP: SPOILED[spoiled], LIST: {"Executions": [running]}}

    with pytest.raises(PrefetchError, match=f"plan {JOB}:{PLAN} was not stopped"):
        created(world, **STOPPED)

    assert world.calls(STOP) == 3
    assert len(warnings(capsys.readouterr().out)) == 1


def test_without_a_job_a_stop_without_any_answer_may_have_stopped_the_plan() -> None:
    lost = fault({"kind": "reset", "when": "after"}, action=STOP, every=1)
    world = World("running", faults=(lost,))

    with pytest.raises(
        PrefetchError,
        match=f"it is not known whether plan {PLAN} was stopped: .*give job_id",
    ):
        world.provider.create({"plan_id": PLAN, **STOPPED})


def test_without_a_job_a_waiting_plan_is_refused_with_what_to_do() -> None:
    world = World("waiting", start="+1h")

    with pytest.raises(PrefetchError, match="is waiting and ESA stops only running"):
        world.provider.create({"plan_id": PLAN, **STOPPED})


def test_a_missing_plan_does_not_exist() -> None:
    world = World("running")

    with pytest.raises(PrefetchError, match="does not exist"):
        world.provider.create({"plan_id": plan_id(99), **STOPPED})


def test_a_plan_deleted_while_the_answer_was_lost_does_not_exist() -> None:
    lost = fault({"kind": "reset", "when": "before"}, action=STOP)
    world = World("running", faults=(lost,))
    world.session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    with pytest.raises(PrefetchError, match="does not exist any more"):
        created(world, **STOPPED)


def test_a_plan_that_runs_on_is_recorded_as_it_is_and_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("running")
    world.wire.spoiled = {STOP: {"Status": "running"}}

    assert created(world, **STOPPED)["status"] == "running"
    assert (
        "ESA accepted Stop and says that the plan still runs" in capsys.readouterr().out
    )
