"""Forecasts when the plans of one job submit how many of its URLs; knows no limits.

ESA's pages define Interval (seconds between batches) and SliceLen (URLs in a batch) of a
plan. They do not say whether the position in the URL list belongs to the plan or to the job
(CreateScheduledPreloadExecutions, ResetScheduledPreloadJob). This module assumes the job, so
its plans share the rest of the list. It also assumes that the first batch is sent when the
plan starts, one more every Interval seconds, and none at or after EndTime.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR = datetime(9000, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
_SECOND = 1_000_000  # microseconds


class PlanSchedule(Protocol):
    """The window, pace and status of a plan of any module; an unknown value is None."""

    @property
    def interval(self) -> int | None:
        """The seconds between two batches."""
        ...

    @property
    def slice_len(self) -> int | None:
        """The number of URLs in a batch."""
        ...

    @property
    def start_time(self) -> datetime | None:
        """When its window opens."""
        ...

    @property
    def end_time(self) -> datetime | None:
        """When its window closes."""
        ...

    @property
    def status(self) -> str | None:
        """The status that ESA returned."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """A plan that will run: seconds between batches, URLs in a batch, a window of aware datetimes.

    The window may have no start or no end. `running`: the plan runs now; it is assumed to
    have begun when its window opened. Raises ValueError if interval or slice_len is below 1.
    """

    name: str
    interval: int
    slice_len: int
    start: datetime | None = None
    end: datetime | None = None
    running: bool = False

    def __post_init__(self) -> None:
        if self.interval < 1 or self.slice_len < 1:
            raise ValueError(
                f"{self.name}: interval and slice_len must be at least 1, "
                f"not {self.interval} and {self.slice_len}"
            )

    @classmethod
    def of(cls, plan: PlanSchedule, name: str) -> Self | None:
        """The run of a plan, with this name; None if its interval or slice_len is unknown or below 1."""
        interval, slice_len = plan.interval or 0, plan.slice_len or 0
        if interval < 1 or slice_len < 1:
            return None
        window = plan.start_time, plan.end_time
        return cls(name, interval, slice_len, *window, running=plan.status == "running")

    @property
    def urls_per_second(self) -> float:
        """The average rate while the plan runs."""
        return self.slice_len / self.interval

    def begins(self, now: datetime) -> datetime:
        """Return the time of its first batch from now on.

        That is now, or when its window opens. If the plan runs already, it is the next batch.
        """
        if self.running:
            return self._next(now)
        return now if self.start is None else max(now, self.start)

    def _next(self, now: datetime) -> datetime:
        """Return the time of the next batch after now; a batch due exactly now counts as sent."""
        step = self.interval * _SECOND
        begun = now if self.start is None else min(self.start, now)
        return _moment(
            _microseconds(begun) + ((now - begun) // TICK // step + 1) * step
        )

    def is_past(self, now: datetime) -> bool:
        """Whether its window is over."""
        return self.end is not None and self.end <= now


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one run will submit; a value is None if it cannot be known without the number of URLs.

    `past`: whether the window is over. `first`, `last`: the times of the first and the last batch,
    also None if there is no batch. `batches`, `urls`: how many this run submits. `left`: the URLs
    that no run of the job submits. `finish`: when the whole list is submitted, None if the windows
    close before. `needs_until`: when this run alone would finish the list, if its window had no end.
    """

    run: Run
    past: bool
    first: datetime | None
    last: datetime | None
    batches: int | None
    urls: int | None
    left: int | None
    finish: datetime | None
    needs_until: datetime | None

    @property
    def fits(self) -> bool | None:
        """Whether the whole list is submitted within the windows; None if unknown."""
        return None if self.left is None else self.left == 0

    @property
    def load_end(self) -> datetime | None:
        """When its load on the origin ends: one interval after the last batch."""
        return self.last and _moment(
            _microseconds(self.last) + self.run.interval * _SECOND
        )


def forecast(
    runs: Sequence[Run], urls: int | None, now: datetime, submitted: int = 0
) -> list[Forecast]:
    """Forecast the runs of one job from now on; the result has the order of `runs`.

    `urls`: the number of URLs in the job's list (UrlCount), None if unknown. `submitted`: how
    many of them are already submitted (TaskSubmitted). If two batches are due at the same time,
    the batch of the earlier run in `runs` is first.
    """
    all_times = [_BatchTimes.of(run, now) for run in runs]
    if urls is None:
        return [_without_count(times, now) for times in all_times]
    rest = max(0, urls - submitted)
    done = _exhausted(all_times, rest)
    portions = _portions(all_times, rest, done)
    left = rest - sum(count for _, count in portions)
    return [
        Forecast(
            run=times.run,
            past=times.run.is_past(now),
            first=_moment(times.first) if batches else None,
            last=_moment(times.at(batches)) if batches else None,
            batches=batches,
            urls=count,
            left=left,
            finish=None if done is None else _moment(done),
            needs_until=_moment(times.needs(rest)) if rest else None,
        )
        for times, (batches, count) in zip(all_times, portions, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _BatchTimes:
    """The times of a run's batches, in whole microseconds since 1970, so that nothing is rounded."""

    run: Run
    first: int
    step: int
    end: int | None

    @classmethod
    def of(cls, run: Run, now: datetime) -> "_BatchTimes":
        end = None if run.end is None else _microseconds(run.end)
        return cls(run, _microseconds(run.begins(now)), run.interval * _SECOND, end)

    def until(self, moment: int) -> int:
        """Count the batches that are due at or before this time."""
        if self.end is not None:
            moment = min(moment, self.end - 1)
        return max(0, (moment - self.first) // self.step + 1)

    def submitted(self, moment: int) -> int:
        return self.until(moment) * self.run.slice_len

    def at(self, batch: int) -> int:
        """Return the time of the n-th batch, counted from 1."""
        return self.first + (batch - 1) * self.step

    def needs(self, rest: int) -> int:
        """Return the time at which this run alone has submitted the rest, if its window had no end."""
        return self.at(-(-rest // self.run.slice_len))

    def ends_at(self, rest: int) -> int:
        """Return the time after which this run submits nothing more of the rest."""
        done = self.needs(rest)
        return done if self.end is None else min(done, self.end)


def _exhausted(all_times: Sequence[_BatchTimes], rest: int) -> int | None:
    """Find the time at which all batches together have submitted the rest of the list, None if never.

    The number of submitted URLs never decreases over time, so a binary search finds it.
    Runs with the same times count together: the plans of a job often share them.
    """
    if not rest or not all_times:
        return None
    low = min(times.first for times in all_times)
    high = max(times.ends_at(rest) for times in all_times)
    alike = Counter((t.first, t.step, t.end, t.run.slice_len) for t in all_times)
    one_of = {(t.first, t.step, t.end, t.run.slice_len): t for t in all_times}

    def submitted(moment: int) -> int:
        return sum(n * one_of[key].submitted(moment) for key, n in alike.items())

    if submitted(high) < rest:
        return None
    while low < high:
        middle = (low + high) // 2
        if submitted(middle) < rest:
            low = middle + 1
        else:
            high = middle
    return low


def _portions(
    all_times: Sequence[_BatchTimes], rest: int, done: int | None
) -> list[tuple[int, int]]:
    """Count the batches and the URLs of each run.

    Batches that are due when the list ends get the last URLs in the order of the runs: the
    last batch may get fewer URLs than its size, and the batches after it get none.
    """
    if done is None:
        reach = max((times.ends_at(rest) for times in all_times), default=0)
        counts = [times.until(reach) if rest else 0 for times in all_times]
        return [
            (n, n * b.run.slice_len) for n, b in zip(counts, all_times, strict=True)
        ]
    portions = []
    rest -= sum(times.submitted(done - 1) for times in all_times)
    for times in all_times:
        before = times.until(done - 1)
        final = min(rest, times.run.slice_len) if times.until(done) > before else 0
        rest -= final
        portions.append((before + (final > 0), before * times.run.slice_len + final))
    return portions


def _without_count(times: _BatchTimes, now: datetime) -> Forecast:
    """Forecast from the window alone: when the batches begin, and when the last one is due."""
    past = times.run.is_past(now)
    room = 0 if times.end is None else times.until(times.end)
    return Forecast(
        run=times.run,
        past=past,
        first=None if past else _moment(times.first),
        last=_moment(times.at(room)) if room else None,
        batches=0 if past else None,
        urls=0 if past else None,
        left=None,
        finish=None,
        needs_until=None,
    )


def _microseconds(moment: datetime) -> int:
    return (moment - EPOCH) // TICK


def _moment(microseconds: int) -> datetime:
    """Convert microseconds to a datetime; a time after the year 9000 becomes that year."""
    return EPOCH + min(microseconds, _microseconds(FAR)) * TICK
