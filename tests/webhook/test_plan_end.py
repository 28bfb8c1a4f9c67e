"""What a webhook gets."""

from datetime import UTC, datetime

import pytest

from pulumi_esa_prefetch.webhook.plan_end import PlanEnd, outcome_of

END = PlanEnd(
    plan="p",
    job="j",
    outcome="reached",
    status="finished",
    until="finished",
    when=datetime(2026, 5, 1, 12, 0, 0, 400, tzinfo=UTC),
    seconds=61.26,
)


def test_the_document_has_what_is_known() -> None:
    assert END.document() == {
        "plan": "p",
        "job": "j",
        "outcome": "reached",
        "status": "finished",
        "until": "finished",
        "when": "2026-05-01T12:00:00Z",
        "seconds": 61.3,
    }


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("failed", "failed"), ("stopped", "stopped"), ("", "gone"), ("missing", "gone")],
)
def test_a_plan_that_does_not_get_there_has_an_outcome_of_its_own(
    status: str, outcome: str
) -> None:
    assert outcome_of(status) == outcome
