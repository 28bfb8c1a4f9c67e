"""ScheduledPrefetch as a program declares it, on each engine; what the hooks then do is tested elsewhere."""

import ast
import inspect

import pytest

import pulumi_esa_prefetch
from pulumi_esa_prefetch import ScheduledPrefetch, ScheduledPrefetchArgs
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed

PROGRAM = f"""
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch, ScheduledPrefetchArgs

job, plan = "{job_id(1)}", "{plan_id(1)}"
one = ScheduledPrefetch(
    "by-args", ScheduledPrefetchArgs(plan_id=plan, job_id=job, triggers={{"n": 1}})
)
two = ScheduledPrefetch(
    "by-keywords",
    plan_id=pulumi.Output.concat(job, ":", plan),
    triggers={{"n": 1}},
    opts=pulumi.ResourceOptions(depends_on=[one]),
)
for resource in (one, two):
    pulumi.export(
        resource._name,
        {{
            "types": pulumi.Output.all(
                resource.plan_id,
                resource.job_id,
                resource.desired_state,
                resource.restart_failed,
                resource.status,
                resource.interval,
                resource.slice_len,
                resource.starts,
            ).apply(lambda values: [type(value).__name__ for value in values]),
            "triggers": resource.triggers,
            "window": pulumi.Output.concat(resource.start_time, "/", resource.end_time),
        }},
    )
"""
NO_PLAN = """
from pulumi_esa_prefetch import ScheduledPrefetch

ScheduledPrefetch("nameless", plan_id=None)
"""
EMPTY_OUTPUT = """
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch

ScheduledPrefetch("nameless", plan_id=pulumi.Output.from_input(None))
"""


def test_outputs_have_their_types_and_both_ways_of_declaring_are_one(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(1, "running")])))
    stack_ = stack(esa)
    stack_.write_program(PROGRAM)

    stack_.up()

    outputs = stack_.printed_outputs()
    assert outputs["by-args"] == outputs["by-keywords"]
    assert outputs["by-args"]["types"] == [
        *("str", "str", "str", "bool", "str", "int", "int", "int")
    ]
    assert outputs["by-args"]["triggers"] == {"n": 1}
    assert outputs["by-args"]["window"].count("Z") == 2
    assert stack_.is_settled()


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (NO_PLAN, "ScheduledPrefetch 'nameless' (__main__.py:4): plan_id is missing"),
        (EMPTY_OUTPUT, "plan_id has no value"),
    ],
    ids=["None", "an empty output"],
)
@pytest.mark.thorough
def test_a_missing_plan_id_is_one_sentence(
    emulator: Emulators, stack: Stacks, program: str, sentence: str
) -> None:
    esa = emulator(seed())
    stack_ = stack(esa)
    stack_.write_program(program)

    result = stack_.refused()

    assert sentence in result.output
    assert stack_.records() == {}


def test_what_can_be_declared_is_what_the_provider_reads() -> None:
    assert list(ScheduledPrefetchArgs.__annotations__) == list(PlanInputs.model_fields)


UNSENDABLE = f"""
import datetime
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch

plan = "{job_id(1)}:{plan_id(1)}"
"""
PLAIN = """
ScheduledPrefetch(
    "launch",
    plan_id=plan,
    desired_stat="stopped",
    triggers={"build": 1764480000123456789, "at": datetime.date(2026, 11, 30), "x": "\\udce9"},
)
"""
LATER = """
build = pulumi.Output.secret(1764480000123456789)
ScheduledPrefetch("launch", plan_id=plan, triggers={"build": [build]})
"""
ROUNDED = "is a number beyond 2**53, which Pulumi would round: pass it as a string"


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (
            PLAIN,
            (
                "ScheduledPrefetch 'launch' (__main__.py:8): "
                "desired_stat is not an argument: did you mean desired_state?; "
                f"triggers.build {ROUNDED}; "
                "triggers.at is of type date: pass it as a string; "
                "triggers.x is no valid text: it holds half a surrogate pair\n"
            ),
        ),
        (
            LATER,
            f"ScheduledPrefetch 'launch' (__main__.py:9): triggers.build[0] {ROUNDED}\n",
        ),
    ],
    ids=["plain", "a secret output"],
)
def test_what_pulumi_cannot_carry_is_refused_with_the_programs_line_and_no_trace(
    emulator: Emulators, stack: Stacks, program: str, sentence: str
) -> None:
    esa = emulator(seed(job(1, [plan(1, "stopped")])))
    stack_ = stack(esa)
    stack_.write_program(UNSENDABLE + program)

    result = stack_.refused()

    assert f"error: {sentence}" in result.output
    assert "Traceback" not in result.output
    assert "17644800" not in result.output
    assert (stack_.records(), esa.changes()) == ({}, 0)


READ = f"""
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch

plan = ScheduledPrefetch.get("theirs", "{job_id(1)}:{plan_id(1)}")
for name in ("plan_id", "job_id", "status", "interval", "starts", "request_id"):
    pulumi.export(name, getattr(plan, name))
for name in ("desired_state", "triggers", "rerun", "on_destroy", "restart_failed"):
    pulumi.export(name, getattr(plan, name).apply(str))
"""


@pytest.mark.thorough
def test_a_plan_that_is_only_read_has_the_values_from_esa_and_no_declaration(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(1, "running")])))
    stack_ = stack(esa)
    stack_.write_program(READ)

    stack_.up()

    said = stack_.printed_outputs()
    assert (said["plan_id"], said["job_id"]) == (plan_id(1), job_id(1))
    assert (said["status"], said["starts"], said["request_id"]) == ("running", 0, "")
    assert said["interval"] > 0
    declared = {"desired_state", "triggers", "rerun", "on_destroy", "restart_failed"}
    assert {said[name] for name in declared} == {"None"}
    assert esa.changes() == 0


PUBLIC = {
    "PrefetchCampaign",
    "PrefetchCampaignArgs",
    "PrefetchCompletion",
    "PrefetchCompletionArgs",
    "PrefetchError",
    "PrefetchVerification",
    "PrefetchVerificationArgs",
    "PrefetchWindow",
    "ScheduledPrefetch",
    "ScheduledPrefetchArgs",
    "ScheduledPrefetchArgsDict",
    "SitePrefetch",
    "SitePrefetchArgs",
    "read_plans",
    "read_prefetches",
    "split_by_job",
}


def test_the_public_names_are_these_and_no_others() -> None:
    names = {
        name: getattr(pulumi_esa_prefetch, name) for name in pulumi_esa_prefetch.__all__
    }

    assert set(names) == PUBLIC
    assert names["ScheduledPrefetch"] is ScheduledPrefetch
    assert set(dir(pulumi_esa_prefetch)) >= PUBLIC
    with pytest.raises(AttributeError, match="no attribute 'Prefetch'"):
        pulumi_esa_prefetch.Prefetch  # noqa: B018 -- looking is the test


def test_a_type_checker_and_a_program_find_the_public_names_in_the_same_places() -> (
    None
):
    source = ast.parse(inspect.getsource(pulumi_esa_prefetch))
    shown = {
        alias.name: node.module
        for block in source.body
        if isinstance(block, ast.If)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }

    assert shown == {
        name: f"pulumi_esa_prefetch.{home}"
        for name, home in pulumi_esa_prefetch._HOMES.items()
    }
    assert set(shown) == PUBLIC


IMPORTED = f"""
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch

ScheduledPrefetch(
    "launch",
    plan_id="{plan_id(1)}",
    job_id="{job_id(1)}",
    opts=pulumi.ResourceOptions(import_="{job_id(1)}:{plan_id(1)}"),
)
"""


def test_import_is_refused_with_what_to_do_instead_and_nothing_is_recorded(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(1, "running")])))
    stack_ = stack(esa)
    stack_.write_program(IMPORTED)

    result = stack_.refused()

    said = " ".join(result.output.split())
    assert "leave import_ out and declare the plan: create adopts it" in said
    assert stack_.records() == {}
    assert esa.changes() == 0
