"""The decision table of ScheduledPrefetch, row by row; nothing is called."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider import plan_decision
from pulumi_esa_prefetch.provider.plan_decision import Act
from pulumi_esa_prefetch.provider.plan_properties import (
    PlanInputs,
    PlanState,
    read_declaration,
)
from tests.provider.world import JOB, PLAN, props
from tests.support.local_esa import plan_id

NOW = datetime(2026, 1, 31, 8, tzinfo=UTC)
STATUSES = ("waiting", "running", "finished", "failed", "stopped")


@dataclass(frozen=True)
class Seen:
    """A plan as ESA shows it."""

    status: str | None
    end_time: datetime | None = None


def recorded(status: str, **given: Any) -> PlanState:
    return PlanState.parse(props(status=status, **given))


@pytest.mark.parametrize(
    ("declared", "observed", "act"),
    [
        ({}, "waiting", Act.START),
        ({}, "running", Act.ADOPT),
        ({}, "stopped", Act.START),
        ({}, "failed", Act.START),
        ({"restart_failed": False}, "failed", Act.ADOPT),
        ({}, "finished", Act.ADOPT),
        ({"restart_finished": True}, "finished", Act.START),
        ({"restart_finished": True}, "running", Act.ADOPT),
        ({}, None, Act.REFUSE),
        ({}, "paused-by-esa", Act.REFUSE),
        ({"desired_state": "stopped"}, "running", Act.STOP),
        ({"desired_state": "stopped"}, "waiting", Act.REFUSE),
        ({"desired_state": "stopped"}, "stopped", Act.ADOPT),
        ({"desired_state": "stopped"}, "finished", Act.ADOPT),
        ({"desired_state": "stopped"}, "failed", Act.ADOPT),
        ({"desired_state": "stopped"}, None, Act.REFUSE),
    ],
)
def test_a_first_declaration_does_what_the_table_says_for_each_status(
    declared: dict[str, Any], observed: str | None, act: Act
) -> None:
    seen = Seen(observed) if observed else None

    decided = plan_decision.at_create(PlanInputs.parse(props(**declared)), seen)

    assert decided.act is act
    assert decided.why


CHANGES = [
    ("waiting", {}, {}, Act.KEEP),
    ("running", {}, {}, Act.KEEP),
    ("stopped", {}, {}, Act.START),
    ("failed", {}, {}, Act.START),
    ("failed", {"restart_failed": False}, {"restart_failed": False}, Act.KEEP),
    ("finished", {}, {}, Act.KEEP),
    ("finished", {"restart_finished": True}, {"restart_finished": True}, Act.KEEP),
    ("running", {"desired_state": "stopped"}, {"desired_state": "stopped"}, Act.STOP),
    ("waiting", {"desired_state": "stopped"}, {"desired_state": "stopped"}, Act.REFUSE),
    ("stopped", {"desired_state": "stopped"}, {"desired_state": "stopped"}, Act.KEEP),
    ("finished", {"desired_state": "stopped"}, {"desired_state": "stopped"}, Act.KEEP),
    ("failed", {"desired_state": "stopped"}, {"desired_state": "stopped"}, Act.KEEP),
    ("running", {}, {"triggers": {"v": "2"}}, Act.RERUN),
    ("finished", {}, {"triggers": {"v": "2"}}, Act.RERUN),
    ("stopped", {}, {"triggers": {"v": "2"}}, Act.RERUN),
    ("waiting", {"triggers": {"v": "2"}}, {}, Act.RERUN),
    ("running", {"triggers": {"v": 1}}, {"triggers": {"v": True}}, Act.RERUN),
    ("running", {"triggers": {"v": 2}}, {"triggers": {"v": 2.0}}, Act.KEEP),
    (
        "stopped",
        {"desired_state": "stopped"},
        {"desired_state": "stopped", "triggers": {"v": "2"}},
        Act.RECORD,
    ),
    ("running", {}, {"on_destroy": "leave"}, Act.RECORD),
    ("running", {}, {"rerun": "resume"}, Act.RECORD),
    ("running", {}, {"restart_failed": False}, Act.RECORD),
    ("finished", {}, {"restart_finished": True}, Act.RECORD),
    ("failed", {}, {"restart_failed": False}, Act.RECORD),
    ("failed", {"restart_failed": False}, {}, Act.START),
    ("running", {}, {"desired_state": "stopped"}, Act.STOP),
    ("waiting", {}, {"desired_state": "stopped"}, Act.REFUSE),
    ("finished", {}, {"desired_state": "stopped"}, Act.RECORD),
    ("stopped", {"desired_state": "stopped"}, {}, Act.START),
    ("waiting", {"desired_state": "stopped"}, {}, Act.START),
    ("finished", {"desired_state": "stopped"}, {}, Act.RECORD),
    ("running", {}, {"job_id": None}, Act.KEEP),
    ("running", {}, {"job_id": None, "plan_id": f"{JOB}:{PLAN}"}, Act.KEEP),
    ("running", {}, {"plan_id": PLAN.upper(), "job_id": JOB.upper()}, Act.KEEP),
    ("running", {}, {"job_id": "f" * 24}, Act.REFUSE),
]


@pytest.mark.parametrize(("status", "before", "after", "act"), CHANGES)
def test_a_change_is_found_by_comparing_with_the_state(
    status: str, before: dict[str, Any], after: dict[str, Any], act: Act
) -> None:
    declaration = read_declaration(props(**after))

    decided = plan_decision.at_diff(declaration, recorded(status, **before))

    assert decided.act is act
    assert decided.why


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ({}, {}, Act.KEEP),
        ({}, {"triggers": {"v": "2"}}, Act.RERUN),
        ({}, {"desired_state": "stopped"}, Act.RECORD),
        ({"desired_state": "stopped"}, {}, Act.RECORD),
    ],
    ids=["same", "triggers", "to stop", "to run"],
)
@pytest.mark.parametrize("status", ["paused-by-esa", "unknown", ""])
def test_an_unknown_status_is_no_change_and_never_acted_upon(
    status: str, before: dict[str, Any], after: dict[str, Any], change: Act
) -> None:
    declared = PlanInputs.parse(props(**after))

    seen = plan_decision.at_diff(
        read_declaration(props(**after)), recorded(status, **before)
    )
    now = plan_decision.at_update(declared, recorded("x", **before), Seen(status), NOW)

    assert seen.act is change
    assert now == plan_decision.Decision(
        Act.REFUSE,
        f"is left alone, because {plan_decision.UNKNOWN_STATUS} ({status or 'none'})",
    )


@pytest.mark.parametrize(
    ("status", "running", "act", "tell"),
    [
        ("running", [], Act.RERUN, False),
        ("waiting", [], Act.RERUN, False),
        ("waiting", ["a"], Act.START, True),
        *(
            (s, ["a"], Act.REFUSE, False)
            for s in ("running", "stopped", "finished", "failed")
        ),
    ],
)
def test_a_plan_never_sets_back_the_others_that_run(
    status: str, running: list[str], act: Act, *, tell: bool
) -> None:
    decided = plan_decision.at_rerun(Seen(status), running)

    assert (decided.act, decided.notify) == (act, tell)


@pytest.mark.parametrize("status", ["waiting", "finished"])
def test_of_many_plans_that_run_beside_one_three_are_named(status: str) -> None:
    decided = plan_decision.at_rerun(Seen(status), list("abcde"))

    assert "runs (a, b, c and 2 more)" in decided.why


@pytest.mark.parametrize("running", [[], ["a"]])
@pytest.mark.parametrize("status", STATUSES)
def test_a_job_that_this_run_has_reset_is_not_reset_again_and_blocks_no_plan(
    status: str, running: list[str]
) -> None:
    decided = plan_decision.at_rerun(Seen(status), running, was_reset=True)

    assert (decided.act, decided.notify) == (Act.START, False)


@pytest.mark.parametrize(
    ("before", "now", "contradicts"),
    [
        ("running", "running", False),
        ("running", "failed", False),
        ("running", "stopped", True),
        ("running", "waiting", True),
        ("running", "finished", True),
        ("waiting", "waiting", False),
        ("waiting", "running", False),
        ("waiting", "stopped", True),
        ("waiting", "finished", True),
        ("finished", "finished", False),
        ("finished", "running", False),
        ("finished", None, False),
        ("stopped", "stopped", False),
        ("stopped", None, True),
    ],
)
def test_a_list_that_contradicts_the_state_may_be_older_than_it(
    before: str, now: str | None, *, contradicts: bool
) -> None:
    seen = Seen(now) if now else None

    assert plan_decision.may_predate_state(recorded(before), seen) is contradicts


@pytest.mark.parametrize(
    ("status", "opens", "doubtful"),
    [
        ("waiting", None, True),
        ("waiting", NOW - timedelta(hours=1), True),
        ("waiting", NOW + timedelta(seconds=59), True),
        ("waiting", NOW + timedelta(seconds=61), False),
        ("running", None, False),
        ("stopped", None, False),
        ("pausing", NOW + timedelta(hours=1), True),
    ],
)
def test_a_plan_whose_window_may_have_opened_may_have_another_status(
    status: str, opens: datetime | None, *, doubtful: bool
) -> None:
    plan = Plan(id=PLAN, status=status, start_time=opens)

    assert plan_decision.may_be_stale(plan, NOW) is doubtful
    assert not plan_decision.may_be_stale(None, NOW)


@pytest.mark.parametrize("on_destroy", ["stop", "delete"])
def test_a_plan_with_an_unknown_status_is_left_with_a_line(on_destroy: str) -> None:
    state = recorded("running", on_destroy=on_destroy)

    decided = plan_decision.at_delete(state, Seen("pausing"))

    assert (decided.act, decided.notify) == (Act.LEAVE, True)


@pytest.mark.parametrize(("status", "before", "after", "act"), CHANGES)
def test_update_decides_by_the_list_as_diff_does_by_the_state(
    status: str, before: dict[str, Any], after: dict[str, Any], act: Act
) -> None:
    declared = PlanInputs.parse(props(**after))

    decided = plan_decision.at_update(
        declared, recorded("x", **before), Seen(status), NOW
    )

    assert decided.act is (Act.ADOPT if act is Act.KEEP else act)


@pytest.mark.parametrize(
    ("after", "act"),
    [
        ({"plan_id": plan_id(2)}, Act.REPLACE),
        ({"plan_id": f"{JOB}:{plan_id(2)}"}, Act.REPLACE),
        ({"plan_id": UNKNOWN}, Act.REPLACE),
        ({"plan_id": UNKNOWN, "job_id": UNKNOWN}, Act.REPLACE),
        ({"job_id": UNKNOWN}, Act.AWAIT),
        ({"triggers": {"deep": [UNKNOWN]}}, Act.AWAIT),
        ({"desired_state": UNKNOWN}, Act.AWAIT),
        ({"desired_state": "nonsense"}, Act.AWAIT),
    ],
)
def test_diff_of_another_plan_or_of_what_is_not_known(
    after: dict[str, Any], act: Act
) -> None:
    decided = plan_decision.at_diff(
        read_declaration(props(**after)), recorded("running")
    )

    assert decided.act is act


def test_a_plan_id_that_the_engine_removed_replaces() -> None:
    declaration = read_declaration({"job_id": JOB})

    decided = plan_decision.at_diff(declaration, recorded("running"))

    assert decided.act is Act.REPLACE


@pytest.mark.parametrize(
    ("end", "act"),
    [
        (NOW, Act.REFUSE),
        (NOW - timedelta(seconds=1), Act.REFUSE),
        (NOW + timedelta(seconds=1), Act.RERUN),
        (None, Act.RERUN),
    ],
)
def test_a_rerun_is_refused_once_the_window_is_over(
    end: datetime | None, act: Act
) -> None:
    declared = PlanInputs.parse(props(triggers={"v": "2"}))

    decided = plan_decision.at_update(
        declared, recorded("running"), Seen("running", end), NOW
    )

    assert decided.act is act


@pytest.mark.parametrize(
    ("status", "what_to_do"),
    [
        ("stopped", "does not exist any more: run refresh"),
        ("finished", "remove its declaration, or declare another plan"),
    ],
)
def test_an_update_of_a_plan_that_is_gone_is_refused(
    status: str, what_to_do: str
) -> None:
    declared = PlanInputs.parse(props(triggers={"v": "2"}))

    decided = plan_decision.at_update(declared, recorded(status), None, NOW)

    assert decided.act is Act.REFUSE
    assert what_to_do in decided.why


@pytest.mark.parametrize(
    ("status", "before", "after", "looks"),
    [
        ("running", {}, {"on_destroy": "leave"}, False),
        ("finished", {}, {"restart_finished": True}, False),
        ("stopped", {"desired_state": "stopped"}, {"triggers": {"v": "2"}}, True),
        (
            "stopped",
            {"desired_state": "stopped"},
            {"desired_state": "stopped", "triggers": {"v": "2"}},
            False,
        ),
        ("running", {}, {}, False),
        ("stopped", {}, {}, True),
        ("stopped", {}, {"on_destroy": "leave"}, True),
        ("finished", {}, {"desired_state": "stopped"}, True),
        ("finished", {}, {"triggers": {"v": "2"}}, True),
    ],
)
def test_an_update_lists_the_plan_unless_it_only_records(
    status: str, before: dict[str, Any], after: dict[str, Any], *, looks: bool
) -> None:
    declared = PlanInputs.parse(props(**after))

    assert plan_decision.needs_lookup(declared, recorded(status, **before)) is looks


@pytest.mark.parametrize(
    ("status", "observed", "act", "tell"),
    [
        ("running", "stopped", Act.ADOPT, False),
        ("finished", "running", Act.ADOPT, False),
        ("running", None, Act.DROP, False),
        ("waiting", None, Act.DROP, False),
        ("finished", None, Act.KEEP, True),
    ],
)
def test_only_a_plan_that_had_finished_stays_in_the_state_when_it_is_gone(
    status: str, observed: str | None, act: Act, *, tell: bool
) -> None:
    seen = Seen(observed) if observed else None

    decided = plan_decision.at_read(recorded(status), seen)

    assert (decided.act, decided.notify) == (act, tell)


@pytest.mark.parametrize(
    ("on_destroy", "observed", "act", "tell"),
    [
        ("stop", "running", Act.STOP, False),
        ("stop", "waiting", Act.LEAVE, True),
        # the list may lag behind the Start that is in the state
        ("stop", "stopped", Act.STOP, False),
        ("stop", "finished", Act.LEAVE, False),
        ("stop", "failed", Act.LEAVE, False),
        ("stop", None, Act.LEAVE, False),
        ("delete", "running", Act.DELETE, False),
        ("delete", "waiting", Act.DELETE, False),
        ("delete", "finished", Act.DELETE, False),
        ("delete", None, Act.LEAVE, False),
    ],
)
def test_a_deletion_does_what_on_destroy_says_for_each_status(
    on_destroy: str, observed: str | None, act: Act, *, tell: bool
) -> None:
    state = recorded("running", on_destroy=on_destroy)
    seen = Seen(observed) if observed else None

    decided = plan_decision.at_delete(state, seen)

    assert (decided.act, decided.notify) == (act, tell)


@pytest.mark.parametrize(
    ("on_destroy", "still_declared", "act"),
    [
        ("stop", True, Act.LEAVE),
        ("delete", True, Act.LEAVE),
        ("leave", False, Act.LEAVE),
        ("stop", False, None),
        ("delete", False, None),
    ],
)
def test_no_list_is_read_for_a_plan_that_is_declared_elsewhere_or_left(
    on_destroy: str, act: Act | None, *, still_declared: bool
) -> None:
    decided = plan_decision.before_delete(
        recorded("running", on_destroy=on_destroy), still_declared=still_declared
    )

    assert (decided.act if decided else None) is act
