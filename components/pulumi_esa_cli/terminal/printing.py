"""Printing for the commands: text, JSON, tables, times; knows no stack."""

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
    """Print text for a person, without control characters."""
    typer.echo(printable(text), err=err)


def print_value(text: str) -> None:
    """Print a value unchanged, for another program; on a terminal without control characters."""
    # `color=True`: otherwise typer would remove colour sequences from the value
    typer.echo(printable(text) if sys.stdout.isatty() else text, color=True)


def print_json(value: Any, indent: int = 2) -> None:
    """Print a value as JSON, indented."""
    typer.echo(printable_json(value, indent))


def print_table(rows: Sequence[Sequence[str]], margin: str = "") -> None:
    """Print rows in columns, two blanks apart; all lines of a last cell start in its column."""
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
    """The age of a moment, in its largest unit."""
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
