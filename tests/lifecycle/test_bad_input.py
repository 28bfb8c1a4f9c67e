"""What a person gets wrong: one sentence, a non-zero exit, no trace, neither ESA nor the records touched."""

import socket

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import STACK_RESOURCE

PLAN = {"planId": plan_id(1), "jobId": job_id(1)}
SEED = seed(job(1, [plan(1, "stopped"), plan(2, "stopped")]))
PROGRAM = """
from pulumi_esa_prefetch import ScheduledPrefetch, ScheduledPrefetchArgs

ScheduledPrefetch("added", ScheduledPrefetchArgs(plan_id="66599bd7"))
"""
UNKNOWN = {"planId": plan_id(99), "jobId": job_id(1)}


@pytest.mark.parametrize(
    ("plans", "sentence"),
    [
        (
            {"added": {"planId": "66599bd7"}},
            "added.planId is not a plan id: 24 hex digits",
        ),
        ([], "esa-prefetch:plans must be a mapping"),
    ],
    ids=["malformed id", "list"],
)
@pytest.mark.thorough
def test_a_malformed_entry_is_named_with_its_field(
    emulator: Emulators, stack: Stacks, plans: object, sentence: str
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.configure(plans=plans)

    result = stack_.refused()

    assert sentence in result.diagnostics()[STACK_RESOURCE]
    assert (stack_.records(), esa.changes()) == ({}, 0)


def test_a_malformed_plan_id_in_a_program_is_a_check_failure_of_that_property(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.write_program(PROGRAM)

    result = stack_.refused()

    assert "plan_id is not a plan id: 24 hex digits" in result.diagnostics()["added"]
    assert (stack_.records(), esa.changes()) == ({}, 0)


@pytest.mark.thorough
def test_an_unknown_plan_is_named_by_preview_and_by_up(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"kept": PLAN})
    stack_.up()
    before = stack_.records()
    stack_.declare({"kept": PLAN, "added": UNKNOWN})

    preview = stack_.run("preview")
    result = stack_.refused()

    assert preview.code != 0
    for said in (preview, result):
        assert f"{plan_id(99)} does not exist" in said.diagnostics()["added"]
    assert (stack_.records(), esa.changes()) == (before, 1)


def test_a_wrong_key_is_named(emulator: Emulators, stack: Stacks) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"kept": PLAN})
    stack_.up()
    before = stack_.records()
    stack_.declare({"kept": PLAN, "added": PLAN | {"planId": plan_id(2)}})
    stack_.variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "mistyped"

    result = stack_.refused()

    assert "SignatureDoesNotMatch" in result.diagnostics()["added"]
    assert "mistyped" not in result.output
    assert (stack_.records(), esa.changes()) == (before, 1)


@pytest.mark.thorough
def test_half_a_key_is_named(emulator: Emulators, stack: Stacks) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"added": PLAN})
    del stack_.variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]

    result = stack_.refused()

    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET" in result.output
    assert (stack_.records(), len(esa.history())) == ({}, 0)


@pytest.mark.parametrize(
    ("text", "line"),
    [("import pulumi\nx = (1,\nif True: pass\n", 2), ("import pulumi\n\tx = 1\n", 2)],
    ids=["syntax", "indentation"],
)
@pytest.mark.thorough
def test_a_program_that_is_no_python_is_named_with_its_line(
    emulator: Emulators, stack: Stacks, engine: str, text: str, line: int
) -> None:
    stack_ = stack(emulator(SEED))
    stack_.write_program(text)

    result = stack_.run("preview")

    assert result.code == 1
    said = result.diagnostics()[STACK_RESOURCE]
    assert f'program/__main__.py", line {line}\n' in said
    if engine == ESA_PREFETCH:  # the CLI shows the frames of its launcher
        assert said.count('File "') == 1
        assert "Traceback" not in said


@pytest.mark.thorough
def test_a_stack_may_have_a_name_that_begins_like_a_flag(
    emulator: Emulators, stack: Stacks, engine: str
) -> None:
    if engine != ESA_PREFETCH:
        pytest.skip("the CLI makes such a stack, and its own launcher refuses it")
    stack_ = stack(emulator(SEED))
    stack_.write_program("import pulumi\npulumi.export('at', pulumi.get_stack())\n")
    stack_.check("stack", "init", "--stack=-rf")

    stack_.check("up", "--yes", "--skip-preview", "--stack=-rf")

    assert "-rf" in stack_.check("stack", "output", "at", "--stack=-rf").output


@pytest.mark.thorough
def test_no_emulator_is_named_with_its_address(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(emulator(SEED))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
    stack_.variables["ESA_ENDPOINT"] = f"http://{address}"
    stack_.configure(plans={"added": PLAN}, deadline=2)

    result = stack_.refused()

    assert address in result.diagnostics()["added"]
    assert stack_.records() == {}
