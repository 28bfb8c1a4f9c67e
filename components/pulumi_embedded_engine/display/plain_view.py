"""The view without a terminal: a line for each start, end and message, and the sections at the end."""

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.line_writer import LineWriter
from pulumi_embedded_engine.display.resource_rows import (
    ResourceRow,
    ResourceRows,
    info_text,
    status_text,
    type_and_name,
)
from pulumi_embedded_engine.display.step_symbols import ERROR, Colorizer, step_symbol
from pulumi_embedded_engine.display.summary_sections import (
    SummarySections,
    heading_lines,
)
from pulumi_embedded_engine.model.events import CancelEvent, Event, Prelude


class PlainView:
    """A sink that writes lines; it must be called by one thread at a time."""

    def __init__(
        self, options: DisplayOptions, writer: LineWriter, clock: Clock
    ) -> None:
        self._options = options
        self._writer = writer
        self._clock = clock
        self._colorize = Colorizer(options.color)
        self._rows = ResourceRows(options)

    def __call__(self, event: Event) -> None:
        """Take one event."""
        row = self._rows.add_event(event, self._clock.monotonic())
        if row is not None:
            self._write_row(row)
        elif isinstance(event, Prelude):
            self._writer.write_lines(
                *heading_lines(event, self._options, self._colorize)
            )
        elif isinstance(event, CancelEvent):
            self._write_end()

    def _write_end(self) -> None:
        for row in self._rows.visible():
            if row.ended_at is None or row.urn == self._options.stack_urn:
                self._write_row(row, counts=True)
        self._writer.write_lines(
            *SummarySections(self._options, self._colorize).sections(self._rows)
        )

    def _write_row(self, row: ResourceRow, *, counts: bool = False) -> None:
        symbol, now = step_symbol(row.op), self._clock.monotonic()
        style = ERROR if row.is_failed else symbol.style
        pieces = [
            self._colorize(symbol.sign, symbol.style),
            *filter(None, type_and_name(row, self._options)),
            self._colorize(status_text(self._rows, row, now), style),
            info_text(row, counts=counts),
        ]
        self._writer.write_lines(f" {' '.join(pieces)}".rstrip())
