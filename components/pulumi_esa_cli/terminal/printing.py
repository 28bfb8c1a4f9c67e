"""Plain printing that the stack and config commands share: JSON, tables, moments; knows nothing of stacks."""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import typer

from pulumi_embedded_engine.golang.go_json import printable_json
from pulumi_embedded_engine.printable import printable

_UNITS: Final = (
    (365 * 86400, "year"),
    (30 * 86400, "month"),
    (7 * 86400, "week"),
    (86400, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
)


def echo(text: str = "", *, err: bool = False) -> None:
    """Print text for a person, whoever wrote what is in it."""
    typer.echo(printable(text), err=err)


def print_value(text: str) -> None:
    """Print a value as it is, for whatever takes it from here; on a terminal it is text for a person."""
    # `color`: else typer would take out of a value what looks like a colour
    typer.echo(printable(text) if sys.stdout.isatty() else text, color=True)


def print_json(value: Any, indent: int = 2) -> None:
    """Print a value as JSON, indented."""
    typer.echo(printable_json(value, indent))


def print_table(rows: Sequence[Sequence[str]], margin: str = "") -> None:
    """Print rows as columns two blanks apart; a cell's further lines stay in its column."""
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)
        ]
        lead = margin + "".join(f"{cell}  " for cell in cells)
        first, *more = row[-1].split("\n")
        echo(lead + first)
        for line in more:
            echo(" " * len(lead) + line)


def age_text(moment: datetime, now: datetime) -> str:
    """How long ago a moment is, in its largest unit."""
    seconds = int((now - moment).total_seconds())
    for size, name in _UNITS:
        if seconds >= size:
            count = seconds // size
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "now"


def timestamp_text(moment: datetime) -> str:
    """A moment in UTC, to the millisecond."""
    text = moment.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
