"""Both ways of giving a resource its arguments, and the errors for wrong ones."""

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
from pulumi_esa_prefetch.resources.arguments import arguments

PLAN = "665d3b48621bccf3fe29e1a7"
KNOWN = ScheduledPrefetchArgs.__annotations__
BY_ARGS = ScheduledPrefetchArgs(plan_id=PLAN)


def test_keywords_are_arguments_of_the_same_names() -> None:
    given = {"plan_id": PLAN, "desired_state": "stopped"}

    assert arguments(ScheduledPrefetchArgs, "x", None, given) == ScheduledPrefetchArgs(
        plan_id=PLAN, desired_state="stopped"
    )
    assert arguments(ScheduledPrefetchArgs, "x", BY_ARGS, {}) is BY_ARGS


def test_the_keywords_of_a_plan_have_the_types_of_its_args() -> None:
    assert ScheduledPrefetchArgsDict.__annotations__ == KNOWN


@pytest.mark.parametrize(
    ("args", "keywords", "said"),
    [
        (
            BY_ARGS,
            {"desired_state": "stopped"},
            " has both args and desired_state: give all in one of the two ways",
        ),
        (
            None,
            {"plan_id": PLAN, "desired_stat": "stopped"},
            " takes no desired_stat: did you mean desired_state?",
        ),
        (None, {"planId": PLAN}, " takes no planId: did you mean plan_id?"),
        (
            None,
            {"plan_id": PLAN, "window": ""},
            f" takes no window: it takes {', '.join(KNOWN)}, opts",
        ),
        (None, {}, " has no plan_id"),
        (None, {"plan_id": None}, " has no plan_id"),
        (PLAN, {}, ": args is of type str, not ScheduledPrefetchArgs"),
        (
            ResourceOptions(),
            {"plan_id": PLAN},
            ": args is of type ResourceOptions, not ScheduledPrefetchArgs",
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
        "options in the place of args",
    ],
)
def test_wrong_arguments_are_one_sentence_and_declare_nothing(
    args: Any, keywords: dict[str, Any], said: str
) -> None:
    declare: Any = ScheduledPrefetch

    with pytest.raises(RunError) as refused:
        declare("x", args, **keywords)

    assert str(refused.value) == f"ScheduledPrefetch 'x'{said}"


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
            "site and no windows",
        ),
    ],
    ids=["completion", "campaign", "site"],
)
def test_every_component_refuses_wrong_arguments_in_the_same_way(
    component: Any, args: Any, misspelt: str, meant: str, missing: str
) -> None:
    assert issubclass(component, Resource)

    for given, keywords, said in [
        (args, {misspelt: 1}, f" has both args and {misspelt}: "),
        (None, {misspelt: 1}, f" takes no {misspelt}: did you mean {meant}?"),
        (None, {}, f" has no {missing}"),
        ({}, {}, ": args is of type dict, not "),
    ]:
        with pytest.raises(RunError) as refused:
            component("x", given, **keywords)
        assert str(refused.value).startswith(f"{component.__name__} 'x'{said}")
