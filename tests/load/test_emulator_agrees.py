"""The forecast, held to the batch against what the emulator's plans really submit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.emulator.records import Batch
from pulumi_esa_prefetch.emulator.seed import Seed
from pulumi_esa_prefetch.emulator.world import World
from pulumi_esa_prefetch.load import Run, forecast

NOW = datetime(2026, 11, 11, tzinfo=UTC)
JOB = "a" * 24
LONG_AFTER = 10_000


def what_is_submitted(
    runs: list[Run], urls: int, submitted: int
) -> dict[str, list[Batch]]:
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
    clock = ManualClock(NOW)
    world = World(clock, Seed.model_validate(seed))
    clock.advance(LONG_AFTER)
    with world.moment():
        return {r.name: [b for b in world.batches if b.plan_id == r.name] for r in runs}


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

    really = what_is_submitted(runs, urls, done)

    for told in forecast(runs, urls, NOW, done):
        batches = really[told.run.name]
        assert told.batches == len(batches)
        assert told.urls == sum(batch.count for batch in batches)
        assert told.first == (batches[0].at if batches else None)
        assert told.last == (batches[-1].at if batches else None)
