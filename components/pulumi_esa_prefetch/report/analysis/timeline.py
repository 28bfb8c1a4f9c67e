"""The load on each origin over time: by plan, and summed up; draws nothing."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from pulumi_esa_prefetch.load import (
    Freeze,
    Limits,
    Segment,
    Span,
    load_on_origins,
    spans,
)
from pulumi_esa_prefetch.report.analysis.load_outlook import (
    declared_prefetches,
    forecast_load,
)
from pulumi_esa_prefetch.report.analysis.short_text import rate_phrase
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import ResourceEntry
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph

Loads = Mapping[str, tuple[Segment, ...]]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The loads that a stack's plans will put on their origins from a time on; `stack` is its name."""

    stack: str
    start: datetime
    spans: tuple[Span, ...]
    limits: Limits

    @property
    def loads(self) -> Loads:
        """The sums, by origin."""
        return load_on_origins(self.spans)

    @property
    def plans(self) -> set[str]:
        """The names of all plans that will submit something."""
        return {span.plan for span in self.spans}


def timeline_of(
    stack: str,
    resources: Iterable[ResourceEntry],
    snapshot: EsaSnapshot,
    now: datetime,
    limits: Limits,
) -> Timeline:
    """Take all plans of a stack that run or will run, and those that share their jobs."""
    prefetches = declared_prefetches(ResourceGraph.of_state(resources), snapshot)
    planned = forecast_load(prefetches, snapshot, now).planned.values()
    every = (span for one in planned for span in spans(one.forecast, one.origins))
    return Timeline(stack, now, tuple(every), limits)


def marks(segment: Segment, limits: Limits) -> Iterator[str]:
    """Say which limits a segment of time does not keep."""
    limit = limits.max_origin_urls_per_second
    if limit is not None and segment.urls_per_second > limit:
        yield f"above the limit of {rate_phrase(limit)}"
    for freeze in limits.freeze:
        if _meets(segment, freeze):
            yield f"freeze window {freeze.name!r}"


def _meets(segment: Segment, freeze: Freeze) -> bool:
    begins_before = segment.start < freeze.window.end
    return begins_before and (segment.end is None or segment.end > freeze.window.start)
