"""What is known of each resource while events come in, one row each; words nothing.

A row is one resource: what is done to it, since when, and what was said about it. The
stack's own row takes what has no URN.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.events import (
    Diagnostic,
    Outputs,
    StepDone,
    StepFailed,
    StepMetadata,
    StepStarted,
    Summary,
)


@dataclass(slots=True)
class Row:
    """One resource; `step` is None for one of which only messages came."""

    urn: str
    step: StepMetadata | None = None
    ended_steps: list[StepMetadata] = field(default_factory=list)
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
    def errors(self) -> int:
        """How many errors were said about it."""
        return sum(d.severity == "error" for d in self.diagnostics)

    @property
    def ended_well(self) -> bool:
        """Whether what is done to it now is over."""
        return any(step.op == self.op for step in self.ended_steps)


@dataclass(slots=True)
class Board:
    """All rows by URN, in the order in which they were heard of."""

    view: View
    rows: dict[str, Row] = field(default_factory=dict)
    over: bool = False
    outputs: Outputs | None = None
    summary: Summary | None = None

    @property
    def stack(self) -> Row:
        """The stack's own row."""
        return self.row(self.view.stack_urn)

    def row(self, urn: str) -> Row:
        """The row of a resource, new if need be; no URN is the stack's."""
        urn = urn or self.view.stack_urn
        return self.rows.setdefault(urn, Row(urn, shown=urn == self.view.stack_urn))

    def started(self, event: StepStarted, now: float) -> Row:
        """A step begins."""
        row = self.row(event.metadata.urn)
        row.step, row.started, row.ended = event.metadata, now, None
        seen = self.view.shows(event.metadata)
        row.refreshing = seen and event.metadata.op == "refresh"
        row.shown = row.shown or seen
        return row

    def done(self, event: StepDone, now: float) -> Row:
        """A step ended well."""
        row = self.row(event.metadata.urn)
        row.step, row.ended = event.metadata, now
        row.ended_steps.append(event.metadata)
        row.shown = row.shown or self.view.shows(event.metadata)
        return row

    def failure(self, event: StepFailed, now: float) -> Row:
        """A step failed."""
        row = self.row(event.metadata.urn)
        row.step, row.ended, row.failed, row.shown = event.metadata, now, True, True
        return row

    def said(self, event: Diagnostic) -> Row | None:
        """Something was said about a resource; None if that is not to be shown."""
        if not self.view.hears(event):
            return None
        row = self.row(event.urn)
        row.diagnostics.append(event)
        row.shown = True
        return row

    def keep_outputs(self, event: Outputs) -> None:
        """The stack's outputs, for the end."""
        self.outputs = event

    def keep_summary(self, event: Summary) -> None:
        """The summary, for the end."""
        self.summary = event

    def is_done(self, row: Row) -> bool:
        """Whether nothing more is awaited for a row; the stack's is open to the end."""
        if row.failed or self.over:
            return True
        return row.urn != self.view.stack_urn and row.ended_well

    def shown(self) -> Iterator[Row]:
        """The rows that are to be seen, the stack's first."""
        if self.view.stack_urn in self.rows:
            yield self.stack
        yield from (
            row
            for row in self.rows.values()
            if row.shown and row.urn != self.view.stack_urn
        )
