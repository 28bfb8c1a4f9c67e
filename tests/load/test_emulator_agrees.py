"""The forecast, compared batch by batch with what the emulator's plans submit."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.state.emulator_state import EmulatorState
from pulumi_esa_emulator.state.records import Batch
from pulumi_esa_emulator.state.seed import Seed
from pulumi_esa_prefetch.load import Run, forecast

NOW = datetime(2026, 11, 11, tzinfo=UTC)
JOB = "a" * 24
LONG_AFTER = 10_000


def state_of(
    runs: list[Run], urls: int, submitted: int, clock: ManualClock
) -> EmulatorState:
    plans: list[dict[str, Any]] = [
        {
            "Id": run.name,
            "StartTime": (run.start or NOW).isoformat(),
            "EndTime": run.end.isoformat() if run.end else None,
            "Interval": run.interval,
            "SliceLen": run.slice_len,
            "Status": "waiting",
        }
        for run in runs
    ]
    seed = {
        "sites": [{"SiteId": 1, "Status": "active"}],
        "jobs": [
            {
                "Id": JOB,
                "SiteId": 1,
                "Name": "job",
                "UrlList": [f"http://a.example/{n}" for n in range(urls)],
                "TaskSubmitted": submitted,
                "plans": [{k: v for k, v in p.items() if v is not None} for p in plans],
            }
        ],
    }
    return EmulatorState(clock, Seed.model_validate(seed))


def batches_of(state: EmulatorState, run: Run) -> list[Batch]:
    return [batch for batch in state.batches if batch.plan_id == run.name]


@st.composite
def plans_of_one_job(draw: st.DrawFn) -> list[Run]:
    runs = []
    for number in range(draw(st.integers(1, 4))):
        start = draw(st.none() | st.integers(0, 60))
        length = draw(st.none() | st.integers(1, 60))
        runs.append(
            Run(
                f"{number:024x}",
                interval=draw(st.integers(1, 9)),
                slice_len=draw(st.integers(1, 7)),
                start=None if start is None else NOW + timedelta(seconds=start),
                end=None
                if length is None
                else NOW + timedelta(seconds=(start or 0) + length),
            )
        )
    return runs


@given(runs=plans_of_one_job(), urls=st.integers(1, 60), done=st.integers(0, 20))
def test_the_emulator_submits_what_was_forecast_to_the_batch(
    runs: list[Run], urls: int, done: int
) -> None:
    done = min(done, urls)

    clock = ManualClock(NOW)
    state = state_of(runs, urls, done, clock)

    clock.advance(LONG_AFTER)
    with state.locked():
        really = {run.name: batches_of(state, run) for run in runs}

    for told in forecast(runs, urls, NOW, done):
        batches = really[told.run.name]
        assert told.batches == len(batches)
        assert told.urls == sum(batch.count for batch in batches)
        assert told.first == (batches[0].at if batches else None)
        assert told.last == (batches[-1].at if batches else None)


@given(runs=plans_of_one_job(), urls=st.integers(1, 60), seconds=st.integers(0, 90))
def test_the_emulator_follows_a_forecast_made_at_any_time(
    runs: list[Run], urls: int, seconds: int
) -> None:
    clock = ManualClock(NOW)
    state = state_of(runs, urls, 0, clock)
    clock.advance(seconds)
    with state.locked() as current:
        so_far = len(state.batches)
        place = current.records.submitted(JOB)
        status = {plan.id: plan.status for plan in current.records.plans_of(JOB)}
    going = [
        replace(run, start=run.start or NOW, running=status[run.name] == "running")
        for run in runs
        if status[run.name] in {"waiting", "running"}
    ]

    told = forecast(going, urls, clock.now(), place)

    clock.advance(LONG_AFTER)
    with state.locked():
        later = list(state.batches)[so_far:]
    assert {one.run.name: (one.batches, one.last) for one in told if one.batches} == {
        batch.plan_id: (sum(b.plan_id == batch.plan_id for b in later), batch.at)
        for batch in later
    }
