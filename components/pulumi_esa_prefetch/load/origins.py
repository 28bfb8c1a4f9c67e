"""How many URLs per second each origin gets over time; judges nothing.

A plan's load is even while it runs: SliceLen / Interval from its first batch to one
interval after its last. What a batch holds for one origin depends on the list's order;
where the list is known, `shares` gives the most that one batch can hold.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from pulumi_esa_prefetch.load.forecast import Forecast

ENDLESS = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Span:
    """One plan's even load on one origin; no end: nobody knows."""

    origin: str
    plan: str
    start: datetime
    end: datetime | None
    urls_per_second: float

    @property
    def until(self) -> datetime:
        """The end, or the end of all time."""
        return self.end or ENDLESS


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time in which the same plans load one origin."""

    start: datetime
    end: datetime | None
    urls_per_second: float
    plans: tuple[str, ...]


def spans(forecast: Forecast, origins: Mapping[str, int]) -> list[Span]:
    """Spread a forecast over its origins: name -> most URLs one batch holds for it."""
    if forecast.first is None:
        return []
    run = forecast.run
    end = forecast.load_end or run.end
    return [
        Span(origin, run.name, forecast.first, end, share / run.interval)
        for origin, share in origins.items()
    ]


def shares(hosts: Sequence[str], slice_len: int) -> dict[str, int]:
    """Count for each host the most URLs that one batch can hold for it.

    `hosts`: the host of each URL in the list's order; a batch is any `slice_len`
    neighbours, as where batches begin depends on what was submitted before.
    """
    seen: Counter[str] = Counter()
    most: dict[str, int] = {}
    for place, host in enumerate(hosts):
        if place >= slice_len:
            seen[hosts[place - slice_len]] -= 1
        seen[host] += 1
        most[host] = max(most.get(host, 0), seen[host])
    return most


def load_on_origins(all_spans: Iterable[Span]) -> dict[str, tuple[Segment, ...]]:
    """Sum spans into the load on each origin over time, in order; gaps are left out."""
    by_origin: dict[str, list[Span]] = {}
    for span in all_spans:
        by_origin.setdefault(span.origin, []).append(span)
    return {name: tuple(_segments(by_origin[name])) for name in sorted(by_origin)}


def peak(segments: Sequence[Segment]) -> Segment | None:
    """Return the first segment with the highest load, None if there is none."""
    return max(segments, key=lambda s: s.urls_per_second, default=None)


def overlaps(segments: Iterable[Segment]) -> list[Segment]:
    """Keep the segments in which several plans load the origin at once."""
    return [segment for segment in segments if len(segment.plans) > 1]


def _segments(of_one: Sequence[Span]) -> Iterator[Segment]:
    moments = sorted({span.start for span in of_one} | {span.until for span in of_one})
    coming = sorted(of_one, key=lambda span: span.start, reverse=True)
    active: list[Span] = []
    for start, end in pairwise(moments):
        active = [span for span in active if span.until > start]
        while coming and coming[-1].start <= start:
            active.append(coming.pop())
        if active:
            yield Segment(
                start,
                None if end == ENDLESS else end,
                math.fsum(span.urls_per_second for span in active),
                tuple(sorted({span.plan for span in active})),
            )
