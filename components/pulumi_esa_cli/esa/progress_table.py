"""The table of `progress`: what stands in each column, and how wide it is; a wide character counts as two cells."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rich.cells import cell_len
from rich.text import Text

from pulumi_embedded_engine.printable import one_line
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.report.analysis.progress import (
    PlanProgress,
    ProgressSnapshot,
)
from pulumi_esa_prefetch.report.analysis.short_text import (
    short_duration,
    short_rate,
    short_time,
)

SHORTEST_NAME = 16
FAIR_NAME = 24
"""What names get before a column is added that is not always shown."""
_ID_HEAD = 4
BAR, LONGEST_BAR = 10, 20
GAP = "  "
_COLOURS = {"running": "green", "finished": "cyan", "failed": "red", "missing": "red"}
_HEADS = {
    "name": "Plan",
    "status": "Status",
    "bar": "Job's URLs",
    "percent": "",
    "count": "URLs",
    "opens": "Opens",
    "rate": "Rate",
    "left": "Left",
    "last": "Last batch",
}
_RIGHT = frozenset({"percent", "count", "rate", "left"})
_LEAST = {"status": 7, "bar": BAR, "percent": 4, "rate": 7, "left": 7, "last": 10}
"""The least widths, so that columns do not move with every redraw."""
_OPTIONAL = ("count", "opens")
_NOTED = ("rate", "left", "last")
"""The columns in whose place a note stands."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row but for its bar, and the note that stands in the place of the last three."""

    cells: dict[str, str]
    submitted: int = 0
    urls: int | None = None
    note: str = ""


def plan_row(plan: PlanProgress, now: datetime) -> TableRow:
    """Return the row of one plan."""
    cells = {"name": one_line(plan.target.name), "status": one_line(plan.status)}
    if plan.status == "waiting" and plan.start is not None:
        cells["opens"] = short_time(plan.start, now)
    if plan.is_active:
        cells |= _pace(plan.urls_per_second, plan.done, now)
    return _row(cells, plan.submitted, plan.urls, one_line(plan.note))


def total_row(snapshot: ProgressSnapshot) -> TableRow:
    """Return the row of all plans."""
    totals = snapshot.totals
    pace = _pace(totals.urls_per_second, totals.done, snapshot.at)
    return _row({"name": "Total", **pace}, totals.submitted, totals.urls)


def _row(
    cells: dict[str, str], submitted: int | None, urls: int | None, note: str = ""
) -> TableRow:
    done = submitted or 0
    if urls is not None:
        cells["count"] = f"{done}/{urls}"
    if urls:
        # rounded down: all is done only at 100 %
        cells["percent"] = f"{min(100, 100 * done // urls)}%"
    return TableRow(cells, done, urls, note)


def _pace(rate: float | None, last: datetime | None, now: datetime) -> dict[str, str]:
    cells = {} if rate is None else {"rate": short_rate(rate)}
    if last is not None:
        cells["left"] = short_duration(last - now)
        cells["last"] = short_time(last, now)
    return cells


@dataclass(frozen=True, slots=True)
class ProgressTable:
    """The columns that are shown, in their order, with their widths."""

    widths: dict[str, int]

    @classmethod
    def of(cls, rows: Sequence[TableRow], width: int) -> "ProgressTable":
        """Give each column what its cells need; names and the bar share what is left of the width."""
        needs = {column: _need(column, rows) for column in _HEADS}
        columns = [column for column in _HEADS if column not in _OPTIONAL]
        shortest, fair = (min(needs["name"], n) for n in (SHORTEST_NAME, FAIR_NAME))
        for optional in _OPTIONAL:
            wider = [c for c in _HEADS if c in {*columns, optional}]
            is_used = any(row.cells.get(optional) for row in rows)
            if is_used and fair + _beside_name(needs, wider) <= width:
                columns = wider
        room = width - _beside_name(needs, columns)
        if room < shortest:
            columns.remove("bar")
            room = width - _beside_name(needs, columns)
        name = max(shortest, min(needs["name"], room))
        bar = min(LONGEST_BAR, BAR + max(0, room - name))
        needs |= {"name": name, "bar": bar}
        return cls({column: needs[column] for column in columns})

    def head(self) -> Text:
        """The names of the columns."""
        cells = [self._cell(column, head) for column, head in _HEADS.items()]
        return _joined(cells, "bold")

    def line(self, row: TableRow) -> Text:
        """One row."""
        cells: list[Text | None] = []
        for column in self.widths:
            if column == "bar":
                cells.append(_bar(row, self.widths["bar"]))
            elif not (row.note and column in _NOTED):
                cells.append(self._cell(column, row.cells.get(column, "")))
        note = Text(row.note, style="yellow")
        return _joined([*cells, note] if row.note else cells)

    def _cell(self, column: str, text: str) -> Text | None:
        if column not in self.widths:
            return None
        style = _COLOURS.get(text, "") if column == "status" else ""
        room = self.widths[column]
        if column == "name" and object_id(text) and len(text) > room:
            # ids of one account begin alike
            text = f"{text[:_ID_HEAD]}…{text[_ID_HEAD + 1 - room :]}"
        cell = Text(text, style=style, overflow="ellipsis")
        cell.align("right" if column in _RIGHT else "left", self.widths[column])
        return cell


def _joined(cells: Sequence[Text | None], style: str = "") -> Text:
    line = Text(GAP, style=style).join(cell for cell in cells if cell is not None)
    line.rstrip()
    return line


def _need(column: str, rows: Sequence[TableRow]) -> int:
    widest = max((cell_len(row.cells.get(column, "")) for row in rows), default=0)
    return max(widest, _LEAST.get(column, 0), cell_len(_HEADS[column]))


def _beside_name(needs: dict[str, int], columns: Sequence[str]) -> int:
    """The width of all columns but the name, with the gaps."""
    return sum(needs[column] + len(GAP) for column in columns if column != "name")


def _bar(row: TableRow, width: int) -> Text:
    if not row.urls:
        return Text(" " * width)
    full = min(width, width * row.submitted // row.urls)
    return Text.assemble(("█" * full, "green"), ("░" * (width - full), "dim"))
