"""Plain printing that the stack and config commands share: JSON, tables, moments; knows nothing of stacks."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer

_UNITS: Final = (
    (365 * 86400, "year"),
    (30 * 86400, "month"),
    (7 * 86400, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
)


def print_json(value: Any, indent: int = 2) -> None:
    """Print a value as JSON, indented."""
    typer.echo(json.dumps(value, indent=indent, ensure_ascii=False))


def print_table(rows: Sequence[Sequence[str]], margin: str = "") -> None:
    """Print rows as columns two blanks apart; a cell's further lines stay in its column."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)
        ]
        lead = margin + "".join(f"{cell}  " for cell in cells)
        first, *more = row[-1].split("\n")
        typer.echo(lead + first)
        for line in more:
            typer.echo(" " * len(lead) + line)


def ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment is, in its largest unit."""
    seconds = int((now - moment).total_seconds())
    for size, name in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "now"


def milliseconds(moment: datetime) -> str:
    """A moment in UTC, to the millisecond."""
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
