"""Plans read from a stack's config: the arguments, and the error for each mistake."""

import pytest

from pulumi_esa_prefetch.resources.plan_config import PlanConfigError, read_plans

PLAN = "665d3b48621bccf3fe29e1a7"
JOB = "665d3af3621bccf3fe29e1a4"


def test_every_field_reaches_the_arguments_under_its_own_name() -> None:
    plans = read_plans(
        {
            "launch": {
                "planId": PLAN,
                "jobId": JOB,
                "desiredState": "stopped",
                "triggers": {"release": 2},
                "rerun": "resume",
                "onDestroy": "delete",
                "restartFailed": False,
                "restartFinished": True,
            }
        }
    )

    launch = plans["launch"]
    assert (launch.plan_id, launch.job_id) == (PLAN, JOB)
    assert (launch.desired_state, launch.triggers) == ("stopped", {"release": 2})
    assert (launch.rerun, launch.on_destroy) == ("resume", "delete")
    assert (launch.restart_failed, launch.restart_finished) == (False, True)


def test_an_empty_mapping_declares_nothing() -> None:
    assert read_plans({}) == {}


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (["a"], "esa-prefetch:plans must be a mapping from names to plans"),
        (None, "esa-prefetch:plans must be a mapping from names to plans"),
        ({"a": None}, "a must be a mapping of a plan's fields"),
        ({"a": {}}, "a.planId is missing"),
        ({"a": {"planId": None}}, "a.planId is missing"),
        ({"a": {"planId": "x"}}, "a.planId is not a plan id"),
        (
            {"a": {"planId": 665123456789012345678901}},
            "a.planId is read as a number: quote it",
        ),
        (
            {"a": {"planId": PLAN, "jobId": 6.6e23}},
            "a.jobId is read as a number: quote it",
        ),
        (
            {"a": {"planId": PLAN, "jobId": f"1:{JOB}"}},
            "a.jobId is the id <site_id>:<job_id>",
        ),
        (
            {"a": {"planId": f"{JOB}:{PLAN}", "jobId": PLAN}},
            "a.planId names another job than",
        ),
        (
            {"a": {"planId": PLAN, "desiredState": "on"}},
            "a.desiredState must be one of",
        ),
        ({"a": {"planId": PLAN, "triggers": "x"}}, "a.triggers must be a mapping"),
        (
            {"a": {"planId": PLAN, "triggers": {"n": [1764480000123456789]}}},
            "a.triggers.n[0] is a number beyond 2**53, which Pulumi would round: pass it as a string",
        ),
        (
            {"a": {"planId": PLAN, "restartFailed": "so"}},
            "a.restartFailed must be a boolean",
        ),
        ({"a": {"planId": PLAN}, "b": {"planId": PLAN}}, "a and b are one plan"),
        (
            {"a": {"planId": PLAN.upper()}, 7: {"planId": f"{JOB}:{PLAN}"}},
            "a and 7 are one plan",
        ),
        (
            {"a": {"planId": PLAN, "plan_id": PLAN}},
            "a.plan_id is not one of planId, jobId,",
        ),
    ],
)
def test_a_mistake_is_named_with_its_entry_and_field(
    config: object, sentence: str
) -> None:
    with pytest.raises(PlanConfigError) as caught:
        read_plans(config)

    assert sentence in str(caught.value)


def test_all_mistakes_are_named_at_once_and_no_value_is_shown() -> None:
    with pytest.raises(PlanConfigError) as caught:
        read_plans({"a": {"planId": "hush"}, "b": {"jobId": JOB, "rerun": "hush"}})

    text = str(caught.value)
    assert "a.planId" in text
    assert "b.planId" in text
    assert "b.rerun" in text
    assert "hush" not in text
