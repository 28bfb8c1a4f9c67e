"""The load on each origin as rows of text, wrapped to a width; a wide character counts as two cells."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pulumi_embedded_engine.printable import one_line
from pulumi_esa_prefetch.load import Limits, Segment, count_text, moment_text, peak
from pulumi_esa_prefetch.report.analysis.short_text import (
    rate_phrase,
    short_rate,
    short_time,
)
from pulumi_esa_prefetch.report.analysis.timeline import Timeline, marks

NARROW = 100
"""Below this width bars are half as long, and half as many plans are named."""
BAR, MOST_NAMES = 20, 4
_ENDLESS = 10_000


def timeline_rows(timeline: Timeline, width: int | None) -> Iterator[str]:
    """Return a header, and a table for each origin; `width` None: rows are not wrapped."""
    loads = timeline.loads
    yield from _wrapped(_header(timeline, len(loads)), width)
    if not loads:
        yield "No plan is known to submit anything."
    for origin, segments in loads.items():
        most = peak(segments)
        top = most.urls_per_second if most else 0
        yield ""
        yield from _wrapped(f"{one_line(origin)}: up to {rate_phrase(top)}", width)
        yield from _printed(_table(segments, top, timeline, width), width)


def _header(timeline: Timeline, origins: int) -> str:
    counts = (
        f"{count_text(len(timeline.plans), 'plan')}, {count_text(origins, 'origin')}"
    )
    stack = one_line(timeline.stack)
    of_stack = f" of {stack}" if stack else ""
    return (
        f"Load{of_stack} from {moment_text(timeline.start)} on: {counts}; times in UTC"
    )


def _table(
    segments: Sequence[Segment], top: float, timeline: Timeline, width: int | None
) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="")
    for head in ("  From", "To", "Load"):
        table.add_column(head, no_wrap=True)
    table.add_column("URLs", justify="right", no_wrap=True)
    table.add_column("Plans", overflow="fold")
    parts = 1 if width is None or width >= NARROW else 2
    # where whole minutes would give both ends of a segment the same time
    in_seconds = any(_end(s) == short_time(s.start, s.start) for s in segments)
    for segment in segments:
        share = round(BAR // parts * segment.urls_per_second / top) if top else 0
        table.add_row(
            f"  {short_time(segment.start, timeline.start, seconds=in_seconds)}",
            _end(segment, seconds=in_seconds),
            "█" * share,
            short_rate(segment.urls_per_second),
            Text(_plans(segment, MOST_NAMES // parts, timeline.limits)),
        )
    return table


def _end(segment: Segment, *, seconds: bool = False) -> str:
    if segment.end is None:
        return "open end"
    return short_time(segment.end, segment.start, seconds=seconds)


def _plans(segment: Segment, most: int, limits: Limits) -> str:
    names = ", ".join(one_line(name) for name in segment.plans[:most])
    rest = len(segment.plans) - most
    more = f" and {rest} more" if rest > 0 else ""
    return "; ".join([names + more, *map(one_line, marks(segment, limits))])


def _wrapped(text: str, width: int | None) -> list[str]:
    return _printed(Text(text), width)


def _printed(what: Table | Text, width: int | None) -> list[str]:
    """Let rich lay it out, without any colour."""
    console = Console(
        width=width or _ENDLESS, no_color=True, force_terminal=False, highlight=False
    )
    with console.capture() as printed:
        console.print(what)
    return [line.rstrip() for line in printed.get().splitlines()]
