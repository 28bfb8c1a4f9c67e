"""One plan that is declared by two resources: ``check`` sees no names, only the declarations."""

from typing import Any

import pytest
from pulumi.output import UNKNOWN

from tests.provider.world import ID, JOB, PLAN, World, props
from tests.support.local_esa import plan_id

RUNNING, STOPPED = {"desired_state": "running"}, {"desired_state": "stopped"}


def check(world: World, olds: dict[str, Any], declared: dict[str, Any]) -> list[str]:
    result = world.provider.check(olds, declared)
    return [f"{failure.property}: {failure.reason}" for failure in result.failures]


def refusal(of: str = f"plan {ID}") -> list[str]:
    return [
        f"plan_id: {of} is declared running and stopped by two resources: declare it once"
    ]


@pytest.mark.parametrize(
    ("one", "other"), [(RUNNING, STOPPED), (STOPPED, RUNNING)], ids=["first", "then"]
)
@pytest.mark.parametrize("verify", [True, False])
def test_a_plan_that_is_declared_in_two_ways_is_refused(
    one: dict[str, Any], other: dict[str, Any], *, verify: bool
) -> None:
    world = World("running")
    world.session.verify = verify

    assert check(world, {}, props(**one)) == []
    assert check(world, {}, props(**other)) == refusal()


@pytest.mark.parametrize(
    "spelling",
    [
        {"plan_id": ID},
        {"plan_id": ID.upper()},
        {"plan_id": PLAN.upper(), "job_id": JOB.upper()},
    ],
    ids=["composite", "composite in capitals", "capitals"],
)
def test_the_spelling_of_a_plan_hides_nothing(spelling: dict[str, Any]) -> None:
    world = World("running")

    assert check(world, {}, props()) == []
    assert check(world, {}, spelling | STOPPED) == refusal()


def test_a_declaration_without_a_job_is_compared_too() -> None:
    world = World("running")

    assert check(world, {}, props()) == []
    assert check(world, {}, {"plan_id": PLAN} | STOPPED) == refusal(f"plan {PLAN}")


@pytest.mark.parametrize("olds", [props(**STOPPED), props()], ids=["same", "changed"])
def test_a_recorded_plan_is_compared_too(olds: dict[str, Any]) -> None:
    world = World("running")

    assert check(world, olds, props(**STOPPED)) == []
    assert check(world, {}, props()) == refusal()


def test_equal_declarations_pass_for_one_resource_may_be_checked_twice() -> None:
    world = World("running")

    assert [check(world, olds, props()) for olds in ({}, props(), {})] == [[], [], []]


def test_other_plans_may_be_declared_otherwise() -> None:
    world = World("running", "running")

    assert check(world, {}, props()) == []
    assert check(world, {}, props(plan_id=plan_id(2), **STOPPED)) == []


def test_only_the_second_check_of_a_replacement_counts_because_it_ignores_no_change() -> (
    None
):
    world = World("running", "running")
    olds = props(plan_id=plan_id(2), **STOPPED)

    assert check(world, olds, props(**STOPPED)) == []  # desired_state is the old one
    assert check(world, {}, props()) == []
    assert check(world, {}, props(**STOPPED)) == refusal()


def test_what_is_not_known_yet_contradicts_nothing() -> None:
    world = World("running")

    assert check(world, {}, props(desired_state=UNKNOWN)) == []
    assert check(world, {}, props(**STOPPED)) == []


def test_the_next_operation_may_declare_the_plan_otherwise() -> None:
    world = World("running")
    assert check(world, {}, props()) == []

    world.next_process()

    assert check(world, props(), props(**STOPPED)) == []
