"""What observations prove, and what they do not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadCredentials,
    Conflict,
    Denied,
    EsaError,
    Invalid,
    NotFound,
    NotFromEsa,
    ServerFault,
    Throttled,
    TimedOut,
)
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.probe import judgements
from pulumi_esa_prefetch.probe.outcomes import Outcome, done, outcome_of

PLAN = "665d3b48621bccf3fe29e1a7"
REFUSED: Outcome[Any] = Outcome("refused", "HTTP 409 SomeCode")
LOST: Outcome[Any] = Outcome("lost", "no usable answer (TimedOut)")
MADE = datetime(2026, 6, 1, 12, tzinfo=UTC)


def answered(status: str | None) -> Outcome[Any]:
    return done(Plan(id=PLAN, status=status))


def api_error(kind: type[ApiError], code: str, status: int) -> ApiError:
    return kind("StopScheduledPreloadExecution", code, status, f"plan {PLAN}")


@pytest.mark.parametrize(
    ("outcome", "after", "answer"),
    [
        (REFUSED, "stopped", "refused"),
        (REFUSED, "running", None),
        (REFUSED, None, None),
        (answered("stopped"), "stopped", "ignored"),
        (answered(None), "stopped", "ignored"),
        (answered("running"), "stopped", None),
        (answered("running"), "running", "accepted"),
        (answered("running"), "finished", "accepted"),
        (LOST, "running", "accepted"),
        (LOST, "stopped", None),
        (Outcome("unusable"), "stopped", None),
    ],
)
def test_a_call_on_a_stopped_plan_is_judged_by_what_is_seen_after_it(
    outcome: Outcome[Any], after: str | None, answer: str | None
) -> None:
    verdict = judgements.handling("stopped", outcome, after)

    assert (verdict and verdict.answer) == answer


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        # the documentation fixes no code for these, so that any code counts
        (api_error(ApiError, "Whatever.Code", 400), "refused"),
        (api_error(Conflict, "IncorrectStatus", 409), "refused"),
        (api_error(Invalid, "InvalidEndTime.Mismatch", 400), "refused"),
        (api_error(NotFound, "InvalidExecution.NotFound", 404), "refused"),
        # these say nothing about the plan
        (api_error(Invalid, "InvalidParameter.ObjectId", 400), "unusable"),
        (api_error(ApiError, "InvalidAction.NotFound", 404), "unusable"),
        (api_error(Denied, "NoPermission", 403), "unusable"),
        (api_error(BadCredentials, "SignatureDoesNotMatch", 400), "unusable"),
        (api_error(Throttled, "TooManyRequests", 400), "unusable"),
        (api_error(NotFromEsa, "", 404), "unusable"),
        (TimedOut("no answer"), "lost"),
        (
            ServerFault("Start", "InternalError", 500, "failed", ambiguous=True),
            "lost",
        ),
    ],
)
def test_only_a_refusal_that_is_about_the_plan_counts_as_one(
    error: EsaError, kind: str
) -> None:
    outcome = outcome_of(error)

    assert outcome.kind == kind
    assert PLAN not in outcome.seen


@pytest.mark.parametrize(
    ("readings", "status", "answer"),
    [
        ([None, None, None], "waiting", "when-started"),
        ([None, None, None], "running", "starts-at-once"),
        ([None, None], "waiting", None),
        ([None, MADE, MADE], "running", "creation"),
        ([MADE + timedelta(days=1)] * 3, "waiting", "another-time"),
        ([MADE, MADE + timedelta(days=1)], "waiting", None),
    ],
)
def test_that_a_field_is_not_there_is_believed_after_three_readings_only(
    readings: list[datetime | None], status: str, answer: str | None
) -> None:
    verdict = judgements.no_start(readings, (MADE, MADE), status)

    assert (verdict and verdict.answer) == answer


@pytest.mark.parametrize(
    ("seconds", "start", "answer"),
    [
        (200, 190, "creation"),
        (200, 3600, "another-time"),
        (1200, 900, None),
        (1200, 3600, None),
        (None, 0, None),
    ],
)
def test_a_time_is_told_from_that_of_the_creation_only_if_that_is_known_closely(
    seconds: int | None, start: int, answer: str | None
) -> None:
    made = None if seconds is None else (MADE, MADE + timedelta(seconds=seconds))
    verdict = judgements.no_start([MADE + timedelta(seconds=start)], made, "running")

    assert (verdict and verdict.answer) == answer


@pytest.mark.parametrize(
    ("outcome", "after", "answer"),
    [
        (answered("running"), 3, "accepted"),
        (LOST, 3, "accepted"),
        (answered("running"), 2, "ignored"),
        (LOST, 2, None),
        (REFUSED, 2, "refused"),
        (REFUSED, 3, None),
        (answered("running"), 4, None),
    ],
)
def test_start_on_a_running_plan_is_judged_by_the_count_of_its_job(
    outcome: Outcome[Any], after: int, answer: str | None
) -> None:
    verdict = judgements.start_running(outcome, 2, after)

    assert (verdict and verdict.answer) == answer


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("2024-05-31T17:10:48.849+08:00", "+08:00"),
        ("2024-06-02T02:43:35Z", "Z"),
        ("2024-06-02T02:43:35.849Z", "millis-Z"),
        ("2023-06-05T10:04:20+0800", "+0800"),
        ("2023-06-05 10:04:20", None),
        ("2024-05-31T17:10:48+08:00", None),
    ],
)
def test_a_notation_is_named_only_if_it_is_a_documented_one(
    text: str, name: str | None
) -> None:
    assert judgements.notation_of(text) == name
    assert judgements.shape_of(text).count("0") > 10
