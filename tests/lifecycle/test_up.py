"""What `up` and `preview` leave alone: what is as declared, and whatever the stack has no business with."""

import re

import pytest

from pulumi_esa_emulator.testing import LocalEsa, job, plan
from tests.lifecycle.conftest import Emulators, PlanStacks, Stacks
from tests.support import local_esa
from tests.support.local_esa import job_id, plan_id

BOTH = pytest.mark.engines("embedded", "pulumi")
PLANS = {
    "stopped": {"planId": plan_id(1), "jobId": job_id(1)},
    "running": {"planId": plan_id(2), "jobId": job_id(1)},
    "waiting": {"planId": plan_id(3), "jobId": job_id(1)},
}
ONE = {"planId": plan_id(1), "jobId": job_id(1)}


@pytest.fixture
def seeded(esa: LocalEsa) -> LocalEsa:
    plans = [plan(status, id=PLANS[status]["planId"]) for status in PLANS]
    esa.seed(job(*plans, id=job_id(1), urls=100))
    return esa


@BOTH
def test_a_preview_starts_nothing(seeded: LocalEsa, plan_stack: PlanStacks) -> None:
    made = plan_stack()
    made.declare(**PLANS)

    assert made.stack.preview().ops == dict.fromkeys(PLANS, "create")

    assert not any(call.effect for call in seeded.history)


@BOTH
def test_a_second_up_asks_esa_for_nothing_and_changes_nothing(
    seeded: LocalEsa, plan_stack: PlanStacks
) -> None:
    made = plan_stack()
    made.up_with(**PLANS)
    calls = len(seeded.history)

    assert set(made.stack.up().ops.values()) == {"same"}

    assert len(seeded.history) == calls
    assert set(made.stack.preview().ops.values()) == {"same"}


@BOTH
@pytest.mark.usefixtures("seeded")
def test_the_outputs_are_each_plans_job_status_and_window(
    plan_stack: PlanStacks,
) -> None:
    made = plan_stack()
    made.up_with(**PLANS)

    plans = made.stack.outputs["plans"]

    assert {name: one["status"] for name, one in plans.items()} == {
        "stopped": "running",
        "running": "running",
        "waiting": "waiting",
    }
    assert {one["job_id"] for one in plans.values()} == {job_id(1)}
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
    assert re.fullmatch(f"{moment}/{moment}", plans["running"]["window"])


@BOTH
@pytest.mark.thorough
def test_one_list_of_a_job_serves_all_its_plans(
    esa: LocalEsa, plan_stack: PlanStacks
) -> None:
    ids = [plan_id(number) for number in range(1, 31)]
    esa.seed(job(*(plan("stopped", id=one) for one in ids), id=job_id(1), urls=100))

    plan_stack().up_with(
        **{f"plan-{one}": {"planId": one, "jobId": job_id(1)} for one in ids}
    )

    assert len(esa.calls("ListScheduledPreloadExecutions")) == 1
    assert esa.starts() == len(esa.calls("StartScheduledPreloadExecution")) == 30


@pytest.mark.slow
@BOTH
@pytest.mark.usefixtures("seeded")
def test_bare_and_composite_plan_ids_are_one_plan(
    plan_stack: PlanStacks,
) -> None:
    made = plan_stack()
    made.up_with(plan=ONE)

    for same in ({"planId": f"{job_id(1)}:{plan_id(1)}"}, {"planId": plan_id(1)}):
        made.declare(plan=same)
        assert set(made.stack.preview().ops.values()) == {"same"}


@BOTH
@pytest.mark.thorough
def test_a_plan_stopped_behind_its_back_is_started_once_by_up_with_refresh(
    esa: LocalEsa, plan_stack: PlanStacks
) -> None:
    esa.seed(job(plan("running", id=plan_id(1)), id=job_id(1)))
    made = plan_stack()
    made.up_with(plan=ONE)
    esa.seed(job(plan("stopped", id=plan_id(1)), id=job_id(1)))

    assert made.stack.preview(refresh=True).ops["plan"] == "update"

    assert esa.starts() == 0
    made.stack.up(refresh=True)
    assert esa.starts() == len(esa.calls("StartScheduledPreloadExecution")) == 1
    assert made.records()["plan"].outputs["starts"] == 1
    assert esa.statuses() == ["running"]


@pytest.mark.thorough
def test_debug_messages_of_the_program_are_shown_only_when_they_are_asked_for(
    emulator: Emulators, stack: Stacks
) -> None:
    plans = [local_esa.plan(1, "stopped"), local_esa.plan(2, "running")]
    stack_ = stack(emulator(local_esa.seed(local_esa.job(1, plans))))
    stack_.declare({"one": ONE})

    quiet = stack_.check("preview")
    asked = stack_.check("preview", "--debug")

    assert "debug: " not in quiet.output
    assert "debug: " in asked.output
