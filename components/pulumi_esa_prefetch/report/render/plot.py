"""The load on each origin over time as a picture, plan upon plan; needs the extra `plot`."""

import warnings
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any

import matplotlib as mpl
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.load import Freeze, Span, count_text, rate_text
from pulumi_esa_prefetch.report.analysis.short_text import rate_unit
from pulumi_esa_prefetch.report.analysis.timeline import Timeline

MOST = 12
"""The most origins that are drawn; those with the highest peaks are."""
MOST_FREEZES = 4
"""The most freeze windows that the legend names one by one."""
LONGEST = 40
# Okabe and Ito's colours, which the colour-blind tell apart, without their black
_COLOURS = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#F0E442",
)
_OTHERS = "#BBBBBB"
_LINE = "#000000"
_FROZEN: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": "#666666",
    "hatch": "///",
    "linewidth": 0,
}
# fonts with Chinese, Japanese and Korean signs, of which a system may have one
_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
)


def picture(timeline: Timeline, suffix: str) -> bytes:
    """Draw it as `png`, `svg` or `pdf`; the same load gives the same bytes."""
    no_date = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    drawn = BytesIO()
    with mpl.rc_context(_style()), warnings.catch_warnings():
        # of signs that no font here has: they are drawn as boxes
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure = figure_of(timeline)
        figure.savefig(drawn, format=suffix, metadata=no_date.get(suffix))
    return drawn.getvalue()


def figure_of(timeline: Timeline) -> Figure:
    """Return one panel per origin over one axis of time, with a legend for all of them."""
    peaks = {
        origin: max(segment.urls_per_second for segment in segments)
        for origin, segments in timeline.loads.items()
    }
    chosen = sorted(peaks, key=lambda origin: -peaks[origin])[:MOST]
    end = _horizon(timeline)
    colours = _colours(timeline.spans, end)
    unit = rate_unit(max(peaks.values()))
    figure = Figure(figsize=(12, 1.6 + 1.8 * len(chosen)), layout="constrained")
    panels = figure.subplots(len(chosen), 1, sharex=True, squeeze=False)[:, 0]
    for origin, panel in zip(chosen, panels, strict=True):
        of_one = [span for span in timeline.spans if span.origin == origin]
        _stack(panel, of_one, colours, end, unit[0])
        _mark(panel, timeline, end, unit[0])
        panel.set_title(_label(origin), loc="left")
        panel.set_ylabel(f"URLs/{unit[1]}")
        panel.spines[["top", "right"]].set_visible(False)
    locator = AutoDateLocator()
    panels[-1].xaxis.set_major_locator(locator)
    panels[-1].xaxis.set_major_formatter(ConciseDateFormatter(locator))
    panels[-1].set_xlabel("UTC")
    figure.suptitle(_title(timeline, len(peaks)))
    figure.legend(
        handles=_legend(timeline, colours, end, unit), loc="outside right upper"
    )
    return figure


def _style() -> dict[str, Any]:
    installed = {font.name for font in fontManager.ttflist}
    fonts = [name for name in _FONTS if name in installed]
    return {
        "svg.hashsalt": "esa-prefetch",
        "font.size": 9,
        "font.family": ["DejaVu Sans", *fonts],
        # a name may hold a dollar sign
        "text.parse_math": False,
        "hatch.linewidth": 0.5,
    }


def _colours(spans: Sequence[Span], end: datetime) -> dict[str, str]:
    """Give the plans that submit most a colour each, the biggest first."""
    sizes: Counter[str] = Counter()
    for span in spans:
        seconds = (min(span.until, end) - span.start).total_seconds()
        sizes[span.plan] += round(span.urls_per_second * seconds * 1000)
    biggest = sorted(sizes, key=lambda plan: (-sizes[plan], plan))
    return dict(zip(biggest, _COLOURS, strict=False))


def _stack(
    panel: Any,
    spans: Sequence[Span],
    colours: dict[str, str],
    end: datetime,
    seconds: int,
) -> None:
    """Draw the loads of one origin upon each other, those without a colour of their own as one."""
    ends = {min(span.until, end) for span in spans}
    times = sorted({span.start for span in spans} | ends)
    layers = [*colours, ""]
    levels = {layer: [0.0] * len(times) for layer in layers}
    for span in spans:
        level = levels[span.plan if span.plan in colours else ""]
        for place, time in enumerate(times):
            if span.start <= time < span.until:
                level[place] += span.urls_per_second * seconds
    panel.stackplot(
        times,
        *levels.values(),
        colors=[*colours.values(), _OTHERS],
        step="post",
        edgecolor="white",
        linewidth=0.3,
    )


def _mark(panel: Any, timeline: Timeline, end: datetime, seconds: int) -> None:
    """Draw the limit, the freeze windows and the present time."""
    margin = (end - timeline.start) / 50
    panel.set_xlim(timeline.start - margin, end)
    panel.axvline(timeline.start, color=_LINE, linestyle=":", linewidth=1.2)
    limit = timeline.limits.max_origin_urls_per_second
    if limit is not None:
        panel.axhline(limit * seconds, color=_LINE, linestyle="--", linewidth=1)
    for freeze in _freezes(timeline, end):
        panel.axvspan(freeze.window.start, min(freeze.window.end, end), **_FROZEN)
    panel.set_ylim(bottom=0)


def _legend(
    timeline: Timeline, colours: dict[str, str], end: datetime, unit: tuple[int, str]
) -> list[Any]:
    handles: list[Any] = [
        Patch(color=colour, label=_label(plan)) for plan, colour in colours.items()
    ]
    if rest := len(timeline.plans) - len(colours):
        handles.append(Patch(color=_OTHERS, label=f"{rest} other{'s' * (rest > 1)}"))
    line: dict[str, Any] = {"color": _LINE, "linewidth": 1.2}
    handles.append(Line2D([], [], linestyle=":", label="now", **line))
    limit = timeline.limits.max_origin_urls_per_second
    if limit is not None:
        label = f"limit: {rate_text(limit * unit[0])} URLs/{unit[1]}"
        handles.append(Line2D([], [], linestyle="--", label=label, **line))
    freezes = _freezes(timeline, end)
    names = [_label(f"freeze: {freeze.name}") for freeze in freezes[:MOST_FREEZES]]
    if rest := len(freezes) - len(names):
        names.append(f"{count_text(rest, 'more freeze window')}")
    return [*handles, *(Patch(**_FROZEN, label=name) for name in names)]


def _freezes(timeline: Timeline, end: datetime) -> list[Freeze]:
    return [
        freeze
        for freeze in timeline.limits.freeze
        if freeze.window.start < end and freeze.window.end > timeline.start
    ]


def _title(timeline: Timeline, origins: int) -> str:
    plans = count_text(len(timeline.plans), "plan")
    name = _label(timeline.stack or "Load")
    drawn = f", the {MOST} origins with the highest peaks of {origins}"
    return f"{name}: load of {plans}{drawn if origins > MOST else ''}"


def _label(text: str) -> str:
    """The text on one line, cut; a legend would leave out a label that starts with an underscore."""
    words = one_line(text)
    cut = words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
    return f" {cut}" if cut.startswith("_") else cut


def _horizon(timeline: Timeline) -> datetime:
    """Return the end of the time axis: a load without an end is drawn a tenth longer than the others."""
    last = max(span.end or span.start for span in timeline.spans)
    return last + max((last - timeline.start) / 10, timedelta(minutes=1))
