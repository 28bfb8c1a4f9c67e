"""The load on each origin over time, as lines of text for a terminal; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from pulumi_esa_prefetch.load import (
    Freeze,
    Limits,
    Segment,
    moment_text,
    peak,
    rate_text,
)
from pulumi_esa_prefetch.report.analysis.load_outlook import (
    declared_prefetches,
    forecast_load,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import ResourceEntry
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph

Loads = Mapping[str, Sequence[Segment]]
BAR = 20


def loads_of(
    resources: Iterable[ResourceEntry], snapshot: EsaSnapshot, now: datetime
) -> dict[str, tuple[Segment, ...]]:
    """Sum all plans of a stack that run or will run, by origin."""
    prefetches = declared_prefetches(ResourceGraph.of_state(resources), snapshot)
    return forecast_load(prefetches, snapshot, now).loads()


def rows(loads: Loads, limits: Limits) -> Iterator[str]:
    """Return one line for each segment of time; the bars are relative to the peak."""
    if not loads:
        yield "No plan will submit anything."
    for origin, segments in loads.items():
        most = peak(segments)
        yield f"{origin}: up to {rate_text(most.urls_per_second if most else 0)} URLs/s"
        for segment in segments:
            yield _row(segment, most.urls_per_second if most else 1, limits)


def _row(segment: Segment, most: float, limits: Limits) -> str:
    share = round(BAR * segment.urls_per_second / most)
    end = moment_text(segment.end) if segment.end else "open end".ljust(20)
    notes = [", ".join(segment.plans[:4]), *_marks(segment, limits)]
    rest = len(segment.plans) - 4
    if rest > 0:
        notes[0] += f" and {rest} more"
    return (
        f"  {moment_text(segment.start)}  {end}  {'█' * share:<{BAR}}"
        f"  {rate_text(segment.urls_per_second):>6}  {'; '.join(notes)}"
    )


def _marks(segment: Segment, limits: Limits) -> Iterator[str]:
    limit = limits.max_origin_urls_per_second
    if limit is not None and segment.urls_per_second > limit:
        yield f"above the limit of {rate_text(limit)}"
    for freeze in limits.freeze:
        if _meets(segment, freeze):
            yield f"freeze window {freeze.name!r}"


def _meets(segment: Segment, freeze: Freeze) -> bool:
    begins_before = segment.start < freeze.window.end
    return begins_before and (segment.end is None or segment.end > freeze.window.start)
