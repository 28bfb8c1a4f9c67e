"""Two declarations of one plan: refused in one program; allowed in two, or if one only reads."""

from contextvars import copy_context

import pytest
from pulumi import Resource, RunError
from pulumi.runtime.settings import set_root_resource

from pulumi_esa_prefetch.resources.duplicates import note_declaration
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed

TWICE = f"""
from pulumi_esa_prefetch import PrefetchCampaign, ScheduledPrefetch

ScheduledPrefetch("x", plan_id="{plan_id(1)}", job_id="{job_id(1)}")
PrefetchCampaign("c", plans={{"y": {{"plan_id": "{job_id(1)}:{plan_id(1)}".upper()}}}})
"""
READ_TOO = f"""
from pulumi_esa_prefetch import ScheduledPrefetch

for name in ("one", "two"):
    ScheduledPrefetch.get(name, "{job_id(1)}:{plan_id(1)}")
ScheduledPrefetch("x", plan_id="{plan_id(1)}", job_id="{job_id(1)}")
"""


def run(*declarations: tuple[str, object]) -> None:
    """Declare plans as one run of a program does, in one process with all others."""

    def program() -> None:
        set_root_resource(Resource.__new__(Resource))
        for name, an_id in declarations:
            note_declaration(name, an_id)

    copy_context().run(program)


def test_a_plan_with_two_names_in_one_program_is_refused(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(1, "running")])))
    stack_ = stack(esa)
    stack_.write_program(TWICE)

    refused = stack_.refused()

    assert f"plan {plan_id(1)} is declared by 'x' already" in refused.output
    assert "ScheduledPrefetch 'c-y' (__main__.py:" in refused.output
    assert esa.changes() == 0


@pytest.mark.thorough
def test_a_plan_may_be_declared_once_and_read_as_well(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(emulator(seed(job(1, [plan(1, "running")]))))
    stack_.write_program(READ_TOO)

    stack_.up()

    assert "x" in stack_.records()


@pytest.mark.parametrize(
    "again", [plan_id(1), plan_id(1).upper(), f"{job_id(1)}:{plan_id(1)}"]
)
def test_a_plan_is_the_same_in_every_spelling_of_its_id(again: str) -> None:
    with pytest.raises(RunError, match=r"^plan .* is declared by 'x' already"):
        run(("x", plan_id(1)), ("y", again))


def test_runs_in_one_process_do_not_share_their_plans() -> None:
    run(("x", plan_id(1)))
    run(("y", plan_id(1)), ("z", plan_id(2)))


def test_a_value_that_is_not_a_plans_id_is_not_compared() -> None:
    run(("x", "hush"), ("y", "hush"), ("z", None), ("u", None))
