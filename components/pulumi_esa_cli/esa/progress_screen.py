"""The progress of plans as lines that fit a terminal: one per plan, and one that counts the plans without room."""

from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from pulumi_embedded_engine.printable import one_line
from pulumi_esa_cli.esa.progress_table import (
    ProgressTable,
    TableRow,
    plan_row,
    total_row,
)
from pulumi_esa_prefetch.load import count_text
from pulumi_esa_prefetch.report.analysis.progress import (
    ProgressSnapshot,
    status_counts,
)

MOST_OF_A_SENTENCE = 3
"""The most lines of a sentence below the table."""
_ASCII = str.maketrans("█░…", "#.~")


@dataclass(frozen=True, slots=True)
class ProgressScreen:
    """One snapshot as rich draws it; `every`: the seconds to the next one, None if it is the last."""

    snapshot: ProgressSnapshot
    stack: str
    every: float | None = None

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> RenderResult:
        """Fill the terminal; below the last screen one line is left for the prompt."""
        height = console.size.height - (self.every is None)
        screen = Text("\n").join(self.lines(options.max_width, height))
        if options.ascii_only:
            screen.plain = screen.plain.translate(_ASCII)
        yield screen

    def lines(self, width: int, height: int) -> list[Text]:
        """At most `height` lines (if that is six or more), none wider than `width` cells."""
        plans = self.snapshot.by_need
        total = [total_row(self.snapshot)] if len(plans) > 1 else []
        foot = [*self._problem(width), self._stamp()]
        title = self._title(width)
        room = max(1, height - len(title) - 1 - len(total) - len(foot))
        shown = plans if len(plans) <= room else plans[: room - 1]
        rows = [plan_row(plan, self.snapshot.at) for plan in shown]
        body = _body(rows, total, width)
        if rest := plans[len(shown) :]:
            more = f"… and {len(rest)} more: {status_counts(rest)}"
            body.insert(1 + len(rows), Text(more))
        refusals = self._refusals(width)[: room - len(plans)] if not rest else []
        lines = [*title, *body, *refusals, *foot]
        for line in lines:
            line.truncate(width, overflow="ellipsis")
        return lines

    def _title(self, width: int) -> list[Text]:
        """The stack and its plans, and how many have which status, on a second line if the first has no room."""
        plans, attention = self.snapshot.plans, self.snapshot.totals.attention
        many = count_text(len(plans), "plan") if plans else "no plan was read"
        name = f"{one_line(self.stack) or 'stack'}: {many}"
        if attention:
            name += f", {attention} need{'s' * (attention == 1)} attention"
        title, counts = Text(name, style="bold"), Text(status_counts(plans))
        whole = Text("; ").join([title, counts]) if counts else title
        return [whole] if whole.cell_len <= width else [title, counts]

    def _problem(self, width: int) -> list[Text]:
        problem = self.snapshot.problem
        return _wrapped(problem, width) if problem else []

    def _refusals(self, width: int) -> list[Text]:
        return [
            line for told in self.snapshot.refusals for line in _wrapped(told, width)
        ]

    def _stamp(self) -> Text:
        text = f"Read at {self.snapshot.at:%H:%M:%S}; times in UTC."
        if self.every is not None:
            text += f" Read every {self.every:g} s; Ctrl-C ends it."
        return Text(text, style="dim")


def _body(rows: list[TableRow], total: list[TableRow], width: int) -> list[Text]:
    table = ProgressTable.of([*rows, *total], width)
    return [table.head(), *map(table.line, rows), *map(table.line, total)]


def _wrapped(sentence: str, width: int) -> list[Text]:
    lines = Text(one_line(sentence), style="yellow").wrap(Console(width=width), width)
    return [*lines][:MOST_OF_A_SENTENCE]
