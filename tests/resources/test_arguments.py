"""Both ways of giving a resource its arguments, and the errors for wrong ones."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pulumi import Resource, ResourceOptions, RunError

from pulumi_esa_prefetch import (
    PrefetchCampaign,
    PrefetchCampaignArgs,
    PrefetchCompletion,
    PrefetchCompletionArgs,
    ScheduledPrefetch,
    ScheduledPrefetchArgs,
    ScheduledPrefetchArgsDict,
    SitePrefetch,
    SitePrefetchArgs,
)
from pulumi_esa_prefetch.resources.arguments import Faults, arguments

PLAN = "665d3b48621bccf3fe29e1a7"
KNOWN = ScheduledPrefetchArgs.__annotations__
BY_ARGS = ScheduledPrefetchArgs(plan_id=PLAN)


HERE = Path(__file__).name


def test_keywords_are_arguments_of_the_same_names() -> None:
    given = {"plan_id": PLAN, "desired_state": "stopped"}
    faults = Faults("x")

    args = arguments(ScheduledPrefetchArgs, None, given, None, faults)

    assert args == ScheduledPrefetchArgs(plan_id=PLAN, desired_state="stopped")
    assert arguments(ScheduledPrefetchArgs, BY_ARGS, {}, None, faults) is BY_ARGS
    assert faults.found == []


def test_the_keywords_of_a_plan_have_the_types_of_its_args() -> None:
    assert ScheduledPrefetchArgsDict.__annotations__ == KNOWN


@pytest.mark.parametrize(
    ("args", "keywords", "said"),
    [
        (
            BY_ARGS,
            {"desired_state": "stopped"},
            "there are both args and desired_state: give all in one of the two ways",
        ),
        (
            None,
            {"plan_id": PLAN, "desired_stat": "stopped"},
            "desired_stat is not an argument: did you mean desired_state?",
        ),
        (
            None,
            {"planId": PLAN},
            "planId is not an argument: did you mean plan_id?; plan_id is missing",
        ),
        (
            None,
            {"plan_id": PLAN, "window": ""},
            f"window is not an argument: it takes {', '.join(KNOWN)}, opts",
        ),
        (None, {}, "plan_id is missing"),
        (None, {"plan_id": None}, "plan_id is missing"),
        (PLAN, {}, "args is of type str, not ScheduledPrefetchArgs"),
        (
            None,
            {"plan_id": PLAN, "opts": {"protect": True}},
            "opts is of type dict, not ResourceOptions",
        ),
        (
            None,
            {"plan_id": 5, "job_id": {1}, "rerun": "x", "trigger": {}},
            (
                "trigger is not an argument: did you mean triggers?; "
                "job_id is of type set: pass a sorted list; plan_id must be a string; "
                "rerun must be one of 'from_start' or 'resume'"
            ),
        ),
        (
            None,
            {"plan_id": PLAN, "triggers": {"at": date(2026, 11, 30), "n": 2**60}},
            (
                "triggers.at is of type date: pass it as a string; triggers.n is a number beyond 2**53, "
                "which Pulumi would round: pass it as a string"
            ),
        ),
        (
            None,
            {"plan_id": PLAN, "triggers": ["1.4.0"]},
            "triggers must be a mapping",
        ),
        (
            ResourceOptions(),
            {"plan_id": PLAN},
            "args is of type ResourceOptions, not ScheduledPrefetchArgs",
        ),
    ],
    ids=[
        "both ways",
        "misspelt",
        "in camel case",
        "unheard of",
        "nothing",
        "None",
        "an id in the place of args",
        "options that are a mapping",
        "several",
        "values of triggers",
        "triggers that are a list",
        "options in the place of args",
    ],
)
def test_wrong_arguments_are_all_named_in_one_error_and_declare_nothing(
    args: Any, keywords: dict[str, Any], said: str
) -> None:
    declare: Any = ScheduledPrefetch

    with pytest.raises(RunError) as refused:
        declare("x", args, **keywords)

    owner, _, clauses = str(refused.value).partition(": ")
    assert owner.startswith(f"ScheduledPrefetch 'x' (tests/resources/{HERE}:")
    assert clauses == said


@pytest.mark.parametrize(
    ("component", "args", "misspelt", "meant", "missing"),
    [
        (
            PrefetchCompletion,
            PrefetchCompletionArgs(plan=ScheduledPrefetch.__new__(ScheduledPrefetch)),
            "untill",
            "until",
            "plan",
        ),
        (
            PrefetchCampaign,
            PrefetchCampaignArgs(plans={}),
            "default",
            "defaults",
            "plans",
        ),
        (
            SitePrefetch,
            SitePrefetchArgs(site="1", windows={}),
            "url",
            "urls",
            "site",
        ),
    ],
    ids=["completion", "campaign", "site"],
)
def test_every_component_refuses_wrong_arguments_in_the_same_way(
    component: Any, args: Any, misspelt: str, meant: str, missing: str
) -> None:
    assert issubclass(component, Resource)

    for given, keywords, said in [
        (args, {misspelt: 1}, f"there are both args and {misspelt}: "),
        (None, {misspelt: 1}, f"{misspelt} is not an argument: did you mean {meant}?"),
        (None, {}, f"{missing} is missing"),
        ({}, {}, "args is of type dict, not "),
    ]:
        with pytest.raises(RunError) as refused:
            component("x", given, **keywords)
        owner, _, clauses = str(refused.value).partition(": ")
        assert owner.startswith(f"{component.__name__} 'x' (")
        assert clauses.startswith(said)


def test_the_line_is_the_nearest_one_of_the_program() -> None:
    program = "\nC('c', plans={'a': {}})"
    with pytest.raises(RunError) as refused:
        exec(
            compile(program, "program.py", "exec"),
            {"C": PrefetchCampaign, "__name__": "program"},
        )

    assert str(refused.value) == (
        "PrefetchCampaign 'c' (program.py:2): a.plan_id is missing"
    )


def test_ten_faults_are_named_and_the_rest_is_counted() -> None:
    with pytest.raises(RunError) as refused:
        ScheduledPrefetch("x", plan_id=PLAN, triggers={"a": [{1}] * 12})

    assert str(refused.value).count("of type set") == 10
    assert str(refused.value).endswith("; and 2 more")
