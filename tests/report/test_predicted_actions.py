"""The prediction for each kind of change."""

from datetime import datetime
from typing import Any

import pytest

from pulumi_esa_prefetch.report.analysis.load_outlook import predict_prefetches
from pulumi_esa_prefetch.report.analysis.predicted_actions import PredictedAction
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET, UNKNOWN
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from tests.support.previews import (
    NOW,
    Document,
    create,
    delete,
    new,
    old,
    preview,
    same,
    step,
    update,
)


def predicted(given: Document, now: datetime = NOW) -> PredictedAction:
    (prefetch,) = predict_prefetches(
        ResourceGraph.of(preview(given)), EsaSnapshot(), now
    )
    return prefetch.action


@pytest.mark.parametrize(
    ("given", "what", "why"),
    [
        (
            update("a", 1, "stopped"),
            "will be started again",
            "this stack started it, and it was found stopped",
        ),
        (
            update("a", 1, "running", triggers={"release": "2"}),
            "will be stopped, reset and started",
            "triggers changed",
        ),
        (
            update("a", 1, "waiting", triggers={"release": "2"}),
            "will be reset and started",
            "triggers changed",
        ),
        (
            update("a", 1, "finished", triggers={"release": "2"}, rerun="resume"),
            "will be started",
            "triggers changed",
        ),
        (
            update("a", 1, "running", desired_state="stopped"),
            "will be stopped",
            "is running",
        ),
        (
            update("a", 1, "running", on_destroy="leave"),
            "will be recorded",
            "on_destroy changed",
        ),
        (
            delete("a", 1, "running"),
            "will be stopped",
            "is running and no longer declared",
        ),
        (delete("a", 1, "finished"), "will be left as it is", "is finished"),
        (
            delete("a", 1, "running", on_destroy="delete"),
            "will be stopped and deleted",
            "no longer declared, and on_destroy is delete",
        ),
        (
            delete("a", 1, "running", on_destroy="leave"),
            "will be left as it is",
            "on_destroy is leave",
        ),
        (same("a", 1), "will not change", "is as declared"),
    ],
    ids=[
        "drifted",
        "rerun of a running one",
        "rerun of a waiting one",
        "resume",
        "to be stopped",
        "recorded",
        "deleted",
        "deleted when finished",
        "deleted in ESA too",
        "left alone",
        "unchanged",
    ],
)
def test_the_calls_and_the_reason_are_those_of_the_decision_table(
    given: Document, what: str, why: str
) -> None:
    action = predicted(given)

    assert (action.what, action.why) == (what, why)


def test_a_plan_of_unknown_status_is_predicted_for_every_status() -> None:
    action = predicted(create("a", 1))

    assert action.what == (
        "will be started if waiting, failed or stopped; adopted if running or finished"
    )
    assert action.why == "its status is not known here"
    assert action.starts


def test_a_plan_of_unknown_status_that_may_not_be_stopped_is_predicted_to_fail() -> (
    None
):
    action = predicted(create("a", 1, desired_state="stopped"))

    assert action.what == (
        "will be stopped if running; adopted if finished, failed or stopped; will fail "
        "if waiting"
    )


def test_a_replacement_is_a_deletion_and_a_creation() -> None:
    action = predicted(step("replace", old("a", 1, "running"), new("a", 2)))

    assert action.what.startswith(
        "old plan will be stopped; new plan will be started if waiting"
    )
    assert (action.starts, action.stops) == (True, True)


def test_an_update_that_will_be_refused_is_predicted_as_an_error() -> None:
    action = predicted(update("a", 1, "waiting", desired_state="stopped"))

    assert action.refused
    assert action.what == "will fail"
    assert action.why.startswith("is waiting and ESA stops only running plans")


def test_a_rerun_after_the_window_is_predicted_as_an_error() -> None:
    late = datetime.fromisoformat("2026-11-11T03:00:00Z")

    action = predicted(update("a", 1, "finished", triggers={"release": "2"}), late)

    assert action.refused
    assert "its window is over" in action.why


def test_deleting_a_plan_of_unknown_status_gives_the_notice_that_it_is_left_alone() -> (
    None
):
    action = predicted(delete("a", 1, "pausing"))

    assert action.what == "will be left as it is"
    assert action.notice == (
        "a: plan 000000000000000000000001 will be left as it is: this version does not "
        "know its status (pausing)"
    )


def test_deleting_a_waiting_plan_gives_the_notice_that_it_will_still_start() -> None:
    action = predicted(delete("a", 1, "waiting"))

    assert "it will still start at 2026-11-11T01:00:00Z" in action.notice
    assert action.submits


def test_deleting_a_plan_that_waits_in_its_open_window_names_no_past_time() -> None:
    late = datetime.fromisoformat("2026-11-11T01:30:00Z")

    action = predicted(delete("a", 1, "waiting"), late)

    assert "it will still start when ESA lets it" in action.notice


@pytest.mark.parametrize(
    "changed",
    [{"triggers": {"urls": UNKNOWN}}, {"desired_state": UNKNOWN}],
    ids=["a trigger", "the state"],
)
def test_a_plan_that_depends_on_unknown_values_is_expected_to_start(
    changed: dict[str, Any],
) -> None:
    action = predicted(update("a", 1, "finished", **changed))

    assert action.what == "will be decided at deployment"
    assert action.starts


def test_a_secret_trigger_never_counts_as_unchanged() -> None:
    there = old("a", 1, "finished", triggers={"key": SECRET})
    given = step("update", there, new("a", 1, triggers={"key": SECRET}))

    action = predicted(given)

    assert action.what == "will be reset and started if the secret trigger changed"
    assert action.starts


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (
            {"triggers": {"key": "plain"}, "on_destroy": "leave"},
            {"triggers": {"key": SECRET}},
            "will be reset and started if the secret trigger changed",
        ),
        (
            {"triggers": SECRET},
            {"triggers": SECRET},
            "will be reset and started if the secret trigger changed",
        ),
        (
            {"triggers": {"key": SECRET, "release": "1"}},
            {"triggers": {"key": SECRET, "release": "2"}},
            "will be reset and started",
        ),
        (
            {"triggers": {}},
            {"triggers": {"key": SECRET}},
            "will be reset and started",
        ),
        (
            {"triggers": {"key": SECRET}},
            {"triggers": {"key": SECRET}, "desired_state": "stopped"},
            "will be recorded",
        ),
    ],
    ids=["sealed since", "one secret", "another changed", "added", "declared stopped"],
)
def test_a_secret_trigger_is_compared_as_far_as_it_is_known(
    before: dict[str, Any], after: dict[str, Any], what: str
) -> None:
    given = step("update", old("a", 1, "finished", **before), new("a", 1, **after))

    assert predicted(given).what == what


def test_a_drifted_plan_with_a_secret_trigger_is_started_in_any_case() -> None:
    secret = {"triggers": {"key": SECRET}}
    given = step("update", old("a", 1, "stopped", **secret), new("a", 1, **secret))

    assert predicted(given).what == "will be started again"


def test_a_job_is_reset_once_for_all_its_plans_that_run_again() -> None:
    again: dict[str, Any] = {"triggers": {"release": "2"}}
    steps = [
        update("a", 1, "finished", **again),
        update("b", 2, "waiting", **again),
        update("c", 3, "finished", **again, rerun="resume"),
        update("d", 4, "running", **again),
    ]

    prefetches = predict_prefetches(
        ResourceGraph.of(preview(*steps)), EsaSnapshot(), NOW
    )

    told = {
        prefetch.name: (prefetch.action.what, prefetch.action.why)
        for prefetch in prefetches
    }
    assert told == {
        "a": ("will be reset and started", "triggers changed"),
        "b": ("will be started", "triggers changed, from the first URL with a"),
        "c": ("will be started", "triggers changed"),
        "d": (
            "will be stopped and started",
            "triggers changed, from the first URL with a",
        ),
    }
    assert [prefetch.action.resets for prefetch in prefetches] == [
        True,
        False,
        False,
        False,
    ]
    assert not any(prefetch.action.refused for prefetch in prefetches)
