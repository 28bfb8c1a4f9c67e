"""The display on a terminal: a live tree, one row per resource, with elapsed times and a count; then the sections.

While it runs it is never taller than the terminal: what is under way or failed stays in sight, what is done gives way.
"""

import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, Final, cast

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.display.line_writer import Lasting
from pulumi_embedded_engine.display.options import View
from pulumi_embedded_engine.display.rows import Board, Row, columns, info, status
from pulumi_embedded_engine.display.step_symbols import ERROR, QUIET, Ink, mark
from pulumi_embedded_engine.display.summary_sections import Closing, duration, opening
from pulumi_embedded_engine.model.events import CancelEvent, Event, Prelude
from pulumi_embedded_engine.printable import printable

FRAMES_PER_SECOND: Final = 8
# lines that are not rows: headline, header, count, and one to spare
OTHER_LINES: Final = 6
# columns of a terminal, and those that are left for messages on one of that width
COMMON_WIDTH: Final = 80
LEAST_INFO: Final = 12


@dataclass(frozen=True, slots=True)
class Branch:
    """A row at its place in the tree: the lines that lead to it, and the row."""

    guide: str
    row: Row


class LiveTree:
    """A sink that redraws; to be called by one thread at a time (rich's own thread draws between the events)."""

    def __init__(self, view: View, console: Console, clock: Clock) -> None:
        self._view = view
        self._console = console
        self._clock = clock
        self._ink = Ink(view.color)
        self._board = Board(view)
        self._lock = threading.Lock()
        self._began = clock.monotonic()
        self._live = Live(
            self,
            console=console,
            refresh_per_second=FRAMES_PER_SECOND,
            vertical_overflow="visible",
        )

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            self._board.take(event, self._clock.monotonic())
        # without the lock: rich's thread may be drawing, and is waited for
        if isinstance(event, Prelude):
            self._print(opening(event, self._view, self._ink))
            self._live.start(refresh=True)
        elif isinstance(event, CancelEvent):
            self._live.stop()
            self._print(Closing(self._view, self._ink).sections(self._board))

    def _print(self, lines: Iterable[str]) -> None:
        for line in lines:
            fit = printable(line, coloured=True)
            self._console.print(Text.from_ansi(fit), soft_wrap=True)

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """The tree as it is now."""
        del console
        with self._lock:
            yield self._drawing(options.max_width, options.size.height)

    def _drawing(self, width: int, height: int) -> Group:
        branches = list(self._branches())
        room = len(branches) if self._board.over else max(1, height - OTHER_LINES)
        kept = in_sight(branches, room)
        lines: list[Table | Text] = [self._table(kept, width)]
        if len(kept) < len(branches):
            lines.append(Text(f"    … {len(branches) - len(kept)} more", QUIET))
        return Group(*lines, Text(), *(() if self._board.over else (self._count(),)))

    def _table(self, branches: Sequence[Branch], width: int) -> Table:
        table = Table(
            box=None,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            header_style=QUIET,
            expand=True,
        )
        rows = [list(self._cells(branch)) for branch in branches]
        table.add_column("", no_wrap=True)
        for title in ["URN"] if self._view.urns else ["Type", "Name"]:
            table.add_column(title)
        table.add_column("Plan" if self._view.planning else "Status", no_wrap=True)
        # this one gives way first, then the type and the name, and never the status
        told = any(row[-1] for row in rows)
        least = LEAST_INFO if told and width >= COMMON_WIDTH else 1
        table.add_column("Info" if told else "", ratio=1, width=least)
        for row in rows:
            table.add_row(*row)
        return table

    def _cells(self, branch: Branch) -> Iterator[Text]:
        row, words = branch.row, mark(branch.row.op)
        type_, name = columns(row, self._view)
        style = ERROR if row.failed else words.style
        now = self._clock.monotonic()
        yield Text(f" {words.sign}", style)
        yield _cut(branch.guide + type_)
        if not self._view.urns:
            yield _cut(name)
        yield Text(status(self._board, row, now), style)
        yield _cut(info(row, counts=self._board.over))

    def _count(self) -> Text:
        elapsed = duration(self._clock.monotonic() - self._began)
        rows = [row for row in self._board.shown() if row.op != "same"]
        if not rows and not self._view.expected:
            return Text(f"    {elapsed}", QUIET)
        running = sum(row.ended is None for row in rows)
        done, total = len(rows) - running, max(len(rows), self._view.expected or 0)
        under_way = f", {running} under way" if running else ""
        return Text(f"    {done} of {total} done{under_way}, {elapsed}", QUIET)

    def _branches(self) -> Iterator[Branch]:
        rows = self._board.rows
        stack = self._board.row(self._view.stack_urn)
        seen = {stack.urn}
        for row in self._board.shown():
            # what is unchanged is seen above what is not
            above: Row | None = row
            while above is not None and above.urn not in seen:
                seen.add(above.urn)
                above = rows.get(above.parent)
        below: dict[str, list[Row]] = {}
        for row in rows.values():
            if row.urn in seen and row is not stack:
                parent = row.parent if row.parent in seen else stack.urn
                below.setdefault(parent, []).append(row)
        yield Branch("", stack)
        yield from _grow(stack.urn, below, "")


def _grow(urn: str, below: dict[str, list[Row]], guide: str) -> Iterator[Branch]:
    rows = below.get(urn, [])
    for row in rows:
        last = row is rows[-1]
        yield Branch(guide + ("└─ " if last else "├─ "), row)
        yield from _grow(row.urn, below, guide + ("   " if last else "│  "))


def _cut(text: str) -> Text:
    """A cell that ends with an ellipsis where there is no room."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def in_sight(branches: Sequence[Branch], room: int) -> list[Branch]:
    """The rows that fit: first of all those under way or failed, then the latest; in the tree's order."""

    def urgency(place: int) -> tuple[bool, int]:
        row = branches[place].row
        urgent = place == 0 or row.failed or row.ended is None
        return (False, place) if urgent else (True, -place)

    kept = sorted(range(len(branches)), key=urgency)[:room]
    return [branches[place] for place in sorted(kept)]


def terminal(stream: Lasting, *, color: bool) -> Console:
    """A console of rich on a terminal, coloured or not."""
    return Console(
        file=cast(IO[str], stream),
        force_terminal=True,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
    )
