"""What is known of each resource while events come in, one row each; words nothing.

A row is one resource: what is done to it, since when, and what was said about it. The
stack's own row takes what has no URN.
"""

from dataclasses import dataclass, field

from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.events import (
    Cancelled,
    Diagnostic,
    Event,
    Outputs,
    StepDone,
    StepFailed,
    StepMetadata,
    StepStarted,
    Summary,
)


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
    outputs: Outputs | None = None
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
            case Outputs():
                self.outputs = event
            case Summary():
                self.summary = event
            case Cancelled():
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
