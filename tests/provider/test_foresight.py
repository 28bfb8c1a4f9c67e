"""Consequences that ``check`` names before the fact: by the stack's limits, for a plan that is about to start."""

from typing import Any

import pytest

from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.lifecycle.esa import plan_id
from tests.provider.test_start import fault
from tests.provider.world import ID, LIST, PLAN, START, World, created, props

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


# right before the Start


def limited(world: World, limits: Limits) -> World:
    world.session.limits = limits
    return world


def test_a_start_that_check_did_not_look_at_is_denied_before_the_call() -> None:
    world = limited(World("stopped"), SLOW)
    world.session.verify = False
    assert world.provider.check({}, props()).failures == []

    with pytest.raises(PrefetchError, match=r"limits deny it: .* above the limit of"):
        created(world)

    assert world.writes() == [GET]


def test_a_plan_that_was_stopped_behind_the_back_is_denied_before_the_call() -> None:
    world = World("running")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    limited(world, SLOW).next_process().session.limits = SLOW
    seen = world.provider.read(ID, outs).outs
    assert world.provider.check(props(), props()).failures == []

    with pytest.raises(PrefetchError, match="limits deny it"):
        world.provider.update(ID, seen or {}, props())

    assert (world.calls(START), world.status()) == (0, "stopped")


def test_a_rerun_is_denied_before_the_plan_is_stopped() -> None:
    world = World("running")
    outs = created(world)

    with pytest.raises(PrefetchError, match="limits deny it"):
        limited(world, SLOW).provider.update(ID, outs, props(**AGAIN))

    assert (world.effects(), world.status()) == ([], "running")


@pytest.mark.parametrize(
    ("limits", "denied"),
    [
        (SLOW, True),
        (Limits(enforce={"past": "deny"}), True),
        (Limits.parse('{"freeze": ["2020-01-01T00:00Z/P1D"]}'), False),
        (
            Limits.parse(
                '{"freeze": ["2020-01-01T00:00Z/P1D"], "enforce": {"freeze": "deny"}}'
            ),
            False,
        ),
        (
            Limits.parse(
                '{"freeze": ["2020-01-01T00:00Z/9000-01-01T00:00Z"],'
                ' "enforce": {"freeze": "deny"}}'
            ),
            True,
        ),
        (Limits(max_origin_urls_per_second=0.001), False),
        (Limits(enforce={"rate": "deny"}), False),
    ],
    ids=["rate", "past", "warns", "thawed", "frozen", "warns of rate", "no rate"],
)
def test_without_a_job_what_may_be_denied_asks_for_it(
    limits: Limits, *, denied: bool
) -> None:
    world = limited(World("stopped"), limits)

    if denied:
        with pytest.raises(PrefetchError, match=r"limits deny, .*: give job_id"):
            world.provider.create({"plan_id": PLAN})
    else:
        world.provider.create({"plan_id": PLAN})

    assert world.writes() == ([] if denied else [START])


def test_a_job_that_cannot_be_read_is_not_started_against_a_denial() -> None:
    world = World("stopped", faults=(fault({"kind": "denied"}, action=GET),))

    with pytest.raises(PrefetchError, match=f"cannot be judged: .*esa:{GET}"):
        created(limited(world, SLOW))

    assert world.calls(START) == 0


@pytest.mark.parametrize(
    "limits", [Limits(max_origin_urls_per_second=0.001), Limits()], ids=str
)
def test_where_nothing_is_denied_a_start_costs_no_further_look(limits: Limits) -> None:
    world = limited(World("stopped"), limits)

    assert created(world)["status"] == "running"
    assert world.writes() == [START]


def test_a_start_within_the_limits_is_made() -> None:
    limits = Limits(max_origin_urls_per_second=50, enforce={"rate": "deny"})

    assert created(limited(World("stopped"), limits))["status"] == "running"
