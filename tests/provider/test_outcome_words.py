"""What is said of a plan in each status: the same reason before and after the deployment."""

import pytest

from pulumi_esa_prefetch.provider.outcome_words import done, operations_of, planned
from pulumi_esa_prefetch.provider.plan_decision import at_create
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs
from tests.provider.test_plan_decision import Seen
from tests.provider.world import props


@pytest.mark.parametrize(
    ("given", "status", "before", "after"),
    [
        ({}, "stopped", "will be started: is stopped", "started: was stopped"),
        ({}, "failed", "will be started: has failed", "started: had failed"),
        (
            {"restart_failed": False},
            "failed",
            "will be adopted: has failed",
            "adopted: has failed",
        ),
        (
            {"desired_state": "stopped"},
            "running",
            "will be stopped: is running",
            "stopped: was running",
        ),
    ],
)
def test_a_reason_that_a_call_has_changed_is_told_as_of_before(
    given: dict[str, object], status: str, before: str, after: str
) -> None:
    plan = PlanInputs.parse(props(**given))
    decided = at_create(plan, Seen(status))

    operations = operations_of(decided, plan, status)

    assert planned(operations, decided.why) == before
    assert done(operations, decided.why) == after
