"""PrefetchCompletion in whole programs, on each engine: what waits, and the state after a failure."""

import asyncio
from typing import Any

import pytest
from pulumi import RunError

from pulumi_esa_prefetch import (
    PrefetchCompletion,
    PrefetchCompletionArgs,
    ScheduledPrefetch,
)
from pulumi_esa_prefetch.resources.completion_polling import (
    WaitCondition,
    program_waiter,
    wait_unless_preview,
)
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import Document, job, job_id, plan, plan_id, seed

PROGRAM = """
import pulumi
from pulumi_esa_prefetch import (
    PrefetchCompletion,
    PrefetchCompletionArgs,
    ScheduledPrefetch,
)

config = pulumi.Config("test")
first = ScheduledPrefetch("first", plan_id="{first}", triggers={{"v": config.get("v")}})
done = PrefetchCompletion(
    "done",
    PrefetchCompletionArgs(plan=first, timeout=config.get_float("timeout") or 60.0),
)
second = ScheduledPrefetch(
    "second", plan_id="{second}", opts=pulumi.ResourceOptions(depends_on=[done])
)
pulumi.export("done", done.status)
""".format(first=f"{job_id(1)}:{plan_id(1)}", second=f"{job_id(1)}:{plan_id(2)}")
LIST, START = "ListScheduledPreloadExecutions", "StartScheduledPreloadExecution"


def quick(status: str = "stopped", *, interval: int = 1, urls: int = 3) -> Document:
    plans = [plan(1, status), plan(2, "stopped")]
    plans[0]["Interval"] = interval
    return seed(job(1, plans, urls=urls))


@pytest.mark.thorough
def test_what_depends_on_it_waits_until_the_plan_has_finished(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(quick())
    stack_ = stack(esa)
    stack_.write_program(PROGRAM)

    stack_.up()

    starts = [call["parameters"]["Id"] for call in esa.calls(START)]
    assert starts == [plan_id(1), plan_id(2)]
    assert stack_.printed_outputs() == {"done": "finished"}
    seen = esa.history()
    assert stack_.is_settled()
    assert esa.history() == seen


@pytest.mark.thorough
def test_a_preview_waits_for_nothing(emulator: Emulators, stack: Stacks) -> None:
    esa = emulator(quick(interval=600, urls=100))
    stack_ = stack(esa)
    stack_.write_program(PROGRAM)

    stack_.check("preview")

    assert len(esa.calls(LIST)) == 1
    assert esa.changes() == 0


@pytest.mark.thorough
def test_a_timeout_fails_with_one_sentence_and_leaves_the_plans_state(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(quick(interval=600, urls=100))
    stack_ = stack(esa)
    stack_.write_program(PROGRAM)
    stack_.config["test:timeout"] = "1"
    stack_.configure()

    result = stack_.refused()

    assert "is not finished after 1 seconds: it is running" in result.output
    assert list(stack_.records()) == ["first"]
    assert stack_.outputs("first")["status"] == "running"
    assert esa.starts() == 1


@pytest.mark.slow
def test_a_plan_that_runs_again_is_waited_for_again(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(quick(urls=2))
    stack_ = stack(esa)
    stack_.write_program(PROGRAM)
    stack_.up()
    esa.post("reset", {})
    stack_.config["test:v"] = "2"
    stack_.configure()

    stack_.up()

    finished = esa.status(plan_id(1))
    assert finished == "finished"
    assert esa.starts(plan_id(1)) == 1


READ = f"""
from pulumi_esa_prefetch import PrefetchCompletion, ScheduledPrefetch

theirs = ScheduledPrefetch.get("theirs", "{job_id(1)}:{plan_id(1)}")
PrefetchCompletion("done", plan=theirs, until="running")
"""


@pytest.mark.slow
def test_a_plan_that_is_declared_elsewhere_can_be_waited_for(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(emulator(quick("running", interval=600)))
    stack_.write_program(READ)

    stack_.up()

    assert stack_.is_settled()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"until": "complete"}, "until must be finished or running"),
        ({"until": None}, "until must be finished or running"),
        ({"timeout": 0}, "timeout must be a number of seconds above 0"),
        ({"timeout": -1.5}, "timeout must be a number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout must be a number of seconds above 0"),
        ({"timeout": "60"}, "timeout must be a number of seconds above 0"),
        ({"timeout": True}, "timeout must be a number of seconds above 0"),
        ({"plan": plan_id(1)}, "plan is of type str, not ScheduledPrefetch"),
        (
            {"plan": None, "until": 1, "timeout": 0},
            "plan is missing; until must be finished or running; timeout must be a number of seconds above 0",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_waited_for_is_refused_in_a_sentence(
    wrong: dict[str, Any], reason: str
) -> None:
    plan = ScheduledPrefetch.__new__(ScheduledPrefetch)
    declared: dict[str, Any] = {"plan": plan, **wrong}

    with pytest.raises(RunError) as caught:
        PrefetchCompletion("done", PrefetchCompletionArgs(**declared))

    owner, _, clauses = str(caught.value).partition(": ")
    assert owner.startswith("PrefetchCompletion 'done' (")
    assert clauses == reason


def test_ids_in_upper_case_are_those_of_the_list() -> None:
    known = {"job_id": "A" * 24, "plan_id": "B" * 24, "status": "running"}

    condition = WaitCondition.of(known, "finished", 60.0)

    assert (condition.job_id, condition.plan_id) == ("a" * 24, "b" * 24)


def test_a_plan_whose_job_cannot_be_read_is_not_waited_for() -> None:
    known = {"job_id": "a:b:c", "plan_id": "b" * 24, "status": "running"}

    with pytest.raises(RunError, match="of job 'a:b:c' cannot be waited for"):
        asyncio.run(wait_unless_preview(known, "finished", 60.0, program_waiter))
