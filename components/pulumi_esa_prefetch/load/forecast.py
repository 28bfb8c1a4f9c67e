"""When the plans of one job submit which share of its URLs; holds no limits.

ESA's pages fix Interval (seconds between batches) and SliceLen (URLs per batch) of a
plan and leave open whose place in the list it is (CreateScheduledPreloadExecutions,
ResetScheduledPreloadJob). Taken here: the place belongs to the job, so its plans share
what is left; the first batch goes out when the plan starts, one more every Interval
seconds, none at or after EndTime.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, Self

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FAR = datetime(9000, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
_SECOND = 1_000_000  # ticks


class PlanSchedule(Protocol):
    """A plan as anybody knows it; what is not known is None."""

    @property
    def interval(self) -> int | None:
        """Seconds between two batches."""
        ...

    @property
    def slice_len(self) -> int | None:
        """URLs per batch."""
        ...

    @property
    def start_time(self) -> datetime | None:
        """When its window opens."""
        ...

    @property
    def end_time(self) -> datetime | None:
        """When its window ends."""
        ...

    @property
    def status(self) -> str | None:
        """ESA's word for what it does."""
        ...


@dataclass(frozen=True, slots=True)
class Run:
    """A plan about to run: seconds between batches, URLs per batch, an aware window.

    Either end of the window may be open. `running`: it runs already, taken to have
    begun with its window. ValueError if a pace is below 1.
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
        """A plan of any room as a run of that name; None if its pace is unknown or none."""
        interval, slice_len = plan.interval or 0, plan.slice_len or 0
        if interval < 1 or slice_len < 1:
            return None
        window = plan.start_time, plan.end_time
        return cls(name, interval, slice_len, *window, running=plan.status == "running")

    @property
    def urls_per_second(self) -> float:
        """The average while it runs."""
        return self.slice_len / self.interval

    def begins(self, now: datetime) -> datetime:
        """Return the moment of its first batch from now on.

        That is now or when its window opens; if it runs already, the next one due.
        """
        if self.running:
            return self._next(now)
        return now if self.start is None else max(now, self.start)

    def _next(self, now: datetime) -> datetime:
        """Return the next beat after now; the batch of this very moment is sent."""
        step = self.interval * _SECOND
        begun = now if self.start is None else min(self.start, now)
        return _moment(_ticks(begun) + ((now - begun) // TICK // step + 1) * step)

    def is_past(self, now: datetime) -> bool:
        """Tell whether its window is over."""
        return self.end is not None and self.end <= now


@dataclass(frozen=True, slots=True)
class Forecast:
    """What one run will submit; None is what nobody can know without a URL count.

    `first`, `last`: moments of its batches, None too if there is none. `left`: URLs
    that no run of the job submits. `finish`: when the whole list is done, None if the
    windows end before. `needs_until`: when this run alone would be done, had it no end.
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
        """True if the list is done within the windows, None if unknown."""
        return None if self.left is None else self.left == 0

    @property
    def load_end(self) -> datetime | None:
        """When its load on the origin is over: one interval after the last batch."""
        return self.last and _moment(_ticks(self.last) + self.run.interval * _SECOND)


def forecast(
    runs: Sequence[Run], urls: int | None, now: datetime, submitted: int = 0
) -> list[Forecast]:
    """Forecast the runs of one job, in their order, from now on.

    `urls`: length of the job's list (UrlCount), None if unknown; `submitted`: how much
    of it is done already (TaskSubmitted). Of two batches due at one moment the one of
    the earlier run in the order goes first.
    """
    beats = [_BatchTimes.of(run, now) for run in runs]
    if urls is None:
        return [_without_count(beat, now) for beat in beats]
    rest = max(0, urls - submitted)
    done = _exhausted(beats, rest)
    portions = _portions(beats, rest, done)
    left = rest - sum(count for _, count in portions)
    return [
        Forecast(
            run=beat.run,
            past=beat.run.is_past(now),
            first=_moment(beat.first) if batches else None,
            last=_moment(beat.at(batches)) if batches else None,
            batches=batches,
            urls=count,
            left=left,
            finish=None if done is None else _moment(done),
            needs_until=_moment(beat.needs(rest)) if rest else None,
        )
        for beat, (batches, count) in zip(beats, portions, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _BatchTimes:
    """The moments of a run's batches, in whole microseconds: nothing is rounded."""

    run: Run
    first: int
    step: int
    end: int | None

    @classmethod
    def of(cls, run: Run, now: datetime) -> "_BatchTimes":
        end = None if run.end is None else _ticks(run.end)
        return cls(run, _ticks(run.begins(now)), run.interval * _SECOND, end)

    def until(self, moment: int) -> int:
        """Count the batches due at or before the moment."""
        if self.end is not None:
            moment = min(moment, self.end - 1)
        return max(0, (moment - self.first) // self.step + 1)

    def submitted(self, moment: int) -> int:
        return self.until(moment) * self.run.slice_len

    def at(self, batch: int) -> int:
        """Return the moment of the n-th batch, counted from 1."""
        return self.first + (batch - 1) * self.step

    def needs(self, rest: int) -> int:
        """Return the moment at which it has submitted the rest if nothing ends it."""
        return self.at(-(-rest // self.run.slice_len))

    def gives_up(self, rest: int) -> int:
        """Return the moment after which it adds nothing to the rest."""
        done = self.needs(rest)
        return done if self.end is None else min(done, self.end)


def _exhausted(beats: Sequence[_BatchTimes], rest: int) -> int | None:
    """Find the moment at which all batches together hold the rest of the list.

    What is submitted by a moment never shrinks, so halving finds it.
    """
    if not rest or not beats:
        return None
    low = min(beat.first for beat in beats)
    high = max(beat.gives_up(rest) for beat in beats)
    if sum(beat.submitted(high) for beat in beats) < rest:
        return None
    while low < high:
        middle = (low + high) // 2
        if sum(beat.submitted(middle) for beat in beats) < rest:
            low = middle + 1
        else:
            high = middle
    return low


def _portions(
    beats: Sequence[_BatchTimes], rest: int, done: int | None
) -> list[tuple[int, int]]:
    """Count batches and URLs of each run.

    The moment that empties the list is dealt out in order: not every batch due then
    finds URLs, and the last one may find fewer than its size.
    """
    if done is None:
        reach = max((beat.gives_up(rest) for beat in beats), default=0)
        counts = [beat.until(reach) if rest else 0 for beat in beats]
        return [(n, n * b.run.slice_len) for n, b in zip(counts, beats, strict=True)]
    portions = []
    rest -= sum(beat.submitted(done - 1) for beat in beats)
    for beat in beats:
        before = beat.until(done - 1)
        final = min(rest, beat.run.slice_len) if beat.until(done) > before else 0
        rest -= final
        portions.append((before + (final > 0), before * beat.run.slice_len + final))
    return portions


def _without_count(beat: _BatchTimes, now: datetime) -> Forecast:
    """Tell what the window alone tells: when batches begin, and when they must end."""
    past = beat.run.is_past(now)
    room = 0 if beat.end is None else beat.until(beat.end)
    return Forecast(
        run=beat.run,
        past=past,
        first=None if past else _moment(beat.first),
        last=_moment(beat.at(room)) if room else None,
        batches=0 if past else None,
        urls=0 if past else None,
        left=None,
        finish=None,
        needs_until=None,
    )


def _ticks(moment: datetime) -> int:
    return (moment - EPOCH) // TICK


def _moment(ticks: int) -> datetime:
    """Turn back into a time; what lies beyond the year 9000 is told as that."""
    return EPOCH + min(ticks, _ticks(FAR)) * TICK
