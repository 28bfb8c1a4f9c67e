"""A summary as one Markdown comment for a pull request; decides nothing.

GitHub accepts 65,536 characters; the longest lists are cut until the comment fits.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from pulumi_esa_prefetch.load import count_text, rate_text
from pulumi_esa_prefetch.report.analysis.summary import (
    Drift,
    PlanChange,
    PrefetchSummary,
)
from pulumi_esa_prefetch.report.render.markdown_escaping import (
    cell,
    code,
    known,
    moment_of,
    plain_text,
    quoted,
)
from pulumi_esa_prefetch.report.render.mermaid_gantt import MARKS, gantt

LONGEST = 65_536
ROWS = (400, 200, 100, 50, 20, 5)
_Item = TypeVar("_Item")


def markdown(summary: PrefetchSummary) -> str:
    """Render the comment, with as many rows as GitHub's limit allows."""
    texts = (_render(summary, rows) for rows in ROWS)
    return next((text for text in texts if len(text) <= LONGEST), _render(summary, 1))


def marker(summary: PrefetchSummary) -> str:
    """Return the invisible line that identifies the comment of a stack."""
    name = plain_text(f"{summary.project}/{summary.stack}").replace("-->", "")
    return f"<!-- esa-prefetch summary of {name} -->"


def _render(summary: PrefetchSummary, rows: int) -> str:
    blocks = [
        marker(summary),
        f"### ESA prefetch: {_headline(summary)}",
        _consequence(summary),
        *_alerts(summary, rows),
        *_plans(summary, rows),
        *_timeline(summary, rows),
        *_origins(summary, rows),
        *_others(summary, rows),
        _footer(summary, rows),
    ]
    return "\n\n".join(blocks) + "\n"


def _headline(summary: PrefetchSummary) -> str:
    counts = summary.counts
    numbers = {
        "to create": counts.create,
        "to update": counts.update,
        "to replace": counts.replace,
        "to delete": counts.delete,
    }
    parts = ["preview failed"] if summary.failed else []
    parts += ["not verified"] if summary.not_verified else []
    parts += [f"{number} {words}" for words, number in numbers.items() if number]
    if nothing := _with_nothing_to_do(summary):
        parts.append(f"{nothing} of them with nothing to do")
    if summary.drift:
        parts.append(f"{count_text(len(summary.drift), 'plan')} drifted")
    return f"{', '.join(parts) or 'no plan changes'} in {code(summary.stack)}"


def _consequence(summary: PrefetchSummary) -> str:
    starts = sum(plan.starts for plan in summary.plans)
    stops = sum(plan.stops for plan in summary.plans)
    nothing = _with_nothing_to_do(summary)
    parts = [
        f"This deployment starts **{count_text(starts, 'plan')}** and stops {stops}."
    ]
    if nothing:
        has = "has" if nothing == 1 else "have"
        parts.append(
            f"**{nothing} of the started plans {has} nothing to do**: the job's list is empty or done "
            "by then."
        )
    if summary.origins:
        most = max(summary.origins, key=lambda load: load.urls_per_second)
        parts.append(
            f"Highest load: **{rate_text(most.urls_per_second)} URLs/s** on "
            f"{code(most.origin)} from {moment_of(most.start)} UTC."
        )
    if summary.counts.same:
        doubt = " (not verified)" if summary.not_verified else ""
        parts.append(f"{count_text(summary.counts.same, 'plan')} unchanged{doubt}.")
    return " ".join(parts)


def _with_nothing_to_do(summary: PrefetchSummary) -> int:
    return sum(plan.nothing_to_do for plan in summary.plans)


def _alerts(summary: PrefetchSummary, rows: int) -> list[str]:
    broken = [cell(w.text) for w in summary.warnings if w.level == "deny"]
    broken += [
        f"{code(plan.name)} will fail: it {cell(plan.why)}"
        for plan in summary.plans
        if plan.refused
    ]
    messages = {"error": broken, "warning": []}
    if summary.failed:
        broken.insert(0, "The preview failed; what follows is incomplete")
    for said in summary.messages:
        messages[said.severity].append(quoted(said.text))
    soft = []
    if summary.not_verified:
        soft.append(f"Not verified: {cell(summary.not_verified)}")
    soft += [_drift(drift) for drift in summary.drift]
    soft += [cell(w.text) for w in summary.warnings if w.level == "warn"]
    soft += messages["warning"]
    return [
        *_alert("CAUTION", broken, rows),
        *_alert("WARNING", soft, rows),
    ]


def _drift(drift: Drift) -> str:
    outcome = f"{cell(drift.what)} with `up --refresh`: {cell(drift.why)}"
    return f"Drift: {code(drift.name)} {outcome}"


def _alert(kind: str, lines: Sequence[str], rows: int) -> list[str]:
    if not lines:
        return []
    items = _cut(lines, rows, lambda line: f"> - {line}", "> - … and {} more")
    return ["\n".join([f"> [!{kind}]", *items])]


def _plans(summary: PrefetchSummary, rows: int) -> list[str]:
    if not summary.plans:
        return []
    head = (
        "| Plan | What will happen | Why | Window (UTC) | Batches | URLs/s "
        "| Last batch |\n|---|---|---|---|--:|--:|---|"
    )
    lines = _cut(
        summary.plans,
        rows,
        lambda plan: _plan_row(plan, summary.at),
        "| … and {} more |",
    )
    title = f"{count_text(len(summary.plans), 'plan')} in detail"
    return [_folded(title, "\n".join([head, *lines]))]


def _plan_row(plan: PlanChange, at: datetime) -> str:
    cells = (
        f"{MARKS[plan.change]} {code(plan.name)}",
        f"**{cell(plan.what)}**",
        cell(plan.why),
        _window(plan),
        known(plan.batches),
        "" if plan.urls_per_second is None else rate_text(plan.urls_per_second),
        _last(plan, at),
    )
    return f"| {' | '.join(cells)} |"


def _window(plan: PlanChange) -> str:
    if plan.start_time is None and plan.end_time is None:
        return "open" if plan.interval else "?"
    start = moment_of(plan.start_time) if plan.start_time else "when started"
    end = moment_of(plan.end_time) if plan.end_time else "open"
    if start[:10] == end[:10]:
        end = end[11:]
    return f"{start} – {end}"  # noqa: RUF001 -- a range takes an en dash


def _last(plan: PlanChange, at: datetime) -> str:
    if plan.last is None and plan.batches == 0:
        is_over = plan.end_time is not None and plan.end_time <= at
        return f"none: the {'window is over' if is_over else 'list is done by then'}"
    if plan.last is None:
        return ""
    return moment_of(plan.last) + (" ⚠ list not done" if plan.fits is False else "")


def _timeline(summary: PrefetchSummary, rows: int) -> list[str]:
    lines = gantt(summary, min(rows, 50))
    if not lines:
        return []
    return [_folded("Timeline", "\n".join(["```mermaid", *lines, "```"]))]


def _origins(summary: PrefetchSummary, rows: int) -> list[str]:
    if not summary.origins:
        return []
    head = "| Origin | Most URLs/s | From | To | Plans |\n|---|--:|---|---|---|"
    loads = sorted(summary.origins, key=lambda load: -load.urls_per_second)
    lines = _cut(
        loads,
        rows,
        lambda load: (
            f"| {code(load.origin)} | {rate_text(load.urls_per_second)} "
            f"| {moment_of(load.start)} | {moment_of(load.end) if load.end else 'open'} "
            f"| {_names(load.plans)} |"
        ),
        "| … and {} more |",
    )
    title = f"Load on {count_text(len(summary.origins), 'origin')}"
    return [_folded(title, "\n".join([head, *lines]))]


def _others(summary: PrefetchSummary, rows: int) -> list[str]:
    if not summary.others:
        return []
    lines = _cut(
        summary.others,
        rows,
        lambda other: f"- {other.change} {code(other.name)} ({code(other.type)})",
        "- … and {} more",
    )
    title = f"{count_text(len(summary.others), 'other resource')} will change"
    return [_folded(title, "\n".join(lines))]


def _footer(summary: PrefetchSummary, rows: int) -> str:
    asked = f"Forecast from {moment_of(summary.at)} UTC; nothing has been started."
    notes = [cell(note) for note in summary.notes[:rows]]
    return f"<sub>{' '.join([asked, *notes])}</sub>"


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _cut(
    items: Sequence[_Item], rows: int, line: Callable[[_Item], str], rest: str
) -> list[str]:
    """Render the first rows, and a line with the number of the others."""
    lines = [line(item) for item in items[:rows]]
    left = len(items) - len(lines)
    return [*lines, rest.format(left)] if left else lines


def _names(names: Sequence[str], most: int = 4) -> str:
    rest = len(names) - most
    first = ", ".join(code(name) for name in names[:most])
    return first + (f" and {rest} more" if rest > 0 else "")
