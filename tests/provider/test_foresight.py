"""Consequences that ``check`` names before the fact: by the stack's limits, for a plan that is about to start."""

from typing import Any

import pytest

from pulumi_esa_prefetch.load import Limits
from tests.lifecycle.esa import plan_id
from tests.provider.test_start import fault
from tests.provider.world import LIST, PLAN, World, props

GET = "GetScheduledPreloadJob"
SLOW = Limits(max_origin_urls_per_second=0.001, enforce={"rate": "deny"})
AGAIN = {"triggers": {"release": "2"}}


def check(
    world: World, limits: Limits | None, olds: dict[str, Any], **declared: Any
) -> list[str]:
    world.session.limits = limits
    return [f.reason for f in world.provider.check(olds, props(**declared)).failures]


def test_a_start_beyond_a_limit_is_denied() -> None:
    world = World("stopped")

    said = check(world, SLOW, {})

    assert said == [
        f"plan {PLAN} would load www.example.com with 0.00167 URLs/s, above the limit of 0.001."
    ]
    assert (world.calls(LIST), world.calls(GET)) == (1, 1)
    assert world.writes() == [GET]


def test_a_start_beyond_a_limit_that_only_warns_is_told_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("stopped")
    limits = Limits(max_origin_urls_per_second=0.001)

    said = [check(world, limits, {}) for _ in range(3)]

    assert said == [[], [], []]
    assert capsys.readouterr().out.count("above the limit of 0.001") == 1
    assert world.calls(GET) == 1


def test_a_window_that_is_over_is_denied() -> None:
    world = World("stopped", start="-2h", end="-1h")

    assert "its window ended" in check(world, Limits(enforce={"past": "deny"}), {})[0]


def test_the_job_that_other_plans_share_is_counted_with_them() -> None:
    world = World("stopped", "running", end="+1h")
    fit = Limits(enforce="deny")

    assert "URLs not submitted" in check(world, fit, {})[0]


@pytest.mark.parametrize(
    ("status", "declared"),
    [
        ("running", {}),
        ("finished", {}),
        ("running", {"desired_state": "stopped"}),
        ("stopped", {"job_id": None}),
    ],
    ids=["adopted", "done", "to be stopped", "job unknown"],
)
def test_what_is_not_about_to_start_is_not_judged(
    status: str, declared: dict[str, Any]
) -> None:
    assert check(World(status), SLOW, {}, **declared) == []


@pytest.mark.parametrize(
    ("olds", "declared", "denied"),
    [
        (props(), AGAIN, True),
        (props(desired_state="stopped"), {}, True),
        (props(), {}, False),
        (props(), {"on_destroy": "leave"}, False),
        (props(desired_state="stopped"), {"desired_state": "stopped", **AGAIN}, False),
        (props(rerun="nonsense"), AGAIN, False),
    ],
    ids=[
        "triggers",
        "wanted again",
        "same",
        "recorded",
        "stopped",
        "old one unreadable",
    ],
)
def test_a_plan_on_record_is_judged_when_it_is_to_run_anew(
    olds: dict[str, Any], declared: dict[str, Any], *, denied: bool
) -> None:
    world = World("finished")

    said = check(world, SLOW, olds, **declared)

    assert bool(said) is denied
    assert bool(world.esa.history) is denied


def test_a_plan_on_record_that_is_gone_is_the_business_of_refresh() -> None:
    world = World()

    assert check(world, SLOW, props(), **AGAIN) == []


def test_without_limits_a_plan_on_record_is_not_looked_at() -> None:
    world = World("finished")

    assert check(world, None, props(), **AGAIN) == []
    assert world.esa.history == []


def test_a_job_that_cannot_be_read_is_no_objection(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("stopped", faults=(fault({"kind": "denied"}, action=GET),))

    assert check(world, SLOW, {}) == []
    assert check(world, SLOW, {}, plan_id=plan_id(9)) == []
    assert f"esa:{GET}" in capsys.readouterr().out


def test_a_plan_without_a_pace_is_not_judged() -> None:
    lacks = fault({"kind": "missing-keys", "keys": "Interval"}, action=LIST, every=1)

    assert check(World("stopped", faults=(lacks,)), SLOW, {}) == []
