"""The display on a terminal: a live tree, one row per resource, with elapsed times and a count; then the sections.

While it runs it is never taller than the terminal: what is under way or failed stays in sight, what is done gives way.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TextIO, cast

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.table import Table
from rich.text import Text

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.display.closing import Closing, configuration, duration
from pulumi_esa_prefetch.engine.display.ink import ERROR, HEADLINE, QUIET, Ink
from pulumi_esa_prefetch.engine.display.marks import mark
from pulumi_esa_prefetch.engine.display.paper import Lasting
from pulumi_esa_prefetch.engine.display.rows import Board, Row
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.display.wording import columns, info, status
from pulumi_esa_prefetch.engine.events import (
    Cancelled,
    Diagnostic,
    Event,
    Outputs,
    Prelude,
    StepDone,
    StepFailed,
    StepStarted,
    Summary,
)
from pulumi_esa_prefetch.engine.printable import printable

READS = frozenset({"read", "read-replacement", "read-discard", "discard"})
FRAMES_PER_SECOND = 8
# lines that are not rows: headline, header, count, and one to spare
OTHER_LINES = 6
SIGN = 3
# columns: what a type or name is still recognised by
NARROWEST = 12


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
        self._board = Board(view)
        self._lock = threading.Lock()
        self._began = clock.monotonic()
        self._live = Live(
            self,
            console=console,
            refresh_per_second=FRAMES_PER_SECOND,
            vertical_overflow="visible",
        )

    def begin(self) -> None:
        """Say what goes on, and start to draw."""
        self._console.print(Text(f"{self._view.label} ({self._view.stack}):", HEADLINE))
        self._console.print()
        self._live.start(refresh=True)

    def tick(self) -> None:
        """The drawing is its own sign of life."""

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Cancelled):
            # without the lock: rich's thread may be drawing, and is waited for
            self.close()
            self._print(
                Closing(self._view, Ink(self._view.color)).sections(self._board)
            )
            return
        with self._lock:
            self._take(event, self._clock.monotonic())

    def _take(self, event: Event, now: float) -> None:
        match event:
            case StepStarted() if self._wanted(event):
                self._board.started(event, now)
            case StepDone() if self._wanted(event):
                self._board.done(event, now)
            case StepFailed():
                self._board.failure(event, now)
            case Diagnostic():
                self._board.said(event)
            case Outputs():
                self._board.keep_outputs(event)
            case Summary():
                self._board.keep_summary(event)
            case Prelude() if self._view.config:
                self._print([*configuration(event), ""])

    def _wanted(self, event: StepStarted | StepDone) -> bool:
        return self._view.reads or event.metadata.op not in READS

    def close(self) -> None:
        """Draw for the last time, with every row."""
        with self._lock:
            self._board.over = True
        self._live.stop()

    def _print(self, lines: Iterator[str] | Sequence[str]) -> None:
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
        kept = in_sight(branches, room, self._board)
        lines: list[Table | Text] = [self._table(kept, width)]
        if len(kept) < len(branches):
            lines.append(Text(f"    … {len(branches) - len(kept)} more", QUIET))
        return Group(*lines, Text(), *(() if self._board.over else (self._count(),)))

    def _table(self, branches: Sequence[Branch], width: int) -> Table:
        table = Table(
            box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style=QUIET
        )
        titles = ["URN"] if self._view.urns else ["Type", "Name"]
        titles.append("Plan" if self._view.planning else "Status")
        rows = [list(self._cells(branch)) for branch in branches]
        table.add_column("", no_wrap=True, width=SIGN)
        for index, room in enumerate(shared(rows, titles, width), 1):
            title = titles[index - 1]
            table.add_column(title, no_wrap=True, overflow="ellipsis", max_width=room)
        # what is left of the line
        title = "Info" if any(row[-1] for row in rows) else ""
        table.add_column(title, no_wrap=False)
        for row in rows:
            table.add_row(*row)
        return table

    def _cells(self, branch: Branch) -> Iterator[Text]:
        row, board, now = branch.row, self._board, self._clock.monotonic()
        whole = not row.failed and (board.over or self._view.planning)
        op = "replace" if whole and mark(row.op).whole == "replace" else row.op
        style = ERROR if row.failed else mark(op).style
        type_, name = columns(row, self._view)
        yield Text(f" {mark(op).sign}", style)
        yield Text(branch.guide + type_)
        if not self._view.urns:
            yield Text(name)
        yield Text(status(board, row, now, whole=whole), style)
        yield Text(info(row, counts=board.over), no_wrap=True, overflow="ellipsis")

    def _count(self) -> Text:
        elapsed = duration(self._clock.monotonic() - self._began)
        rows = [row for row in self._board.shown() if row.op != "same"]
        if not rows and not self._view.expected:
            return Text(f"    {elapsed}", QUIET)
        running = sum(not self._board.is_done(row) for row in rows)
        done, total = len(rows) - running, max(len(rows), self._view.expected or 0)
        under_way = f", {running} under way" if running else ""
        return Text(f"    {done} of {total} done{under_way}, {elapsed}", QUIET)

    def _branches(self) -> Iterator[Branch]:
        shown = {row.urn: row for row in tuple(self._board.shown())}
        below: dict[str, list[Row]] = {}
        for row in shown.values():
            if row.urn != self._view.stack_urn:
                below.setdefault(self._parent(row, shown), []).append(row)
        stack = self._board.stack
        yield Branch("", stack)
        yield from _grow(stack.urn, below, "")

    def _parent(self, row: Row, shown: dict[str, Row]) -> str:
        record = (row.step.new or row.step.old) if row.step else None
        parent = record.parent if record is not None else ""
        return parent if parent in shown else self._view.stack_urn


def _grow(urn: str, below: dict[str, list[Row]], guide: str) -> Iterator[Branch]:
    rows = below.get(urn, [])
    for row in rows:
        last = row is rows[-1]
        yield Branch(guide + ("└─ " if last else "├─ "), row)
        yield from _grow(row.urn, below, guide + ("   " if last else "│  "))


def shared(
    rows: Sequence[Sequence[Text]], titles: Sequence[str], width: int
) -> list[int]:
    """The room of each named column in a line of that width: the first ones give way, the status never does."""
    wanted = [
        max(len(title), *(row[index].cell_len for row in rows))
        for index, title in enumerate(titles, 1)
    ]
    *first, status = wanted
    spare = width - SIGN - status - len(wanted) - 1
    rooms: list[int] = []
    for index, room in enumerate(first):
        later = sum(first[index + 1 :])
        rooms.append(max(min(room, NARROWEST), min(room, spare - later)))
        spare -= rooms[-1]
    return [*rooms, status]


def in_sight(branches: Sequence[Branch], room: int, board: Board) -> list[Branch]:
    """The rows that fit: first of all those under way or failed, then the latest; in the tree's order."""
    if len(branches) <= room:
        return list(branches)
    urgent = {
        i
        for i, b in enumerate(branches)
        if i == 0 or b.row.failed or not board.is_done(b.row)
    }
    rest = (i for i in range(len(branches) - 1, -1, -1) if i not in urgent)
    kept = [*sorted(urgent), *rest][:room]
    return [branches[i] for i in sorted(kept)]


def terminal(stream: TextIO, *, color: bool) -> Console:
    """A console of rich on a terminal, coloured or not, that outlives it."""
    return Console(
        file=cast(IO[str], Lasting(stream)),
        force_terminal=True,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
    )
