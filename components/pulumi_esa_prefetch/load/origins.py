"""Calculates how many URLs per second each origin gets over time; checks no limit.

The load of a plan is constant while it runs: SliceLen / Interval, from its first batch to one
interval after its last batch. How many URLs of a batch belong to one origin depends on the order
of the list. If the list is known, `shares` returns the most that one batch can hold.
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
    """The constant load of one plan on one origin; `end` is None if it is unknown."""

    origin: str
    plan: str
    start: datetime
    end: datetime | None
    urls_per_second: float

    @property
    def until(self) -> datetime:
        """The end; the last possible datetime if it is unknown."""
        return self.end or ENDLESS


@dataclass(frozen=True, slots=True)
class Segment:
    """A period in which the same plans load one origin; `end` is None if it is unknown."""

    start: datetime
    end: datetime | None
    urls_per_second: float
    plans: tuple[str, ...]


def spans(forecast: Forecast, origins: Mapping[str, int]) -> list[Span]:
    """The loads of a forecast on its origins; `origins`: name -> most URLs in one batch for this origin."""
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

    `hosts`: the host of each URL, in the order of the list. A batch may be any `slice_len`
    adjacent URLs, because its start depends on what was submitted before.
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
    """Add up the loads on each origin over time; periods without load are left out."""
    by_origin: dict[str, list[Span]] = {}
    for span in all_spans:
        by_origin.setdefault(span.origin, []).append(span)
    return {name: tuple(_segments(by_origin[name])) for name in sorted(by_origin)}


def peak(segments: Sequence[Segment]) -> Segment | None:
    """Return the first segment with the highest load, None without segments."""
    return max(segments, key=lambda s: s.urls_per_second, default=None)


def overlaps(segments: Iterable[Segment]) -> list[Segment]:
    """Return the segments in which more than one plan loads the origin."""
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
