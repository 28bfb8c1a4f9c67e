"""The windows of changed plans as a Mermaid gantt; knows no Markdown."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from pulumi_esa_prefetch.report.analysis.summary import (
    Frozen,
    PlanChange,
    PrefetchSummary,
)

MARKS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
FREEZE = "freeze"
_UNSAFE = re.compile(r"[^\w ./()+-]+")
LONGEST_NAME = 40
AT_LEAST = timedelta(minutes=1)


def gantt(summary: PrefetchSummary, most: int) -> list[str]:
    """Return the lines of a chart of at most ``most`` plans; none if no window is known."""
    bars = [bar for plan in summary.plans[:most] if (bar := _bar(plan, summary))]
    if not bars:
        return []
    return [
        "gantt",
        "    title Windows (UTC)",
        "    dateFormat YYYY-MM-DDTHH:mm:ss",
        "    axisFormat %m-%d %H:%M",
        *_freeze(summary.freeze, most),
        *_sections(bars),
    ]


def _bar(plan: PlanChange, summary: PrefetchSummary) -> tuple[str, str] | None:
    """Return the section and the line of one plan."""
    start = plan.start_time or plan.first
    end = plan.end_time or plan.last
    if start is None and end is None:
        return None
    start = start or min(summary.at, end or summary.at)
    end = max(end or start, start + AT_LEAST)
    tags = ["crit"] * _is_warned(plan, summary) + [_tag(plan)] * bool(_tag(plan))
    label = _label(MARKS[plan.change], plan.name)
    return plan.change, _line(label, [*tags, _moment(start), _moment(end)])


def _sections(bars: list[tuple[str, str]]) -> Iterator[str]:
    """Group the lines by kind of change, in the order of their first appearance."""
    for section in dict.fromkeys(section for section, _ in bars):
        yield f"    section {section}"
        yield from (line for of_section, line in bars if of_section == section)


def _freeze(freeze: tuple[Frozen, ...], most: int) -> Iterator[str]:
    if freeze:
        yield f"    section {FREEZE}"
    for frozen in freeze[:most]:
        label = _label(FREEZE, frozen.name)
        yield _line(label, ["crit", _moment(frozen.start), _moment(frozen.end)])


def _label(mark: str, name: str) -> str:
    """Return a label that is none of Mermaid's keywords: these begin a line, in any case and without a space after."""
    words = " ".join(_UNSAFE.sub(" ", name).split()) or "unnamed"
    return f"{mark} {words[:LONGEST_NAME]}"


def _line(label: str, parts: list[str]) -> str:
    return f"    {label} :{', '.join(parts)}"


def _tag(plan: PlanChange) -> str:
    if plan.starts:
        return "active"
    return "done" if plan.stops or plan.change == "delete" else ""


def _is_warned(plan: PlanChange, summary: PrefetchSummary) -> bool:
    return plan.refused or any(plan.name in warned.plans for warned in summary.warnings)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
