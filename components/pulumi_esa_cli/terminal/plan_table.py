"""The plans that a stack exports as a table of 80 columns: name, status, window, job; reads no state."""

import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeGuard

from pulumi_embedded_engine.printable import one_line

FIELDS: Final = ("job_id", "status", "window")
Moments = tuple[datetime | None, datetime | None]


def is_plans(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether an output is plans as the programs in `stacks` export them: each name with job, status and window."""
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(
            isinstance(plan, Mapping)
            and all(isinstance(plan.get(field), str) for field in FIELDS)
            and _moments(plan["window"]) is not None
            for plan in value.values()
        )
    )


def plan_table(plans: Mapping[str, Any], width: int | None = None) -> list[str]:
    """One line for each plan; a job that does not fit into `width` is left out."""
    windows = {name: _moments(plan["window"]) for name, plan in plans.items()}
    known = [moment for pair in windows.values() for moment in pair or () if moment]
    years = {moment.year for moment in known}
    # the year is written once where it is one year
    head, style = "WINDOW (UTC)", "%Y-%m-%d %H:%M"
    if len(years) == 1:
        head, style = f"WINDOW (UTC, {years.pop()})", "%m-%d %H:%M"
    rows: list[tuple[str, ...]] = [
        ("PLAN", "STATUS", head, "JOB"),
        *(
            (name, plan["status"], _window(windows[name], style), plan["job_id"])
            for name, plan in plans.items()
        ),
    ]
    lines = list(_lines(rows))
    if width is not None and max(map(len, lines)) > width:
        lines = list(_lines([row[:-1] for row in rows]))
    return lines


def terminal_width() -> int | None:
    """The width of the terminal that is printed to; None where it is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _lines(rows: list[tuple[str, ...]]) -> Iterator[str]:
    cells = [tuple(map(one_line, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(map(str.ljust, row, widths)).rstrip()


def _moments(window: str) -> Moments | None:
    """Start and end of a window as it is exported, `START/END`; None if it is something else."""
    start, slash, end = window.partition("/")
    try:
        return (_moment(start), _moment(end)) if slash else None
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _window(moments: Moments | None, style: str) -> str:
    return " - ".join(
        f"{moment:{style}}" if moment else "open" for moment in moments or ()
    )
