"""Chooses the view that the display options ask for, and passes it events from any thread; draws nothing itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.display.diff_view import DiffView
from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.line_writer import LineWriter
from pulumi_embedded_engine.display.plain_view import PlainView
from pulumi_embedded_engine.display.preview_json import PreviewJson
from pulumi_embedded_engine.model.events import CancelEvent, Event, Sink

PROGRESS_SECONDS: Final = 1.0

# Shows events; it is called by one thread at a time.
View = Callable[[Event], None]


class SynchronizedView:
    """Passes events to a view, one at a time, and makes sure that the view gets the last event."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            if isinstance(event, CancelEvent):
                self._ended.set()
            self._view(event)

    def end(self) -> None:
        """Send the last event if the operation ended without it."""
        if not self._ended.is_set():
            self(CancelEvent())

    def show_progress(self, tick: Callable[[], None]) -> None:
        """Call `tick` every second until the end, so that a reader sees that the operation still runs."""
        while not self._ended.wait(PROGRESS_SECONDS):
            with self._lock:
                if not self._ended.is_set():
                    tick()


@contextmanager
def open_view(
    options: DisplayOptions, out: TextIO, errors: TextIO, clock: Clock
) -> Iterator[Sink]:
    """A sink that shows events as the display options say."""
    writer = LineWriter(out)
    sink = SynchronizedView(_make_view(options, writer, errors, clock))
    sign = f"@ {options.label.lower()}..."
    progress = threading.Thread(
        target=sink.show_progress,
        args=(lambda: writer.write_progress_dot(sign),),
        name="progress",
        daemon=True,
    )
    # not in a JSON document, and the live tree shows its own progress
    if options.progress and not (options.json or options.live):
        progress.start()
    try:
        yield sink
    finally:
        sink.end()
        if progress.is_alive():
            progress.join()


def _make_view(
    options: DisplayOptions, writer: LineWriter, errors: TextIO, clock: Clock
) -> View:
    if options.json:
        return PreviewJson(options, writer)
    if options.diff:
        return DiffView(options, writer, LineWriter(errors))
    if options.live:
        # rich is slow to import, so it is imported only where it draws
        from pulumi_embedded_engine.display.tree_view import TreeView, terminal_console  # noqa: PLC0415

        return TreeView(
            options, terminal_console(writer.stream, color=options.color), clock
        )
    return PlainView(options, writer, clock)
