"""Chooses the display for a view and feeds it, from any thread; draws nothing itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.display.detail import DiffLines
from pulumi_esa_prefetch.engine.display.paper import Paper
from pulumi_esa_prefetch.engine.display.plain import PlainLines
from pulumi_esa_prefetch.engine.display.preview_json import PreviewDocument
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.events import Cancelled, Event, Sink

SECONDS_BETWEEN_SIGNS = 1.0


class Display(Protocol):
    """One way to show events."""

    def begin(self) -> None:
        """Say what goes on."""
        ...

    def tick(self) -> None:
        """Give a sign of life."""
        ...

    def __call__(self, event: Event, /) -> None:
        """Take one event."""
        ...


class Shared(Sink):
    """Passes events on to a display, one at a time, and makes sure that the last one is told."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            if isinstance(event, Cancelled):
                self._over.set()
            self._display(event)

    def begin(self) -> None:
        """Say what goes on."""
        self._display.begin()

    def end(self) -> None:
        """Tell the end, if the operation broke off before it could."""
        if not self._over.is_set():
            self(Cancelled())

    def beat(self) -> None:
        """Give a sign of life every second until the end."""
        while not self._over.wait(SECONDS_BETWEEN_SIGNS):
            with self._lock:
                if not self._over.is_set():
                    self._display.tick()


@contextmanager
def shown(view: View, out: TextIO, errors: TextIO, clock: Clock) -> Iterator[Sink]:
    """A sink that shows what it is told as the view says."""
    sink = Shared(_display(view, out, errors, clock))
    sink.begin()
    heart = threading.Thread(target=sink.beat, name="sign of life", daemon=True)
    if view.progress and not (view.json or view.live):
        heart.start()
    try:
        yield sink
    finally:
        sink.end()
        if heart.is_alive():
            heart.join()


def _display(view: View, out: TextIO, errors: TextIO, clock: Clock) -> Display:
    if view.json:
        return PreviewDocument(view, Paper(out))
    if view.diff:
        return DiffLines(view, Paper(out), Paper(errors))
    if view.live:
        # rich is imported where it draws only
        from pulumi_esa_prefetch.engine.display.tree import LiveTree, terminal  # noqa: PLC0415

        return LiveTree(view, terminal(out, color=view.color), clock)
    return PlainLines(view, Paper(out), clock)
