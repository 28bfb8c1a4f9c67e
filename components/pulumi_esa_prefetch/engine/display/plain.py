"""The display where nobody watches: a line whenever something begins, ends or is said, and sections at the end."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.display.closing import Closing, configuration
from pulumi_esa_prefetch.engine.display.ink import ERROR, HEADLINE, Ink
from pulumi_esa_prefetch.engine.display.marks import mark
from pulumi_esa_prefetch.engine.display.paper import Paper
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

_HALF_READS: Final = frozenset({"read-replacement", "read-discard", "discard"})


class PlainLines:
    """A sink that writes lines; to be called by one thread at a time."""

    def __init__(self, view: View, paper: Paper, clock: Clock) -> None:
        self._view = view
        self._paper = paper
        self._clock = clock
        self._ink = Ink(view.color)
        self._board = Board(view)
        self._handlers: Mapping[type, Callable[[Any], None]] = {
            Prelude: self._prelude,
            StepStarted: self._started,
            StepDone: self._done,
            StepFailed: self._failed,
            Diagnostic: self._said,
            Outputs: self._board.keep_outputs,
            Summary: self._board.keep_summary,
            Cancelled: self._end,
        }

    def begin(self) -> None:
        """Say what goes on."""
        self._paper.lines(
            self._ink(f"{self._view.label} ({self._view.stack}):", HEADLINE), ""
        )

    def __call__(self, event: Event) -> None:
        """Take one event."""
        self._handlers[type(event)](event)

    def tick(self) -> None:
        """Give a sign of life."""
        self._paper.dot(f"@ {self._view.label.lower()}...")

    def _prelude(self, event: Prelude) -> None:
        if self._view.config:
            self._paper.lines(*configuration(event), "")

    def _started(self, event: StepStarted) -> None:
        if not self._is_read(event):
            row = self._board.started(event, self._clock.monotonic())
            if self._view.shows(event.metadata):
                self._print(row)

    def _is_read(self, event: StepStarted | StepDone) -> bool:
        """Whether this is a read nobody asked to see; it is told as a passing remark on the stack."""
        step = event.metadata
        if self._view.reads or step.op not in _HALF_READS | {"read"}:
            return False
        if step.op == "read" and isinstance(event, StepStarted):
            type_, name = columns(Row(step.urn), self._view)
            self._said(
                Diagnostic("info", f"read {type_} {name}".rstrip(), ephemeral=True)
            )
        return True

    def _done(self, event: StepDone) -> None:
        if self._is_read(event):
            return
        step = event.metadata
        refreshed = self._board.row(step.urn).refreshing
        row = self._board.done(event, self._clock.monotonic())
        record = step.new or step.old
        meant = (
            not event.planning
            and record is not None
            and record.custom
            and step.op != "same"
        )
        if row.shown and (meant or refreshed):
            self._print(row)

    def _failed(self, event: StepFailed) -> None:
        self._print(self._board.failure(event, self._clock.monotonic()))

    def _said(self, event: Diagnostic) -> None:
        row = self._board.said(event)
        if row is not None:
            self._print(row)

    def _end(self, event: Cancelled) -> None:
        del event
        unfinished = [
            row for row in self._board.shown() if not self._board.is_done(row)
        ]
        self._board.over = True
        for row in sorted(unfinished, key=lambda row: row.urn == self._view.stack_urn):
            self._print(row, counts=True)
        self._paper.lines(*Closing(self._view, self._ink).sections(self._board))

    def _print(self, row: Row, *, counts: bool = False) -> None:
        words, now = mark(row.op), self._clock.monotonic()
        style = ERROR if row.failed else words.style
        type_, name = columns(row, self._view)
        pieces = [
            self._ink(words.sign, words.style),
            type_,
            *filter(None, [name]),
            self._ink(status(self._board, row, now), style),
            info(row, counts=counts),
        ]
        self._paper.lines(f" {' '.join(pieces)}".rstrip())
