"""What is known of each resource while events come in, one row each, and how a row reads.

A row is one resource: what is done to it, since when, and what was said about it. The
stack's own row takes what has no URN.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from pulumi_embedded_engine.display.options import View
from pulumi_embedded_engine.display.step_symbols import RETAINED, mark
from pulumi_embedded_engine.display.value_changes import (
    Changes,
    compare_maps,
    step_changes,
)
from pulumi_embedded_engine.model.events import (
    CancelEvent,
    Diagnostic,
    Event,
    StackOutputs,
    StepDone,
    StepFailed,
    StepMetadata,
    StepStarted,
    Summary,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import displayed_type, name_of, type_of
from pulumi_embedded_engine.printable import one_line, printable

PREFIXES: Final = {
    "error": "error: ",
    "warning": "warning: ",
    "debug": "debug: ",
    "info": "",
}
_NOUNS: Final = {
    "error": "error",
    "warning": "warning",
    "info": "message",
    "debug": "debug message",
}
_SIGNS: Final = (("+", "add"), ("-", "delete"), ("~", "update"))


@dataclass(slots=True)
class Row:
    """One resource; `step` is None for one of which only messages came, `whole` is its replacement as one thing."""

    urn: str
    step: StepMetadata | None = None
    whole: StepMetadata | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    started: float = 0.0
    ended: float | None = None
    failed: bool = False
    shown: bool = False
    refreshing: bool = False

    @property
    def op(self) -> str:
        """What is done to the resource, as far as is known."""
        return self.step.op if self.step else "same"

    @property
    def parent(self) -> str:
        """The URN of the resource that this one belongs to."""
        record = (self.step.new or self.step.old) if self.step else None
        return record.parent if record else ""


@dataclass(slots=True)
class Board:
    """All rows by URN, in the order in which they were heard of."""

    view: View
    rows: dict[str, Row] = field(default_factory=dict)
    over: bool = False
    outputs: StackOutputs | None = None
    summary: Summary | None = None

    def row(self, urn: str) -> Row:
        """The row of a resource, new if need be; no URN is the stack's."""
        urn = urn or self.view.stack_urn
        return self.rows.setdefault(urn, Row(urn, shown=urn == self.view.stack_urn))

    def take(self, event: Event, now: float) -> Row | None:
        """Keep what an event tells; gives the row that it is news for, if it is for any."""
        match event:
            case StepStarted():
                return self._started(event.metadata, now)
            case StepDone():
                return self._done(event, now)
            case StepFailed():
                row = self._ended(event.metadata, now)
                row.failed = row.shown = True
                return row
            case Diagnostic() if self.view.hears(event):
                row = self.row(event.urn)
                row.diagnostics.append(event)
                row.shown = True
                return row
            case StackOutputs():
                self.outputs = event
            case Summary():
                self.summary = event
            case CancelEvent():
                self._end()
        return None

    def _started(self, step: StepMetadata, now: float) -> Row | None:
        row, seen = self.row(step.urn), self.view.shows(step)
        if not seen and not step.logical:
            return None
        row.step, row.started, row.ended = step, now, None
        row.shown = row.shown or seen
        row.refreshing = seen and step.op == "refresh"
        if step.op == "replace":
            row.whole = step
        return row if seen else None

    def _done(self, event: StepDone, now: float) -> Row | None:
        step = event.metadata
        if not step.logical and not self.view.shows(step):
            return None
        row = self._ended(step, now)
        record = step.new or step.old
        meant = record is not None and record.custom and step.op != "same"
        is_news = row.refreshing or (meant and not event.planning)
        return row if row.shown and is_news else None

    def _ended(self, step: StepMetadata, now: float) -> Row:
        row = self.row(step.urn)
        row.step, row.ended = step, now
        row.shown = row.shown or self.view.shows(step)
        return row

    def _end(self) -> None:
        """From now on a replacement is one thing."""
        self.over = True
        for row in self.rows.values():
            row.step = row.whole if row.whole and not row.failed else row.step

    def shown(self) -> list[Row]:
        """The rows that are to be seen, the stack's last."""
        rows = [row for row in self.rows.values() if row.shown]
        return sorted(rows, key=lambda row: row.urn == self.view.stack_urn)


def status(board: Board, row: Row, now: float) -> str:
    """What is, was or will be done."""
    text = _same(board, row) if row.op == "same" else _status(board, row, now)
    return f"{text}[retain]" if row.step and retained(row.step) else text


def _same(board: Board, row: Row) -> str:
    if _has_failed(board, row):
        return "**failed**"
    is_running = row.urn == board.view.stack_urn and not board.over
    return "running" if is_running else ""


def _status(board: Board, row: Row, now: float) -> str:
    words = mark(row.op)
    if board.view.planning:
        looking = row.op == "refresh" and row.ended is None
        return words.doing if looking else words.plan
    if _has_failed(board, row):
        return f"**{words.doing} failed**"
    if row.ended is not None:
        seconds = row.ended - row.started
        return (
            f"{words.done} ({seconds:.2f}s)"
            if seconds < 1
            else f"{words.done} ({int(seconds)}s)"
        )
    if not board.over:
        return f"{words.doing} ({int(max(0.0, now - row.started))}s)"
    # a component is there, whatever became of the things in it
    record = (row.step.new or row.step.old) if row.step else None
    return f"{words.doing} (interrupted)" if record and record.custom else words.done


def _has_failed(board: Board, row: Row) -> bool:
    errors = any(said.severity == "error" for said in row.diagnostics)
    return row.failed or (board.over and errors and not board.view.planning)


def info(row: Row, *, counts: bool) -> str:
    """What changes, and the last message, or how many there were of each kind."""
    changes = keys(_differences(row))
    return "; ".join([*changes, *(_counted(row) if counts else _last(row))])


def _differences(row: Row) -> Changes:
    """What the step of a row changes, keys of the record itself included."""
    step = row.step
    if step is None or step.old is None or step.new is None:
        return {}
    if row.refreshing:
        over = row.ended is not None and step.op != "same"
        return compare_maps(step.old.outputs, step.new.outputs) if over else {}
    own = compare_maps(_settings(step.old), _settings(step.new))
    return step_changes(step) | own


def _settings(record: Resource) -> dict[str, object]:
    return {name: getattr(record, name) for name in ("provider", "protect", "taint")}


def retained(step: StepMetadata) -> bool:
    """Whether a step leaves the real thing behind."""
    return step.old is not None and step.old.retain_on_delete and step.op in RETAINED


def keys(changes: Changes) -> list[str]:
    """The names of what differs, as in `[diff: +token~size,zone]`, if anything does."""
    text = ""
    for sign, kind in _SIGNS:
        names = (one_line(str(k)) for k, c in changes.items() if c.kind == kind)
        found = ",".join(sorted(names))
        text += f"{sign}{found}" if found else ""
    return [f"[diff: {text}]"] if text else []


def columns(row: Row, view: View) -> tuple[str, str]:
    """Type and name of a row; with --urns the whole URN in one."""
    if view.urns:
        return one_line(row.urn), ""
    return one_line(displayed_type(type_of(row.urn))), one_line(name_of(row.urn))


def worded(diagnostic: Diagnostic) -> str:
    """A message as it is shown, behind its severity."""
    return PREFIXES[diagnostic.severity] + printable(diagnostic.message).rstrip()


def _counted(row: Row) -> list[str]:
    counts = Counter[str](d.severity for d in row.diagnostics if not d.ephemeral)
    return [
        f"{count} {noun}{'s' if count > 1 else ''}"
        for severity, noun in _NOUNS.items()
        if (count := counts[severity])
    ]


def _last(row: Row) -> list[str]:
    texts = [worded(d) for d in row.diagnostics[-1:]]
    return [text.split("\n", 1)[0] for text in texts if text]
