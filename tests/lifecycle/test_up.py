"""What `up` and `preview` leave alone: what is as declared, and whatever the stack has no business with."""

import re

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed

SEED = seed(
    job(1, [plan(1, "stopped"), plan(2, "running"), plan(3, "waiting", start="+2h")])
)
PLANS = {
    "stopped": {"planId": plan_id(1), "jobId": job_id(1)},
    "running": {"planId": plan_id(2), "jobId": job_id(1)},
    "waiting": {"planId": plan_id(3), "jobId": job_id(1)},
}


def test_a_preview_starts_nothing(emulator: Emulators, stack: Stacks) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare(PLANS)

    result = stack_.check("preview")

    assert "+ 4 to create" in result.output
    assert esa.changes() == 0


def test_a_second_up_asks_esa_for_nothing_and_says_that_nothing_changed(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare(PLANS)
    stack_.up()
    calls = len(esa.history())

    result = stack_.up()

    assert "4 unchanged" in result.output
    assert len(esa.history()) == calls
    assert stack_.is_settled()


def test_the_outputs_are_each_plans_job_status_and_window(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare(PLANS)

    stack_.up()

    plans = stack_.printed_outputs()["plans"]
    assert {name: plan["status"] for name, plan in plans.items()} == {
        "stopped": "running",
        "running": "running",
        "waiting": "waiting",
    }
    assert {plan["job_id"] for plan in plans.values()} == {job_id(1)}
    moment = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
    assert re.fullmatch(f"{moment}/{moment}", plans["running"]["window"])


def test_one_list_of_a_job_serves_all_its_plans(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(number, "stopped") for number in range(1, 31)])))
    stack_ = stack(esa)
    stack_.declare(
        {f"plan-{n}": {"planId": plan_id(n), "jobId": job_id(1)} for n in range(1, 31)}
    )

    stack_.up()

    assert len(esa.calls("ListScheduledPreloadExecutions")) == 1
    assert esa.starts() == esa.effective_starts() == 30


@pytest.mark.slow
def test_bare_and_composite_plan_ids_are_one_plan(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"plan": {"planId": plan_id(1), "jobId": job_id(1)}})
    stack_.up()

    stack_.declare({"plan": {"planId": f"{job_id(1)}:{plan_id(1)}"}})

    assert stack_.is_settled()
    stack_.declare({"plan": {"planId": plan_id(1)}})
    assert stack_.is_settled()


def test_a_plan_stopped_behind_its_back_is_started_once_by_up_with_refresh(
    emulator: Emulators, stack: Stacks
) -> None:
    before = emulator(seed(job(1, [plan(1, "running")])))
    stack_ = stack(before)
    stack_.declare({"plan": {"planId": plan_id(1), "jobId": job_id(1)}})
    stack_.up()
    esa = emulator(seed(job(1, [plan(1, "stopped")])))
    stack_.variables["ESA_ENDPOINT"] = esa.endpoint

    preview = stack_.check("preview", "--refresh")

    assert "~ 1 to update" in preview.output
    assert esa.starts() == 0
    stack_.up("--refresh")
    assert esa.starts() == esa.effective_starts() == 1
    assert stack_.outputs("plan")["starts"] == 1
    assert esa.status(plan_id(1)) == "running"


def test_debug_messages_of_the_program_are_shown_only_when_they_are_asked_for(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(emulator(SEED))
    stack_.declare(PLANS)

    quiet = stack_.check("preview")
    asked = stack_.check("preview", "--debug")

    assert "debug: " not in quiet.output
    assert "debug: " in asked.output
