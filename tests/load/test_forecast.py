"""The forecast, compared with a simulation of every second."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.load import Forecast, Run, forecast

NOW = datetime(2026, 11, 11, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


@dataclass
class Plan:
    """One plan of the simulation, with the times and sizes of its batches."""

    run: Run
    batches: list[tuple[datetime, int]] = field(default_factory=list)
    due: datetime | None = None


def simulate(runs: list[Run], urls: int, submitted: int, seconds: int) -> list[Plan]:
    """Simulate second by second, with one position in the URL list for all plans."""
    plans = [Plan(run) for run in runs]
    place = submitted
    for second in range(seconds):
        moment = at(second)
        for plan in plans:
            opened = plan.run.start is None or plan.run.start <= moment
            closed = plan.run.end is not None and plan.run.end <= moment
            plan.due = moment if opened and plan.due is None else plan.due
            if not closed and plan.due == moment and place < urls:
                size = min(plan.run.slice_len, urls - place)
                plan.batches.append((moment, size))
                place += size
                plan.due = moment + timedelta(seconds=plan.run.interval)
    return plans


offsets = st.integers(-20, 60)


@st.composite
def run_of(draw: st.DrawFn) -> Run:
    start = draw(st.none() | offsets)
    length = draw(st.none() | st.integers(1, 60))
    return Run(
        "plan",
        interval=draw(st.integers(1, 9)),
        slice_len=draw(st.integers(1, 7)),
        start=None if start is None else at(start),
        end=None if length is None else at((start or 0) + length),
    )


@given(
    runs=st.lists(run_of(), min_size=1, max_size=4),
    urls=st.integers(0, 50),
    submitted=st.integers(0, 50),
)
def test_every_batch_has_the_time_of_the_simulation(
    runs: list[Run], urls: int, submitted: int
) -> None:
    simulated = simulate(runs, urls, submitted, seconds=600)

    told = forecast(runs, urls, NOW, submitted)

    assert [(f.batches, f.urls) for f in told] == [
        (len(plan.batches), sum(size for _, size in plan.batches)) for plan in simulated
    ]
    assert [(f.first, f.last) for f in told] == [
        (plan.batches[0][0], plan.batches[-1][0]) if plan.batches else (None, None)
        for plan in simulated
    ]


@given(runs=st.lists(run_of(), min_size=1, max_size=4), urls=st.integers(1, 50))
def test_what_is_left_and_when_it_is_done_agree_with_the_simulation(
    runs: list[Run], urls: int
) -> None:
    simulated = simulate(runs, urls, 0, seconds=600)
    batches = [batch for plan in simulated for batch in plan.batches]
    left = urls - sum(size for _, size in batches)
    finish = max(moment for moment, _ in batches) if not left else None

    told = forecast(runs, urls, NOW)

    assert {f.left for f in told} == {left}
    assert {f.fits for f in told} == {left == 0}
    assert {f.finish for f in told} == {finish}


@given(run=run_of(), urls=st.integers(1, 50))
def test_a_window_as_long_as_needed_fits_and_one_second_less_does_not(
    run: Run, urls: int
) -> None:
    endless = Run(run.name, run.interval, run.slice_len, run.start)
    needed = forecast([endless], urls, NOW)[0].needs_until
    assert needed is not None

    def ending(moment: datetime) -> Forecast:
        ended = Run(run.name, run.interval, run.slice_len, run.start, moment)
        return forecast([ended], urls, NOW)[0]

    assert ending(needed + timedelta(seconds=1)).fits
    assert not ending(needed).fits


@given(run=run_of())
def test_without_a_url_count_the_window_gives_the_last_possible_batch(
    run: Run,
) -> None:
    without = forecast([run], None, NOW)[0]
    with_plenty = forecast([run], 10_000, NOW)[0]

    assert without.first == with_plenty.first
    assert without.fits is None
    if run.end is not None:
        assert without.last == with_plenty.last


def test_hundreds_of_billions_of_urls_are_calculated_not_simulated() -> None:
    runs = [Run(f"plan {n}", 60 + n, 1 + n) for n in range(200)]

    told = forecast(runs, 10**12, NOW)

    assert sum(f.urls or 0 for f in told) == 10**12


def test_a_finish_beyond_all_calendars_is_still_an_answer() -> None:
    told = forecast([Run("plan", 2**31 - 1, 1)], 10**9, NOW)[0]

    assert told.finish is not None
    assert told.finish.year == 9000
    assert told.load_end is not None


def test_a_past_window_submits_nothing_and_says_so() -> None:
    told = forecast([Run("plan", 30, 10, at(-60), at(0))], 100, NOW)[0]

    assert told.past
    assert (told.batches, told.urls, told.left) == (0, 0, 100)
    assert told.first is told.last is told.finish is None


def test_a_list_that_is_done_already_leaves_nothing_to_submit() -> None:
    told = forecast([Run("plan", 30, 10)], 100, NOW, submitted=100)[0]

    assert (told.batches, told.left, told.fits) == (0, 0, True)


def test_the_load_ends_one_interval_after_the_last_batch() -> None:
    told = forecast([Run("plan", 30, 10)], 25, NOW)[0]

    assert told.last == at(60)
    assert told.load_end == at(90)


@pytest.mark.parametrize(("interval", "slice_len"), [(0, 1), (1, 0), (-1, 5)])
def test_a_pace_below_one_is_refused(interval: int, slice_len: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Run("plan", interval, slice_len)


@dataclass(frozen=True)
class Known:
    interval: int | None = 60
    slice_len: int | None = 5
    status: str | None = "running"
    start_time: datetime | None = None
    end_time: datetime | None = None


def test_any_object_with_window_and_pace_is_a_run() -> None:
    assert Run.of(Known(), "one") == Run("one", 60, 5, running=True)
    assert Run.of(Known(status="waiting", end_time=NOW), "one") == Run(
        "one", 60, 5, end=NOW
    )


@pytest.mark.parametrize("pace", [None, 0, -1])
def test_a_plan_without_a_pace_is_no_run(pace: int | None) -> None:
    assert Run.of(Known(interval=pace), "one") is None
    assert Run.of(Known(slice_len=pace), "one") is None
