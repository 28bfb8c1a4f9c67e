"""The table for Start, row by row; nothing is called."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadAnswer,
    Conflict,
    CutOff,
    Denied,
    EsaError,
    Invalid,
    ServerFault,
    Throttled,
    TimedOut,
    Unreachable,
)
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.starting.start_decision import (
    AfterStart,
    Listed,
    StartAnswer,
    StartAttempt,
    after_lost_start,
    after_start,
)
from tests.provider.world import PLAN

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
ACCEPTED, LOST, CONFLICT = (
    StartAnswer.ACCEPTED,
    StartAnswer.LOST,
    StartAnswer.CONFLICT,
)
REFUSED, INVALID = StartAnswer.REFUSED, StartAnswer.INVALID
UNAVAILABLE, BEFORE_REPEAT = StartAnswer.UNAVAILABLE, None
LIST_FAILED, NOT_LISTED = Unreachable("no route to ESA"), None
RECORD, REPEAT, LOOK_AGAIN = (
    AfterStart.RECORD,
    AfterStart.REPEAT,
    AfterStart.LOOK_AGAIN,
)
WITHOUT_STATUS, GONE = AfterStart.RECORD_WITHOUT_STATUS, AfterStart.FAIL_GONE
NOT_STARTED, UNKNOWN = AfterStart.FAIL_NOT_STARTED, AfterStart.FAIL_UNKNOWN


def listed(status: str | None, opens: float = -3600.0) -> Plan:
    start_time = NOW + timedelta(seconds=opens)
    return Plan.model_validate(
        {"Id": PLAN, "Status": status or "", "StartTime": start_time}
    )


def decided(answer: StartAnswer | None, seen: Listed, **more: Any) -> AfterStart:
    """The row: the plan was stopped, unless ``before``; no later list shows more, unless ``may_lag``."""
    may_lag = more.pop("may_lag", False)
    before = more.pop("before", "stopped")
    start = StartAttempt(
        answer, at=NOW, before=before, last=more.pop("last", before), **more
    )
    return after_start(start, seen, NOW, may_lag=may_lag)


def refusal(kind: type[ApiError], **more: Any) -> EsaError:
    return kind("Start", "SomeCode", 400, "no", **more)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (BadAnswer("not JSON"), ACCEPTED),
        (TimedOut("no answer"), LOST),
        (refusal(ServerFault, ambiguous=True), LOST),
        (refusal(Conflict), CONFLICT),
        (refusal(ApiError), REFUSED),
        (refusal(Invalid), INVALID),
        (refusal(CutOff), INVALID),
        (refusal(Throttled), UNAVAILABLE),
        (refusal(Denied), UNAVAILABLE),
        (Unreachable("no connection"), UNAVAILABLE),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
def test_each_error_is_one_answer_to_start(
    error: EsaError, answer: StartAnswer
) -> None:
    assert StartAnswer.of(error) is answer


@pytest.mark.parametrize(
    ("answer", "lost", "needs_list"),
    [
        (ACCEPTED, False, True),
        (LOST, True, True),
        (CONFLICT, False, True),
        (REFUSED, False, True),
        (INVALID, False, True),
        (UNAVAILABLE, False, False),
        (UNAVAILABLE, True, True),
    ],
)
def test_only_an_answer_that_leaves_the_plans_status_open_needs_a_list(
    answer: StartAnswer, *, lost: bool, needs_list: bool
) -> None:
    assert StartAttempt(answer, at=NOW, lost=lost).needs_list is needs_list


@pytest.mark.parametrize(
    ("seen", "more", "then"),
    [
        pytest.param(listed("running"), {}, RECORD, id="runs"),
        pytest.param(listed("waiting"), {}, RECORD, id="waits"),
        pytest.param(listed("finished"), {}, RECORD, id="ran-through"),
        pytest.param(listed(None), {}, RECORD, id="listed-without-status"),
        pytest.param(listed("stopped"), {}, WITHOUT_STATUS, id="unchanged"),
        pytest.param(
            listed("stopped"), {"may_lag": True}, LOOK_AGAIN, id="unchanged-yet"
        ),
        pytest.param(
            listed("stopped"), {"before": None}, RECORD, id="status-before-not-known"
        ),
        pytest.param(
            listed("stopped"),
            {"before": None, "may_lag": True},
            LOOK_AGAIN,
            id="status-before-not-known-yet",
        ),
        pytest.param(NOT_LISTED, {"may_lag": True}, WITHOUT_STATUS, id="not-listed"),
        pytest.param(LIST_FAILED, {"may_lag": True}, WITHOUT_STATUS, id="list-failed"),
    ],
)
def test_an_accepted_start_without_a_status_is_always_recorded(
    seen: Listed, more: dict[str, Any], then: AfterStart
) -> None:
    assert decided(ACCEPTED, seen, **more) is then


@pytest.mark.parametrize(
    ("seen", "more", "then"),
    [
        pytest.param(listed("running"), {"may_lag": True}, RECORD, id="runs"),
        pytest.param(listed("stopped"), {}, REPEAT, id="no-effect"),
        pytest.param(
            listed("stopped"), {"may_lag": True}, LOOK_AGAIN, id="no-effect-yet"
        ),
        pytest.param(
            listed("waiting", opens=3600.0),
            {"before": "waiting", "may_lag": True},
            REPEAT,
            id="waits-for-a-window-that-no-later-list-opens",
        ),
        pytest.param(
            listed("waiting"),
            {"before": "waiting", "may_lag": True},
            LOOK_AGAIN,
            id="waits-in-its-window",
        ),
        pytest.param(
            listed("finished"), {"before": "finished"}, UNKNOWN, id="finished-as-before"
        ),
        pytest.param(
            listed("finished"),
            {"before": "finished", "last": "waiting"},
            RECORD,
            id="finished-since-it-was-last-seen-waiting",
        ),
        pytest.param(listed("pausing"), {}, UNKNOWN, id="status-that-nobody-knows"),
        pytest.param(NOT_LISTED, {"may_lag": True}, GONE, id="not-listed"),
        pytest.param(LIST_FAILED, {"may_lag": True}, UNKNOWN, id="list-failed"),
    ],
)
def test_after_a_lost_answer_start_is_repeated_only_where_that_changes_nothing(
    seen: Listed, more: dict[str, Any], then: AfterStart
) -> None:
    assert decided(LOST, seen, lost=True, **more) is then


@pytest.mark.parametrize(
    ("answer", "seen", "more", "then"),
    [
        pytest.param(REFUSED, listed("running"), {}, RECORD, id="runs-already"),
        pytest.param(INVALID, listed("running"), {}, RECORD, id="invalid-but-runs"),
        pytest.param(REFUSED, listed("waiting"), {}, RECORD, id="queued-by-another"),
        pytest.param(REFUSED, listed("finished"), {}, RECORD, id="ran-through"),
        pytest.param(
            REFUSED,
            listed("finished"),
            {"before": "finished"},
            NOT_STARTED,
            id="finished-as-before",
        ),
        pytest.param(
            CONFLICT,
            listed("waiting", opens=3600.0),
            {"before": "waiting"},
            RECORD,
            id="left-waiting-for-its-window",
        ),
        pytest.param(
            CONFLICT,
            listed("waiting"),
            {"before": "waiting"},
            NOT_STARTED,
            id="not-started-in-its-window",
        ),
        pytest.param(
            REFUSED,
            listed("waiting", opens=3600.0),
            {"before": "waiting", "may_lag": True},
            NOT_STARTED,
            id="waits-and-was-refused-for-another-reason",
        ),
        pytest.param(REFUSED, listed("stopped"), {}, NOT_STARTED, id="still-stopped"),
        pytest.param(
            REFUSED,
            listed("stopped"),
            {"may_lag": True},
            LOOK_AGAIN,
            id="still-stopped-yet",
        ),
        pytest.param(
            INVALID,
            listed("stopped"),
            {"may_lag": True},
            NOT_STARTED,
            id="invalid-whatever-a-later-list-shows",
        ),
        pytest.param(REFUSED, NOT_LISTED, {}, NOT_STARTED, id="not-listed"),
        pytest.param(REFUSED, LIST_FAILED, {}, NOT_STARTED, id="list-failed"),
        pytest.param(
            INVALID,
            listed("stopped"),
            {"lost": True, "may_lag": True},
            LOOK_AGAIN,
            id="invalid-after-a-lost-answer",
        ),
        pytest.param(
            UNAVAILABLE,
            listed("stopped"),
            {"lost": True},
            UNKNOWN,
            id="still-stopped-after-a-lost-answer",
        ),
        pytest.param(
            REFUSED, NOT_LISTED, {"lost": True}, UNKNOWN, id="not-listed-after-lost"
        ),
        pytest.param(
            REFUSED, LIST_FAILED, {"lost": True}, UNKNOWN, id="list-failed-after-lost"
        ),
    ],
)
def test_a_refused_start_is_fine_where_the_plan_was_started_already(
    answer: StartAnswer, seen: Listed, more: dict[str, Any], then: AfterStart
) -> None:
    assert decided(answer, seen, **more) is then


@pytest.mark.parametrize(
    ("seen", "lost", "then"),
    [
        pytest.param(listed("running"), False, RECORD, id="started-by-itself"),
        pytest.param(listed("finished"), False, RECORD, id="ran-through-by-itself"),
        pytest.param(listed("waiting"), False, REPEAT, id="still-waits"),
        pytest.param(listed("stopped"), False, REPEAT, id="stopped-by-somebody"),
        pytest.param(listed("pausing"), False, NOT_STARTED, id="unknown-status"),
        pytest.param(listed("pausing"), True, UNKNOWN, id="unknown-status-after-lost"),
        pytest.param(NOT_LISTED, False, GONE, id="not-listed"),
        pytest.param(LIST_FAILED, False, NOT_STARTED, id="list-failed"),
        pytest.param(LIST_FAILED, True, UNKNOWN, id="list-failed-after-lost"),
    ],
)
def test_a_waiting_plan_is_started_again_only_if_it_did_not_start_by_itself(
    seen: Listed, then: AfterStart, *, lost: bool
) -> None:
    assert decided(BEFORE_REPEAT, seen, before="waiting", lost=lost) is then


@pytest.mark.parametrize(
    ("before", "seen", "restart_failed", "then"),
    [
        ("stopped", "running", True, RECORD),
        ("finished", "running", True, RECORD),
        (None, "running", True, RECORD),
        ("stopped", "stopped", True, REPEAT),
        ("stopped", "waiting", True, REPEAT),
        ("waiting", "waiting", True, REPEAT),
        ("finished", "waiting", True, REPEAT),
        ("failed", "failed", True, REPEAT),
        ("failed", "failed", False, REPEAT),
        ("stopped", "failed", True, REPEAT),
        ("stopped", "failed", False, RECORD),
        (None, "failed", False, REPEAT),
        ("stopped", "finished", True, RECORD),
        ("waiting", "finished", True, RECORD),
        ("failed", "finished", True, RECORD),
        ("finished", "finished", True, UNKNOWN),
        (None, "finished", True, UNKNOWN),
        ("stopped", "paused-by-esa", True, UNKNOWN),
        ("stopped", None, True, UNKNOWN),
    ],
)
def test_a_lost_start_is_judged_by_the_status_before_and_after(
    before: str | None, seen: str | None, then: AfterStart, *, restart_failed: bool
) -> None:
    judged = after_lost_start(before, seen, restart_failed=restart_failed)

    assert judged is then
