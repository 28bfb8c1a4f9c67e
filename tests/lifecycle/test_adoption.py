"""One plan under changing names: what is declared again is adopted, and what is still declared is never stopped."""

from pathlib import Path

import pytest

from pulumi_esa_emulator.testing import LocalEsa, job, plan
from tests.lifecycle.conftest import PlanStacks
from tests.support.local_esa import job_id, plan_id

pytestmark = pytest.mark.engines("embedded", "pulumi")
START, STOP = "StartScheduledPreloadExecution", "StopScheduledPreloadExecution"
PLAN = {"planId": plan_id(1), "jobId": job_id(1)}
GET = f"""
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch

plan = ScheduledPrefetch.get("theirs", "{job_id(1)}:{plan_id(1)}")
pulumi.export("status", plan.status)
"""


@pytest.fixture(autouse=True)
def seeded(esa: LocalEsa) -> None:
    plans = [plan("stopped", id=plan_id(number)) for number in (1, 2)]
    esa.seed(job(*plans, id=job_id(1)))


def effects(esa: LocalEsa) -> list[tuple[str | None, str]]:
    return [(one.action, one.parameters["Id"]) for one in esa.history if one.effect]


def test_a_plan_under_a_new_name_is_adopted_and_not_stopped(
    esa: LocalEsa, plan_stack: PlanStacks
) -> None:
    made = plan_stack()
    made.up_with(old=PLAN)

    made.up_with(new=PLAN)

    assert list(made.records()) == ["new"]
    assert effects(esa) == [(START, plan_id(1))]
    assert esa.calls(STOP) == []
    assert esa.plans[plan_id(1)].status == "running"


@pytest.mark.slow
def test_a_replacement_that_was_asked_for_adopts_the_plan(
    esa: LocalEsa, plan_stack: PlanStacks
) -> None:
    made = plan_stack()
    made.up_with(plan=PLAN)

    replaced = made.stack.up(replace=[made.records()["plan"].urn])

    assert replaced.ops["plan"] == "replace"
    assert effects(esa) == [(START, plan_id(1))]
    assert esa.calls(STOP) == []
    assert esa.plans[plan_id(1)].status == "running"


@pytest.mark.thorough
def test_another_plan_id_stops_the_old_plan_before_it_starts_the_new_one(
    esa: LocalEsa, plan_stack: PlanStacks
) -> None:
    made = plan_stack()
    made.up_with(plan=PLAN)

    made.up_with(plan=PLAN | {"planId": plan_id(2)})

    assert effects(esa) == [
        (START, plan_id(1)),
        (STOP, plan_id(1)),
        (START, plan_id(2)),
    ]
    assert made.records()["plan"].id == f"{job_id(1)}:{plan_id(2)}"


def test_a_plan_that_somebody_else_runs_is_read_and_left_alone(
    esa: LocalEsa, plan_stack: PlanStacks, tmp_path: Path
) -> None:
    made = plan_stack()
    made.stack.program = tmp_path / "reader.py"
    made.stack.program.write_text(GET)

    assert made.stack.up().outputs == {"status": "stopped"}

    made.stack.destroy()
    assert effects(esa) == []


@pytest.mark.thorough
def test_a_second_stack_that_declares_the_same_plan_adopts_it(
    esa: LocalEsa, plan_stack: PlanStacks
) -> None:
    first, second = plan_stack(), plan_stack()

    first.up_with(plan=PLAN)
    second.up_with(plan=PLAN)

    assert esa.starts() == 1
    assert second.records()["plan"].outputs["status"] == "running"
    assert second.records()["plan"].outputs["starts"] == 0
