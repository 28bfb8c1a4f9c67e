"""The load on each origin over time as a picture; needs the extra `plot`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.load import Limits, Segment
from pulumi_esa_prefetch.report.analysis.timeline import Loads

FORMATS = frozenset({".png", ".svg", ".pdf"})
MOST = 12
"""The most origins that are drawn; those with the highest peaks are."""
_ORIGIN = "#0969da"
_ALARM = "#d1242f"


def draw(loads: Loads, limits: Limits, file: Path) -> None:
    """Draw one panel per origin over one axis of time, limits and freeze windows too.

    OSError if the file cannot be written.
    """
    chosen = sorted(loads, key=lambda origin: -_most(loads[origin]))[:MOST]
    horizon = _horizon(loads)
    with mpl.rc_context({"svg.hashsalt": "esa-prefetch", "font.size": 9}):
        figure = Figure(figsize=(10, 1.2 + 1.6 * len(chosen)), layout="constrained")
        panels = figure.subplots(len(chosen), 1, sharex=True, squeeze=False)[:, 0]
        for origin, panel in zip(chosen, panels, strict=True):
            _panel(panel, origin, loads[origin], limits, horizon)
        locator = AutoDateLocator()
        panels[-1].xaxis.set_major_locator(locator)
        panels[-1].xaxis.set_major_formatter(ConciseDateFormatter(locator))
        panels[-1].set_xlabel("UTC")
        figure.savefig(file, metadata=_no_date(file))


def _panel(
    panel: Any,
    origin: str,
    segments: Sequence[Segment],
    limits: Limits,
    end: datetime,
) -> None:
    for segment in segments:
        span = [segment.start, min(segment.end or end, end)]
        level = [segment.urls_per_second] * 2
        panel.fill_between(span, level, color=_ORIGIN, alpha=0.7, linewidth=0)
    limit = limits.max_origin_urls_per_second
    if limit is not None:
        panel.axhline(limit, color=_ALARM, linestyle="--", linewidth=1)
    for freeze in limits.freeze:
        window = freeze.window
        if window.start < end:
            panel.axvspan(window.start, window.end, color=_ALARM, alpha=0.12)
    panel.set_title(one_line(origin), loc="left")
    panel.set_ylabel("URLs/s")
    panel.set_ylim(bottom=0)
    panel.spines[["top", "right"]].set_visible(False)


def _most(segments: Sequence[Segment]) -> float:
    return max(segment.urls_per_second for segment in segments)


def _horizon(loads: Loads) -> datetime:
    """Return the end of the time axis: a load without an end is drawn a tenth longer than the others."""
    every = [segment for segments in loads.values() for segment in segments]
    first = min(segment.start for segment in every)
    last = max(segment.end or segment.start for segment in every)
    return last + max((last - first) / 10, timedelta(minutes=1))


def _no_date(file: Path) -> dict[str, None] | None:
    """Leave the date out of the file, so that the same load gives the same file."""
    keys = {".svg": "Date", ".pdf": "CreationDate"}
    key = keys.get(file.suffix)
    return {key: None} if key else None
