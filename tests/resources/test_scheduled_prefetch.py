"""ScheduledPrefetch as a program declares it, on each engine; what the hooks then do is tested elsewhere."""

import pulumi
import pytest

import pulumi_esa_prefetch
from pulumi_esa_prefetch import ScheduledPrefetch, ScheduledPrefetchArgs
from pulumi_esa_prefetch.provider.models import PlanInputs
from tests.lifecycle.conftest import Emulators, Stacks
from tests.lifecycle.esa import job, job_id, plan, plan_id, seed

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
        (NO_PLAN, "ScheduledPrefetch 'nameless' has no plan_id"),
        (EMPTY_OUTPUT, "plan_id has no value"),
    ],
    ids=["None", "an empty output"],
)
def test_a_plan_id_that_is_not_there_is_one_sentence(
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


def test_every_public_name_is_there_and_no_other() -> None:
    names = {
        name: getattr(pulumi_esa_prefetch, name) for name in pulumi_esa_prefetch.__all__
    }

    assert names["ScheduledPrefetch"] is ScheduledPrefetch
    assert set(names) <= set(dir(pulumi_esa_prefetch))
    with pytest.raises(AttributeError, match="no attribute 'Prefetch'"):
        pulumi_esa_prefetch.Prefetch  # noqa: B018 -- looking is the test


def test_a_plan_without_an_id_never_gets_as_far_as_the_engine() -> None:
    with pytest.raises(pulumi.RunError, match="'x' has no plan_id"):
        ScheduledPrefetch("x", ScheduledPrefetchArgs(plan_id=None))  # type: ignore[arg-type]
