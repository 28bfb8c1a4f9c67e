"""Chooses the display for a view and feeds it, from any thread; draws nothing itself."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.display.diff_view import DiffLines
from pulumi_embedded_engine.display.line_writer import Paper
from pulumi_embedded_engine.display.options import View
from pulumi_embedded_engine.display.plain_view import PlainLines
from pulumi_embedded_engine.display.preview_json import PreviewDocument
from pulumi_embedded_engine.model.events import CancelEvent, Event, Sink

SECONDS_BETWEEN_SIGNS: Final = 1.0

# one way to show events
Display = Callable[[Event], None]


class Shared:
    """Passes events on to a display, one at a time, and makes sure that the last one is told."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            if isinstance(event, CancelEvent):
                self._over.set()
            self._display(event)

    def end(self) -> None:
        """Tell the end, if the operation broke off before it could."""
        if not self._over.is_set():
            self(CancelEvent())

    def beat(self, tick: Callable[[], None]) -> None:
        """Give a sign of life every second until the end."""
        while not self._over.wait(SECONDS_BETWEEN_SIGNS):
            with self._lock:
                if not self._over.is_set():
                    tick()


@contextmanager
def shown(view: View, out: TextIO, errors: TextIO, clock: Clock) -> Iterator[Sink]:
    """A sink that shows what it is told as the view says."""
    paper = Paper(out)
    sink = Shared(_display(view, paper, errors, clock))
    sign = f"@ {view.label.lower()}..."
    heart = threading.Thread(
        target=sink.beat,
        args=(lambda: paper.dot(sign),),
        name="sign of life",
        daemon=True,
    )
    # a document and a drawing have none
    if view.progress and not (view.json or view.live):
        heart.start()
    try:
        yield sink
    finally:
        sink.end()
        if heart.is_alive():
            heart.join()


def _display(view: View, paper: Paper, errors: TextIO, clock: Clock) -> Display:
    if view.json:
        return PreviewDocument(view, paper)
    if view.diff:
        return DiffLines(view, paper, Paper(errors))
    if view.live:
        # rich is imported where it draws only
        from pulumi_embedded_engine.display.tree_view import LiveTree, terminal  # noqa: PLC0415

        return LiveTree(view, terminal(paper.stream, color=view.color), clock)
    return PlainLines(view, paper, clock)
