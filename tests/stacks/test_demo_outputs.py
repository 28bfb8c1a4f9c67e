"""The table that `make up` ends with."""

from stacks.prefetch.demo.outputs import table


def test_every_plan_has_a_line_with_its_status_window_and_job() -> None:
    plans = {
        "launch": {
            "job_id": "665d3af3621bccf3fe29e1a4",
            "status": "running",
            "window": "2026-01-02T03:04:05.678Z/2026-01-02T05:00:00Z",
        },
        "later": {
            "job_id": "665d3af3621bccf3fe29e1b0",
            "status": "waiting",
            "window": "/",
        },
    }

    lines = table({"plans": plans}).splitlines()

    assert lines == [
        "PLAN    STATUS   WINDOW (UTC)                         JOB",
        "launch  running  2026-01-02 03:04 - 2026-01-02 05:00  665d3af3621bccf3fe29e1a4",
        "later   waiting  open - open                          665d3af3621bccf3fe29e1b0",
    ]


def test_a_stack_without_plans_is_a_head_alone() -> None:
    assert table({}) == "PLAN  STATUS  WINDOW (UTC)  JOB"
