"""One plan under changing names: what is declared again is adopted, and what is still declared is never stopped."""

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed

PLAN = {"planId": plan_id(1), "jobId": job_id(1)}
SEED = seed(job(1, [plan(1, "stopped"), plan(2, "stopped")]))
GET = f"""
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch

plan = ScheduledPrefetch.get("theirs", "{job_id(1)}:{plan_id(1)}")
pulumi.export("status", plan.status)
"""


def test_a_plan_under_a_new_name_is_adopted_and_not_stopped(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"old": PLAN})
    stack_.up()

    stack_.declare({"new": PLAN})
    stack_.up()

    assert list(stack_.records()) == ["new"]
    assert (esa.starts(), esa.stops()) == (1, 0)
    assert esa.status(plan_id(1)) == "running"


@pytest.mark.slow
def test_a_replacement_that_was_asked_for_adopts_the_plan(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"plan": PLAN})
    stack_.up()

    stack_.up("--replace", stack_.records()["plan"]["urn"])

    assert (esa.starts(), esa.stops()) == (1, 0)
    assert esa.status(plan_id(1)) == "running"


def test_another_plan_id_stops_the_old_plan_before_it_starts_the_new_one(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"plan": PLAN})
    stack_.up()

    stack_.declare({"plan": PLAN | {"planId": plan_id(2)}})
    stack_.up()

    effects = [
        (c["action"], c["parameters"]["Id"]) for c in esa.history() if c["effect"]
    ]
    assert effects == [
        ("StartScheduledPreloadExecution", plan_id(1)),
        ("StopScheduledPreloadExecution", plan_id(1)),
        ("StartScheduledPreloadExecution", plan_id(2)),
    ]
    assert stack_.records()["plan"]["id"] == f"{job_id(1)}:{plan_id(2)}"


def test_a_plan_that_somebody_else_runs_is_read_and_left_alone(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.write_program(GET)

    stack_.up()

    assert stack_.printed_outputs() == {"status": "stopped"}
    stack_.check("destroy", "--yes", "--skip-preview")
    assert esa.changes() == 0


def test_a_second_stack_that_declares_the_same_plan_adopts_it(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    first, second = stack(esa), stack(esa)
    first.declare({"plan": PLAN})
    second.declare({"plan": PLAN})

    first.up()
    second.up()

    assert esa.starts() == 1
    assert second.outputs("plan")["status"] == "running"
    assert second.outputs("plan")["starts"] == 0
