"""The view on a terminal: a live tree with one row per resource, elapsed times and a count; then the sections.

During the operation it is never taller than the terminal: rows that run or failed stay, finished rows are left out
first.
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
from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.line_writer import TolerantStream
from pulumi_embedded_engine.display.resource_rows import (
    ResourceRow,
    ResourceRows,
    info_text,
    status_text,
    type_and_name,
)
from pulumi_embedded_engine.display.step_symbols import (
    ERROR,
    QUIET,
    Colorizer,
    step_symbol,
)
from pulumi_embedded_engine.display.summary_sections import (
    SummarySections,
    duration_text,
    heading_lines,
)
from pulumi_embedded_engine.model.events import CancelEvent, Event, Prelude
from pulumi_embedded_engine.printable import printable

FRAMES_PER_SECOND: Final = 8
# lines that are not rows: heading, header, count, and one more
LINES_AROUND_ROWS: Final = 6
# the usual width of a terminal, and the columns for messages at that width
USUAL_WIDTH: Final = 80
MIN_INFO_WIDTH: Final = 12


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A row with the tree lines in front of it."""

    guide: str
    row: ResourceRow


class TreeView:
    """A sink that draws the tree again; it must be called by one thread at a time.

    A thread of rich draws between the events.
    """

    def __init__(self, options: DisplayOptions, console: Console, clock: Clock) -> None:
        self._options = options
        self._console = console
        self._clock = clock
        self._colorize = Colorizer(options.color)
        self._rows = ResourceRows(options)
        self._lock = threading.Lock()
        self._started_at = clock.monotonic()
        self._live = Live(
            self,
            console=console,
            refresh_per_second=FRAMES_PER_SECOND,
            vertical_overflow="visible",
        )

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            self._rows.add_event(event, self._clock.monotonic())
        # without the lock: `stop` waits for rich's thread, which may be drawing
        if isinstance(event, Prelude):
            self._print(heading_lines(event, self._options, self._colorize))
            self._live.start(refresh=True)
        elif isinstance(event, CancelEvent):
            self._live.stop()
            self._print(
                SummarySections(self._options, self._colorize).sections(self._rows)
            )

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
            yield self._draw(options.max_width, options.size.height)

    def _draw(self, width: int, height: int) -> Group:
        branches = list(self._visible_tree())
        room = (
            len(branches)
            if self._rows.is_finished
            else max(1, height - LINES_AROUND_ROWS)
        )
        kept = rows_that_fit(branches, room)
        lines: list[Table | Text] = [self._table(kept, width)]
        if len(kept) < len(branches):
            lines.append(Text(f"    … {len(branches) - len(kept)} more", QUIET))
        return Group(
            *lines, Text(), *(() if self._rows.is_finished else (self._count_line(),))
        )

    def _table(self, branches: Sequence[TreeRow], width: int) -> Table:
        table = Table(
            box=None,
            padding=(0, 1, 0, 0),
            pad_edge=False,
            header_style=QUIET,
            expand=True,
        )
        rows = [list(self._cells(branch)) for branch in branches]
        table.add_column("", no_wrap=True)
        for title in ["URN"] if self._options.urns else ["Type", "Name"]:
            table.add_column(title)
        table.add_column("Plan" if self._options.planning else "Status", no_wrap=True)
        # this column is shortened first, then type and name, and never the status
        has_info = any(row[-1] for row in rows)
        least = MIN_INFO_WIDTH if has_info and width >= USUAL_WIDTH else 1
        table.add_column("Info" if has_info else "", ratio=1, width=least)
        for row in rows:
            table.add_row(*row)
        return table

    def _cells(self, branch: TreeRow) -> Iterator[Text]:
        row, symbol = branch.row, step_symbol(branch.row.op)
        type_, name = type_and_name(row, self._options)
        style = ERROR if row.is_failed else symbol.style
        now = self._clock.monotonic()
        yield Text(f" {symbol.sign}", style)
        yield _cell(branch.guide + type_)
        if not self._options.urns:
            yield _cell(name)
        yield Text(status_text(self._rows, row, now), style)
        yield _cell(info_text(row, counts=self._rows.is_finished))

    def _count_line(self) -> Text:
        elapsed = duration_text(self._clock.monotonic() - self._started_at)
        rows = [row for row in self._rows.visible() if row.op != "same"]
        if not rows and not self._options.expected:
            return Text(f"    {elapsed}", QUIET)
        running = sum(row.ended_at is None for row in rows)
        done, total = len(rows) - running, max(len(rows), self._options.expected or 0)
        under_way = f", {running} under way" if running else ""
        return Text(f"    {done} of {total} done{under_way}, {elapsed}", QUIET)

    def _visible_tree(self) -> Iterator[TreeRow]:
        rows = self._rows.by_urn
        stack = self._rows.row_of(self._options.stack_urn)
        seen = {stack.urn}
        for row in self._rows.visible():
            # an unchanged parent is shown if a child is
            above: ResourceRow | None = row
            while above is not None and above.urn not in seen:
                seen.add(above.urn)
                above = rows.get(above.parent)
        below: dict[str, list[ResourceRow]] = {}
        for row in rows.values():
            if row.urn in seen and row is not stack:
                parent = row.parent if row.parent in seen else stack.urn
                below.setdefault(parent, []).append(row)
        yield TreeRow("", stack)
        yield from _tree_rows(stack.urn, below, "")


def _tree_rows(
    urn: str, below: dict[str, list[ResourceRow]], guide: str
) -> Iterator[TreeRow]:
    rows = below.get(urn, [])
    for row in rows:
        last = row is rows[-1]
        yield TreeRow(guide + ("└─ " if last else "├─ "), row)
        yield from _tree_rows(row.urn, below, guide + ("   " if last else "│  "))


def _cell(text: str) -> Text:
    """A cell that ends with an ellipsis if its text does not fit."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def rows_that_fit(branches: Sequence[TreeRow], room: int) -> list[TreeRow]:
    """The rows that fit, in the order of the tree: first those that run or failed, then the latest.

    A row is shown below its parents, or not at all.
    """

    def urgency(place: int) -> tuple[bool, int]:
        row = branches[place].row
        urgent = place == 0 or row.is_failed or row.ended_at is None
        return (False, place) if urgent else (True, -place)

    paths = _paths(branches)
    kept: set[int] = set()
    for place in sorted(range(len(branches)), key=urgency):
        if len(kept.union(paths[place])) <= room:
            kept.update(paths[place])
    return [branches[place] for place in sorted(kept)]


def _paths(branches: Sequence[TreeRow]) -> list[tuple[int, ...]]:
    """For each row its place, after those of its parents."""
    paths: list[tuple[int, ...]] = []
    above: list[int] = []
    for place, branch in enumerate(branches):
        # each level of the tree has a guide of three characters
        above = [*above[: len(branch.guide) // 3], place]
        paths.append(tuple(above))
    return paths


def terminal_console(stream: TolerantStream, *, color: bool) -> Console:
    """A rich console on a terminal, with or without colours."""
    return Console(
        file=cast(IO[str], stream),
        force_terminal=True,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
    )
