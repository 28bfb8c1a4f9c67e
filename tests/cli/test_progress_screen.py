"""The screen of `progress` at the sizes of terminals, with many plans and odd names."""

from datetime import UTC, datetime, timedelta

import pytest
from rich.cells import cell_len

from pulumi_esa_cli.esa.progress_screen import ProgressScreen
from pulumi_esa_prefetch.report.analysis.progress import (
    Attention,
    PlanProgress,
    ProgressSnapshot,
    WatchedPlan,
)

NOW = datetime(2026, 11, 11, 14, tzinfo=UTC)
ODD = (
    "双十一预热-活动页-华东-华南-华北-西南-西北-东北",
    "👩‍👩‍👧 family",
    "a" * 120,
    "two\nlines\x1b[2J",
)


def plan(
    name: str,
    status: str = "running",
    attention: Attention | None = None,
    hours: float = 3,
    submitted: int = 20,
    urls: int = 100,
) -> PlanProgress:
    return PlanProgress(
        WatchedPlan(name, f"job of {name}", "plan"),
        status,
        NOW + timedelta(hours=1),
        None,
        1 / 60,
        NOW + timedelta(hours=hours),
        submitted,
        urls,
        attention=attention,
    )


def taken(*plans: PlanProgress, problem: str | None = None) -> ProgressSnapshot:
    return ProgressSnapshot(NOW, plans, (), problem)


def screen(snapshot: ProgressSnapshot, width: int = 80, height: int = 24) -> list[str]:
    shown = ProgressScreen(snapshot, "prod", 10)
    return [line.plain for line in shown.lines(width, height)]


MANY = taken(
    *(plan(f"campaign-{n:03}", "running" if n % 2 else "waiting") for n in range(196)),
    *(plan(name) for name in ODD),
)


def test_a_plan_is_one_line_with_all_that_is_known_of_it() -> None:
    lines = screen(taken(plan("launch")))

    assert lines == [
        "prod: 1 plan; 1 running",
        "Plan    Status   Job's URLs                   URLs     Rate     Left  Last batch",
        "launch  running  ███░░░░░░░░░░░░░░░░   20%  20/100    1/min    3h 0m  17:00",
        "Read at 14:00:00; times in UTC. Read every 10 s; Ctrl-C ends it.",
    ]


@pytest.mark.parametrize(
    ("width", "height"), [(80, 24), (100, 30), (60, 10), (200, 60)]
)
def test_two_hundred_plans_fit_the_terminal(width: int, height: int) -> None:
    lines = screen(MANY, width, height)

    assert len(lines) == height
    assert max(map(cell_len, lines)) <= width
    assert all(line.isprintable() for line in lines)


def test_what_does_not_fit_is_one_line_of_counts() -> None:
    lines = screen(MANY)

    assert lines[-3] == "… and 181 more: 83 running, 98 waiting"


def test_a_wider_terminal_shows_more_of_each_plan() -> None:
    narrow, wide = screen(MANY), screen(MANY, 100, 30)

    assert not any("20/100" in line for line in narrow)
    assert sum("20/100" in line for line in wide) == 25


def test_wide_characters_keep_the_columns() -> None:
    lines = screen(taken(plan("plain"), *map(plan, ODD)))[1:-2]

    places = {cell_len(line[: line.index("running")]) for line in lines[1:]}
    assert len(places) == 1
    assert cell_len(lines[0][: lines[0].index("Status")]) in places


def test_a_last_batch_on_another_day_is_shown_with_its_day() -> None:
    rows = [
        screen(taken(plan("launch", hours=hours)))[2].split("  ")[-1]
        for hours in (3, 20, 24 * 90)
    ]

    assert rows == ["17:00", "12 Nov 10:00", "2027-02-09"]


def test_what_needs_attention_is_first_and_its_reason_is_in_its_line() -> None:
    stopped = plan("launch", "stopped", Attention.STOPPED)

    lines = screen(taken(*MANY.plans, stopped))

    assert "1 needs attention" in lines[0]
    first = next(line for line in lines if "launch" in line)
    assert lines.index(first) in {2, 3}
    assert first.endswith("is declared running")


def test_a_job_is_complete_only_when_its_last_url_is_submitted() -> None:
    almost = screen(taken(plan("launch", submitted=9999, urls=10_000)))[2]

    assert " 99%" in almost
    assert "░" in almost


def test_the_total_counts_a_job_of_several_plans_once() -> None:
    one = plan("one")
    other = PlanProgress(
        WatchedPlan("other", one.target.job_id, "plan 2"),
        "waiting",
        urls_per_second=1,
        submitted=20,
        urls=100,
    )

    total = screen(taken(one, other), 100)[-2]

    assert total.startswith("Total")
    assert "20/100" in total
    assert "1/min" in total


def test_a_failed_read_is_shown_below_the_table_and_fits_too() -> None:
    lines = screen(taken(*MANY.plans, problem="no connection " * 40))

    assert len(lines) == 24
    assert lines[-2].startswith("no connection")


def test_the_last_screen_does_not_say_how_to_end_it() -> None:
    live, last = (
        "\n".join(
            line.plain for line in ProgressScreen(MANY, "prod", every).lines(80, 24)
        )
        for every in (10, None)
    )

    assert "Ctrl-C" in live
    assert "Ctrl-C" not in last
