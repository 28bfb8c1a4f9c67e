"""The display where nobody watches: a line whenever something begins, ends or is said, and sections at the end."""

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.display.line_writer import Paper
from pulumi_embedded_engine.display.options import View
from pulumi_embedded_engine.display.rows import Board, Row, columns, info, status
from pulumi_embedded_engine.display.step_symbols import ERROR, Ink, mark
from pulumi_embedded_engine.display.summary_sections import Closing, opening
from pulumi_embedded_engine.model.events import CancelEvent, Event, Prelude


class PlainLines:
    """A sink that writes lines; to be called by one thread at a time."""

    def __init__(self, view: View, paper: Paper, clock: Clock) -> None:
        self._view = view
        self._paper = paper
        self._clock = clock
        self._ink = Ink(view.color)
        self._board = Board(view)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        row = self._board.take(event, self._clock.monotonic())
        if row is not None:
            self._print(row)
        elif isinstance(event, Prelude):
            self._paper.lines(*opening(event, self._view, self._ink))
        elif isinstance(event, CancelEvent):
            self._end()

    def _end(self) -> None:
        for row in self._board.shown():
            if row.ended is None or row.urn == self._view.stack_urn:
                self._print(row, counts=True)
        self._paper.lines(*Closing(self._view, self._ink).sections(self._board))

    def _print(self, row: Row, *, counts: bool = False) -> None:
        words, now = mark(row.op), self._clock.monotonic()
        style = ERROR if row.failed else words.style
        pieces = [
            self._ink(words.sign, words.style),
            *filter(None, columns(row, self._view)),
            self._ink(status(self._board, row, now), style),
            info(row, counts=counts),
        ]
        self._paper.lines(f" {' '.join(pieces)}".rstrip())
