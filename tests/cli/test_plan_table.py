"""The table of the plans that a stack exports."""

import pytest

from pulumi_esa_cli.terminal.plan_table import is_plans, plan_table

NIGHTLY = {
    "job_id": "665d3af3621bccf3fe29e1a4",
    "status": "running",
    "window": "2026-01-02T03:04:05.678Z/2026-01-03T08:00:00+08:00",
}
OPEN = {"job_id": "665d3af3621bccf3fe29e1b0", "status": "waiting", "window": "/"}


def test_every_plan_has_a_line_with_its_status_window_and_job() -> None:
    assert plan_table({"catalogue-nightly": NIGHTLY, "later": OPEN}) == [
        "PLAN               STATUS   WINDOW (UTC, 2026)         JOB",
        "catalogue-nightly  running  01-02 03:04 - 01-03 00:00  665d3af3621bccf3fe29e1a4",
        "later              waiting  open - open                665d3af3621bccf3fe29e1b0",
    ]


def test_windows_of_two_years_have_their_years() -> None:
    new_year = NIGHTLY | {"window": "2026-12-31T23:00:00Z/2027-01-01T05:00:00Z"}

    assert plan_table({"a": new_year}) == [
        "PLAN  STATUS   WINDOW (UTC)                         JOB",
        "a     running  2026-12-31 23:00 - 2027-01-01 05:00  665d3af3621bccf3fe29e1a4",
    ]


def test_where_the_job_does_not_fit_it_is_left_out() -> None:
    plans = {"a-name-that-is-rather-long": NIGHTLY}

    assert max(map(len, plan_table(plans))) > 80
    assert plan_table(plans, 80) == [
        "PLAN                        STATUS   WINDOW (UTC, 2026)",
        "a-name-that-is-rather-long  running  01-02 03:04 - 01-03 00:00",
    ]


def test_a_name_from_outside_stays_on_its_line() -> None:
    assert len(plan_table({"a\nb\x1b[2J": NIGHTLY})) == 2


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        "plans",
        {"a": 1},
        {"a": {"status": "running"}},
        {"a": NIGHTLY | {"window": "soon"}},
        {"a": NIGHTLY | {"window": "soon/later"}},
        {"a": NIGHTLY | {"status": None}},
    ],
)
def test_any_other_output_is_not_taken_for_plans(value: object) -> None:
    assert not is_plans(value)
    assert is_plans({"a": NIGHTLY, "b": OPEN})
