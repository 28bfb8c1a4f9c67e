"""What ESA contradicts although the preview changes nothing, and what could not be compared."""

from typing import Any

import pytest

from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.summary import PrefetchSummary
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import Preview, ResourceEntry
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.markdown import markdown
from pulumi_esa_prefetch.report.render.summary_line import summary_line
from tests.support.previews import (
    JOB_ID,
    NOW,
    create,
    delete,
    old,
    plan_id,
    preview,
    same,
    state,
    step,
    update,
)


def esa(*statuses: str | None, of_others: tuple[str, ...] = ()) -> EsaSnapshot:
    """The job in ESA, with plans 1, 2, ... of these statuses."""
    plans = [
        Plan(id=plan_id(number), job_id=JOB_ID, status=status)
        for number, status in enumerate(statuses, 1)
    ]
    job = JobSnapshot(
        Job(id=JOB_ID),
        {plan.id: plan for plan in plans},
        of_others=frozenset(of_others),
    )
    return EsaSnapshot({JOB_ID: job})


def summed(
    given: Preview, snapshot: EsaSnapshot, there: tuple[ResourceEntry, ...] = ()
) -> PrefetchSummary:
    return compose(given, ResourceGraph.of(given, there), snapshot, Limits(), NOW)


@pytest.mark.parametrize(
    ("declared", "status", "what", "why"),
    [
        (
            {"starts": 1},
            "stopped",
            "will be started again",
            "this stack started it, and it was found stopped",
        ),
        ({"starts": 0}, "stopped", "will be started", "is stopped"),
        ({}, "failed", "will be started", "has failed"),
        (
            {"desired_state": "stopped", "starts": 0},
            "running",
            "will be stopped again",
            "this stack stopped it, and it was found running",
        ),
        (
            {"desired_state": "stopped", "starts": 0},
            "waiting",
            "will fail",
            "is waiting and ESA stops only running plans",
        ),
    ],
    ids=["stopped", "stopped by none", "failed", "running", "waiting"],
)
def test_a_plan_whose_status_contradicts_its_declaration_has_drifted(
    declared: dict[str, Any], status: str, what: str, why: str
) -> None:
    there = old("a", 1, "running", **declared)
    given = preview({"op": "same", "urn": there["urn"], "oldState": there} | new(there))

    summary = summed(given, esa(status))

    (drift,) = summary.drift
    assert (drift.name, drift.status, drift.recorded) == ("a", status, "running")
    assert drift.what == what
    assert drift.why.startswith(why)
    assert summary.differs


def new(there: dict[str, Any]) -> dict[str, Any]:
    return {"newState": {k: v for k, v in there.items() if k != "outputs"}}


@pytest.mark.parametrize(
    ("declared", "status"),
    [
        ({}, "running"),
        ({}, "waiting"),
        ({}, "finished"),
        ({"restart_failed": False}, "failed"),
        ({"desired_state": "stopped"}, "stopped"),
        ({"desired_state": "stopped"}, "finished"),
        ({"desired_state": "stopped"}, "failed"),
    ],
)
def test_a_plan_that_is_as_declared_has_not_drifted(
    declared: dict[str, Any], status: str
) -> None:
    summary = summed(preview(same("a", 1, "finished", **declared)), esa(status))

    assert (summary.drift, summary.not_verified, summary.differs) == ((), None, False)
    assert summary_line(summary) == "proj/dev: everything is as declared."


def test_a_plan_that_is_gone_from_esa_has_drifted_unless_it_had_finished() -> None:
    given = preview(same("gone", 1, "running"), same("done", 2, "finished"))

    summary = summed(given, esa())

    (drift,) = summary.drift
    assert (drift.name, drift.status) == ("gone", None)
    assert (drift.what, drift.why) == ("will fail", "is gone from ESA")
    assert summary.origins == ()


def test_a_plan_of_the_state_that_the_preview_leaves_out_is_compared_too() -> None:
    given = preview(update("a", 1, "stopped"), changeSummary={"same": 1})

    summary = summed(given, esa("stopped", "stopped"), state(old("b", 2, "running")))

    assert [drift.name for drift in summary.drift] == ["b"]


def test_a_plan_that_is_only_read_is_no_drift() -> None:
    there = old("a", 1, "running") | {"external": True}

    assert summed(preview(), esa("stopped"), state(there)).drift == ()


def test_hidden_triggers_of_an_unchanged_plan_are_no_drift() -> None:
    given = preview(same("a", 1, "finished", triggers={"key": "[secret]"}))

    assert summed(given, esa("finished")).drift == ()


def test_a_change_of_a_plan_that_esa_does_not_list_will_fail() -> None:
    given = preview(
        create("new", 1),
        update("changed", 2, "running", on_destroy="leave"),
        delete("removed", 3, "running"),
    )

    summary = summed(given, esa())

    assert {plan.name: (plan.what, plan.why) for plan in summary.plans} == {
        "new": ("will fail", "does not exist: check plan_id and job_id"),
        "changed": ("will fail", "does not exist any more: run refresh"),
        "removed": ("will be left as it is", "is gone already"),
    }
    assert not any(plan.starts or plan.stops for plan in summary.plans)


def test_drift_is_in_the_headline_the_alert_and_the_line() -> None:
    given = preview(same("a", 1, "running"), same("b", 2, "running"))

    summary = summed(given, esa("stopped", "running"))

    text = markdown(summary)
    assert "### ESA prefetch: 1 plan drifted in `dev`\n" in text
    alert = text.partition("> [!WARNING]")[2].partition("\n\n")[0]
    assert "Drift: `a` will be started again with `up --refresh`: this stack" in alert
    assert summary_line(summary) == (
        "proj/dev: drift: a will be started again with up --refresh: this stack started "
        "it, and it was found stopped."
    )


@pytest.mark.parametrize(
    ("snapshot", "why"),
    [
        (EsaSnapshot(problem="ESA was not read: no network."), "ESA was not read: no"),
        (esa(None), "ESA returned no status that this version knows for a."),
        (esa("pausing"), "ESA returned no status that this version knows for a."),
        (esa(of_others=(plan_id(1),)), "ESA returned no status that this version"),
    ],
    ids=["not read", "no status", "an unknown status", "listed with another job"],
)
def test_what_could_not_be_compared_is_not_called_as_declared(
    snapshot: EsaSnapshot, why: str
) -> None:
    summary = summed(preview(same("a", 1, "running")), snapshot)

    text = markdown(summary)
    assert summary.not_verified is not None
    assert summary.not_verified.startswith(why)
    assert (summary.drift, summary.differs) == ((), False)
    assert "### ESA prefetch: not verified in `dev`\n" in text
    assert "> - Not verified: ESA " in text
    assert "1 plan unchanged (not verified)." in text
    assert summary_line(summary).startswith("proj/dev: not verified; ESA ")


def test_what_changes_is_named_beside_what_is_not_verified() -> None:
    summary = summed(preview(update("a", 1, "stopped")), EsaSnapshot(problem="No net."))

    assert "### ESA prefetch: not verified, 1 to update in `dev`" in markdown(summary)
    assert summary_line(summary) == (
        "proj/dev: not verified; a will be started again: this stack started it, and it "
        "was found stopped; No net."
    )


def test_a_preview_that_names_no_plan_is_not_verified() -> None:
    summary = summed(preview(changeSummary={"same": 3}), EsaSnapshot())

    assert summary.not_verified == (
        "The preview leaves out 3 unchanged resources: give --show-sames to the preview, "
        "or --state here."
    )


def test_drift_is_named_although_the_preview_failed() -> None:
    said = [{"severity": "error", "message": "error: no right"}]
    there = state(old("a", 1, "running"))

    summary = summed(preview(diagnostics=said), esa("stopped"), there)

    assert summary.differs
    assert summary_line(summary) == (
        "proj/dev: drift: a will be started again with up --refresh: this stack started "
        "it, and it was found stopped; cannot tell, the preview failed (no right)."
    )


def test_a_plan_that_the_refresh_of_the_preview_has_dropped_has_drifted() -> None:
    dropped = step("refresh", old("a", 1, "running"), None)
    said = [{"severity": "error", "message": "error: plan a does not exist"}]

    summary = summed(preview(dropped, diagnostics=said), esa())

    assert summary.differs
    assert [(drift.name, drift.why) for drift in summary.drift] == [
        ("a", "is gone from ESA")
    ]


def test_a_plan_that_is_gone_and_no_longer_declared_has_not_drifted() -> None:
    dropped = step("refresh", old("a", 1, "running"), None)

    summary = summed(preview(dropped), esa())

    assert (summary.drift, summary.differs) == ((), False)


def test_a_plan_that_the_preview_only_refreshes_is_compared() -> None:
    there = old("a", 1, "running")

    summary = summed(preview(step("refresh", there, there)), esa("stopped"))

    assert [drift.name for drift in summary.drift] == ["a"]
