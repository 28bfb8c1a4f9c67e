"""PrefetchCampaign: what it declares of each plan, and many of them in whole programs on each engine."""

from collections.abc import Mapping
from typing import Any

import pytest
from pulumi import RunError

from pulumi_esa_prefetch import (
    PrefetchCampaign,
    PrefetchCampaignArgs,
    ScheduledPrefetchArgs,
    ScheduledPrefetchArgsDict,
)
from pulumi_esa_prefetch.resources.arguments import Faults
from pulumi_esa_prefetch.resources.campaign_plans import is_as_declared, window
from pulumi_esa_prefetch.resources.prefetch_campaign import _declared
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed

ONE, TWO = plan_id(1), plan_id(2)


def declared(
    plans: Mapping[str, ScheduledPrefetchArgs | ScheduledPrefetchArgsDict],
    defaults: ScheduledPrefetchArgsDict | None = None,
) -> dict[str, ScheduledPrefetchArgs]:
    return _declared(PrefetchCampaignArgs(plans=plans, defaults=defaults), Faults("x"))


def test_defaults_hold_where_a_plan_declares_nothing_itself() -> None:
    plans = declared(
        {
            "a": {"plan_id": ONE},
            "b": ScheduledPrefetchArgs(plan_id=TWO, rerun="resume"),
        },
        {"job_id": job_id(1), "rerun": "from_start", "on_destroy": "leave"},
    )

    shared = {"job_id": job_id(1), "on_destroy": "leave"}
    assert plans == {
        "a": ScheduledPrefetchArgs(plan_id=ONE, rerun="from_start", **shared),  # type: ignore[arg-type]
        "b": ScheduledPrefetchArgs(plan_id=TWO, rerun="resume", **shared),  # type: ignore[arg-type]
    }


@pytest.mark.parametrize(
    ("plans", "said"),
    [
        ({"a": {"job_id": job_id(1)}}, "a.plan_id is missing"),
        (
            {"a": {"plan_id": ONE, "planId": ONE}},
            "a.planId is not one of plan_id, job_id",
        ),
        (
            {
                "a": {"plan_id": ONE, "triggers": {"n": [2**60]}, "rerun": "x"},
                "b": {"plan_id": {TWO}, "triggers": {1: ""}},
            },
            (
                "a.triggers.n[0] is a number beyond 2**53, which Pulumi would round: pass it as a string; "
                "a.rerun must be one of 'from_start' or 'resume'; b.plan_id is of type set: pass a sorted list; "
                "b.triggers has a key of type int: make it a string"
            ),
        ),
        ({1: {"plan_id": ONE}}, "plans has a key of type int: make it a string"),
        (
            {"a": {"plan_id": ONE}, "b": {"plan_id": ONE.upper()}},
            "a and b are one plan",
        ),
        (
            {"a": {"plan_id": ONE}, "b": {"plan_id": f"{job_id(1)}:{ONE}"}},
            "a and b are one plan",
        ),
    ],
    ids=[
        "no plan",
        "unknown field",
        "values",
        "a number as a name",
        "one plan twice",
        "one plan, bare and composite",
    ],
)
def test_a_wrong_plan_is_named_with_what_is_wrong(
    plans: dict[str, Any], said: str
) -> None:
    with pytest.raises(RunError) as refused:
        PrefetchCampaign("launch", PrefetchCampaignArgs(plans=plans))

    assert str(refused.value).startswith("PrefetchCampaign 'launch' (")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"plans": [ONE]}, "plans must be a mapping from names to plans"),
        (
            {"plans": {"a": ONE}},
            "a must be ScheduledPrefetchArgs or a mapping of its fields",
        ),
        (
            {"plans": {}, "defaults": ScheduledPrefetchArgs(plan_id=ONE)},
            "defaults must be a mapping of a plan's fields",
        ),
    ],
    ids=["a list", "an id in the place of a plan", "defaults that are a plan"],
)
def test_values_of_a_wrong_type_are_one_sentence(
    given: dict[str, Any], said: str
) -> None:
    with pytest.raises(RunError) as refused:
        PrefetchCampaign("launch", **given)

    assert str(refused.value).partition(": ")[2] == said


MANY = f"""
import pulumi
from pulumi_esa_prefetch import PrefetchCampaign

plans = {{f"plan-{{n}}": {{"plan_id": f"665d3b48621bccf3{{n:08x}}"}} for n in range(1, 201)}}
campaign = PrefetchCampaign(
    "launch", plans=plans, defaults={{"job_id": "{job_id(1)}"}}
)
for output in ("job_ids", "statuses", "window", "ready"):
    pulumi.export(output, getattr(campaign, output))
"""


@pytest.mark.slow
def test_two_hundred_plans_are_one_declaration(
    emulator: Emulators, stack: Stacks
) -> None:
    plans = [plan(number, "running") for number in range(1, 201)]
    plans[6] |= {"Status": "stopped", "StartTime": "2026-01-01T08:00:00+08:00"}
    plans[7] |= {"Status": "failed", "EndTime": "2999-12-31T23:59:59Z"}
    esa = emulator(seed(job(1, plans, urls=1000)))
    stack_ = stack(esa)
    stack_.write_program(MANY)

    stack_.up()

    assert len(esa.calls("ListScheduledPreloadExecutions")) == 1
    assert esa.starts() == 2
    assert set(stack_.records()) == {f"launch-plan-{n}" for n in range(1, 201)}
    outputs = stack_.printed_outputs()
    assert set(outputs["job_ids"].values()) == {job_id(1)}
    assert outputs["statuses"] == {f"plan-{n}": "running" for n in range(1, 201)}
    assert outputs["window"] == {
        "start": "2026-01-01T00:00:00Z",
        "end": "2999-12-31T23:59:59Z",
    }
    assert outputs["ready"] is True
    assert stack_.is_settled()


NONE = """
import pulumi
from pulumi_esa_prefetch import PrefetchCampaign

campaign = PrefetchCampaign("none", plans={})
for output in ("job_ids", "statuses", "window", "ready"):
    pulumi.export(output, getattr(campaign, output))
"""


@pytest.mark.slow
def test_a_campaign_of_no_plans_has_outputs_of_the_same_types(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(emulator(seed()))
    stack_.write_program(NONE)

    stack_.up()

    assert stack_.printed_outputs() == {
        "job_ids": {},
        "statuses": {},
        "window": {"start": "", "end": ""},
        "ready": True,
    }
    assert stack_.is_settled()


OPTIONS = """
import pulumi
from pulumi import Alias, ResourceOptions
from pulumi_esa_prefetch import PrefetchCampaign, PrefetchCampaignArgs

config = pulumi.Config("test")
name = config.get("name") or "old"
first = PrefetchCampaign(
    name,
    PrefetchCampaignArgs(plans={{"a": {{"plan_id": "{first}"}}}}),
    ResourceOptions(
        aliases=[Alias(name="old")], protect=config.get_bool("protect") or False
    ),
)
second = PrefetchCampaign(
    "second",
    PrefetchCampaignArgs(plans={{"b": {{"plan_id": "{second}"}}}}),
    ResourceOptions(depends_on=[first]),
)
pulumi.export("ready", second.ready)
""".format(first=f"{job_id(1)}:{ONE}", second=f"{job_id(1)}:{TWO}")


@pytest.mark.slow
def test_options_of_the_campaign_reach_its_plans(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(1, "stopped"), plan(2, "stopped")])))
    stack_ = stack(esa)
    stack_.write_program(OPTIONS)

    stack_.up()
    started = [
        c["parameters"]["Id"] for c in esa.calls("StartScheduledPreloadExecution")
    ]
    assert started == [ONE, TWO]

    stack_.config |= {"test:name": "new", "test:protect": "true"}
    stack_.configure()
    stack_.up()
    assert set(stack_.records()) == {"new-a", "second-b"}
    assert stack_.records()["new-a"]["protect"] is True
    assert esa.starts() == 2

    refused = stack_.run("destroy", "--yes", "--skip-preview")
    assert refused.code != 0
    assert "new-a" in refused.output
    assert esa.status(ONE) == "running"


@pytest.mark.parametrize(
    ("desired", "status", "ready"),
    [
        ("running", "waiting", True),
        ("running", "running", True),
        ("running", "finished", True),
        ("running", "stopped", False),
        ("running", "failed", False),
        ("running", "unknown", False),
        ("stopped", "stopped", True),
        ("stopped", "finished", True),
        ("stopped", "running", False),
        ("stopped", "waiting", False),
    ],
)
def test_a_plan_is_ready_if_itis_as_declared(
    desired: str, status: str, ready: bool
) -> None:
    assert is_as_declared(desired, status) is ready


def test_the_window_reaches_from_the_first_start_to_the_last_end_as_instants() -> None:
    starts = ["2026-01-01T00:30:00Z", "2026-01-01T08:00:00+08:00"]
    ends = ["2026-01-02T00:00:00Z", "2026-01-02T07:00:00+08:00"]

    assert window(starts, ends) == {"start": starts[1], "end": ends[0]}
    assert window(starts, [*ends, ""]) == {"start": starts[1], "end": ""}
    assert window([], []) == {"start": "", "end": ""}
