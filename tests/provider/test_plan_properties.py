"""Declarations and states as properties: spellings, defaults, unknown values, what is refused and how."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import UNKNOWN
from pydantic import ValidationError

from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.errors import unreadable
from pulumi_esa_prefetch.provider.plan_properties import (
    PlanInputs,
    PlanState,
    read_declaration,
    split_id,
)
from tests.provider.world import JOB, PLAN, props

DEFAULTS = {
    "desired_state": "running",
    "triggers": {},
    "rerun": "from_start",
    "on_destroy": "stop",
    "restart_failed": True,
    "restart_finished": False,
}


@pytest.mark.parametrize(
    "given",
    [
        {"plan_id": PLAN, "job_id": JOB},
        {"plan_id": f"{JOB}:{PLAN}"},
        {"plan_id": f"{JOB}:{PLAN}", "job_id": JOB},
        {"plan_id": f"{JOB.upper()}:{PLAN.upper()}", "job_id": None},
        {"plan_id": PLAN, "job_id": JOB, "__provider": "gASV"},
    ],
    ids=["apart", "composite", "both", "upper case", "with the host's own"],
)
def test_every_spelling_of_a_plan_is_one(given: dict[str, Any]) -> None:
    declaration = read_declaration(given)

    assert declaration.props == {"plan_id": PLAN, "job_id": JOB, **DEFAULTS}
    assert declaration.failures == ()


def test_what_check_returns_reads_the_same_again() -> None:
    once = read_declaration({"plan_id": f"{JOB}:{PLAN}", "triggers": {"n": 2.0}}).props

    assert read_declaration(once).props == once


def test_a_job_that_is_not_given_is_not_made_up() -> None:
    assert read_declaration({"plan_id": PLAN}).props == {"plan_id": PLAN, **DEFAULTS}


@pytest.mark.parametrize(
    ("given", "name", "reason"),
    [
        ({"plan_id": "66599bd7"}, "plan_id", "is not a plan id: 24 hex digits"),
        ({"plan_id": ""}, "plan_id", "is not a plan id"),
        ({"plan_id": f"{PLAN}:"}, "plan_id", "is not a plan id"),
        ({"plan_id": f"{PLAN}\n"}, "plan_id", "is not a plan id"),
        ({"plan_id": f"1900:{PLAN}"}, "plan_id", "is not a plan id"),
        ({"plan_id": "٣" * 24}, "plan_id", "is not a plan id"),
        ({"plan_id": 12.0}, "plan_id", "must be a string"),
        ({"job_id": "job"}, "job_id", "is not a job id: 24 hex digits"),
        ({"job_id": f"190007158391808:{JOB}"}, "job_id", "scheduled_preload_job_id"),
        ({"plan_id": f"{'f' * 24}:{PLAN}"}, "plan_id", "names another job than job_id"),
        (
            {"desired_state": "runing"},
            "desired_state",
            "must be one of 'running' or 'stopped'",
        ),
        (
            {"on_destroy": "keep"},
            "on_destroy",
            "must be one of 'stop', 'leave' or 'delete'",
        ),
        ({"rerun": "again"}, "rerun", "must be one of 'from_start' or 'resume'"),
        ({"restart_failed": "perhaps"}, "restart_failed", "must be a boolean"),
        ({"restart_finished": [True]}, "restart_finished", "must be a boolean"),
        ({"triggers": ["a"]}, "triggers", "must be a mapping"),
        ({"triggers": {"a": object()}}, "triggers", "may hold only strings"),
        ({"paln_id": PLAN}, "paln_id", "is not a property of ScheduledPrefetch"),
    ],
)
def test_a_bad_value_is_named_by_its_property(
    given: dict[str, Any], name: str, reason: str
) -> None:
    failures = read_declaration(props(**given)).failures

    assert [failure[0] for failure in failures] == [name]
    assert reason in failures[0][1]


def test_all_bad_values_are_named_at_once_and_none_is_shown() -> None:
    declaration = read_declaration({"plan_id": "sesame", "job_id": "sesame"})

    assert [name for name, _ in declaration.failures] == ["plan_id", "job_id"]
    assert "sesame" not in str(declaration.failures)


def test_what_is_not_known_passes_and_comes_back_as_it_was() -> None:
    given = {"plan_id": UNKNOWN, "job_id": UNKNOWN, "triggers": {"a": UNKNOWN}}

    declaration = read_declaration(given)

    assert declaration.failures == ()
    assert declaration.unknown == {"plan_id", "job_id", "triggers"}
    assert declaration.props == DEFAULTS | given
    assert declaration.inputs is None


def test_a_bad_value_beside_an_unknown_one_is_named() -> None:
    failures = read_declaration({"plan_id": UNKNOWN, "desired_state": "off"}).failures

    assert [name for name, _ in failures] == ["desired_state"]


def test_a_plan_id_that_the_engine_removed_is_no_failure() -> None:
    declaration = read_declaration({"job_id": JOB})

    assert declaration.failures == ()
    assert declaration.props == {"job_id": JOB, **DEFAULTS}


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (f"{JOB}:{PLAN}", (JOB, PLAN)),
        (f"{JOB}:{PLAN}".upper(), (JOB, PLAN)),
        (PLAN, (None, PLAN)),
        (f"{JOB}:{PLAN}:", (None, f"{JOB}:{PLAN}:")),
        (None, (None, None)),
        (7.0, (None, None)),
    ],
)
def test_a_composite_id_is_split_and_nothing_else(
    text: object, ids: tuple[str | None, str | None]
) -> None:
    assert split_id(text) == ids


@given(st.text() | st.floats() | st.none() | st.lists(st.text()))
def test_no_plan_id_raises_whatever_it_is(value: object) -> None:
    declaration = read_declaration({"plan_id": value})

    assert declaration.inputs is None or declaration.inputs.plan_id


def test_a_state_of_an_older_version_has_the_defaults() -> None:
    state = PlanState.parse({"plan_id": PLAN, "job_id": JOB, "status": "running"})

    assert state.props() == {"plan_id": PLAN, "job_id": JOB, **DEFAULTS}
    assert (state.starts, state.interval, state.start_time) == (0, None, None)


def test_a_state_of_a_newer_version_is_read_as_far_as_it_is_known() -> None:
    state = PlanState.parse(props(status="running", colour="blue"))

    assert "colour" not in state.outputs()


def test_outputs_read_back_are_the_same_state() -> None:
    plan = Plan(
        id=PLAN,
        job_id=JOB,
        status="running",
        start_time=datetime(2026, 1, 31, 8, 0, 0, 849000, tzinfo=UTC),
        interval=60,
        slice_len=10,
        ali_uid="15",
        request_id="R-1",
    )
    state = PlanState.parse(props()).after(plan, starts=1)

    outputs = state.outputs()

    assert PlanState.parse(outputs) == state
    assert outputs["start_time"] == "2026-01-31T08:00:00.849Z"
    assert outputs["end_time"] == ""
    assert (outputs["request_id"], outputs["starts"]) == ("R-1", 1)


def test_one_instant_has_one_notation_whatever_esa_wrote() -> None:
    notations = ["2024-05-31T09:10:48.849Z", "2024-05-31T17:10:48.849+08:00"]
    states = [PlanState.parse(props(end_time=text)) for text in notations]

    assert len({state.outputs()["end_time"] for state in states}) == 1


def test_outputs_are_a_new_dict_because_the_host_writes_into_them() -> None:
    state = PlanState.parse(props())

    state.outputs()["__provider"] = "gASV"

    assert "__provider" not in state.outputs()


def test_a_state_without_a_plan_is_an_error() -> None:
    with pytest.raises(ValidationError):
        PlanInputs.parse({"job_id": JOB})


def test_a_record_that_cannot_be_read_is_one_printable_line() -> None:
    with pytest.raises(ValidationError) as caught:
        PlanInputs.model_validate({"plan_id": PLAN, "desired\x13\ntate": "x"})

    text = str(unreadable(caught.value))

    assert "desired? tate is missing or wrong" in text
    assert text.isprintable()
