"""What the native face records of an up that failed in the middle, on a real engine, and what the next up does."""

from typing import Any

import pytest

from stacks.prefetch.demo.locks import until
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support import secret_leaks as leaks
from tests.support.faces import NATIVE
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack

SEED = seed(job(1, [plan(1, "running")]))
SECRET = "geheim-Token-3"
PROGRAM = """
import pulumi


class Plan(pulumi.CustomResource):
    def __init__(self, name, given):
        props = given | {"status": None}
        super().__init__("esa-prefetch:index:ScheduledPrefetch", name, props)


secret = pulumi.Output.secret
Plan("launch", {"planId": "%s", "jobId": "%s", "triggers": %s})
"""

pytestmark = pytest.mark.parametrize("face", [NATIVE.name])


def declare(stack: Stack, triggers: str) -> None:
    stack.write_program(PROGRAM % (plan_id(1), job_id(1), triggers))


def misbehave(esa: Esa, *faults: Document) -> None:
    esa.post("faults", {"faults": list(faults)})


def record(stack: Stack) -> dict[str, Any]:
    return stack.records()["launch"]


@pytest.mark.thorough
def test_a_start_that_arrives_after_the_up_has_given_up_is_not_repeated(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.configure(deadline=3)
    declare(stack_, '{"release": "1"}')
    stack_.up()
    declare(stack_, '{"release": "2"}')
    late = {"kind": "stall", "when": "before", "seconds": 9}
    misbehave(esa, late | {"actions": "StartScheduledPreloadExecution"})

    failed = stack_.run("up", "--yes", "--skip-preview")

    assert failed.code != 0
    assert "it is not known whether" in failed.output
    assert record(stack_)["outputs"]["triggers"] == {"release": "1"}
    assert record(stack_)["outputs"]["attempted"] == {"release": "2"}
    assert record(stack_)["initErrors"]
    assert until(lambda: esa.effective_starts() == 1, 60)
    misbehave(esa)
    stack_.up()

    assert (esa.effective_starts(), esa.effective_stops()) == (1, 1)
    assert record(stack_)["outputs"]["triggers"] == {"release": "2"}
    assert "attempted" not in record(stack_)["outputs"]
    assert stack_.is_settled()


@pytest.mark.thorough
def test_a_stop_without_its_start_is_recorded_and_the_next_up_starts_the_plan_once(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.configure(deadline=3)
    declare(stack_, f'{{"release": secret("{SECRET}")}}')
    stack_.up()
    declare(stack_, '{"other": "2"}')
    broken = {"kind": "server-error", "when": "before"}
    misbehave(esa, broken | {"actions": "ResetScheduledPreloadJob"})

    failed = stack_.run("up", "--yes", "--skip-preview")

    assert "the plan is stopped now" in failed.output
    assert record(stack_)["outputs"]["status"] == "stopped"
    assert not leaks.in_text(stack_.check("stack", "export").output, [SECRET])
    assert not leaks.in_files(stack_.root / "state", [SECRET])
    assert failed.code != 0
    misbehave(esa)
    stack_.up()

    assert (esa.effective_starts(), esa.effective_stops()) == (1, 1)
    assert record(stack_)["outputs"]["triggers"] == {"other": "2"}
    assert stack_.is_settled()


@pytest.mark.thorough
def test_keys_in_the_stacks_config_are_secret_in_the_state(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.configure(accessKey="emulator-key", secretKey="emulator-secret")
    declare(stack_, "{}")

    stack_.up()
    stack_.up("--expect-no-changes")

    exported = stack_.check("stack", "export").output
    assert not leaks.in_text(exported, ["emulator-secret"])
