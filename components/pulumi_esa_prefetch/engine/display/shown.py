"""Chooses the display for a view and feeds it, from any thread; draws nothing itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TextIO

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.display.detail import DiffLines
from pulumi_esa_prefetch.engine.display.event_lines import EventLines
from pulumi_esa_prefetch.engine.display.paper import Paper
from pulumi_esa_prefetch.engine.display.plain import PlainLines
from pulumi_esa_prefetch.engine.display.preview_json import PreviewDocument
from pulumi_esa_prefetch.engine.display.summary_line import SummaryLine
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.errors import EngineError
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
    """Passes events on to displays, one at a time, and makes sure that the last one is told."""

    def __init__(self, displays: list[Display]) -> None:
        self._displays = displays
        self._lock = threading.Lock()
        self._over = threading.Event()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            if isinstance(event, Cancelled):
                self._over.set()
            for display in self._displays:
                display(event)

    def begin(self) -> None:
        """Say what goes on."""
        for display in self._displays:
            display.begin()

    def end(self) -> None:
        """Tell the end, if the operation broke off before it could."""
        if not self._over.is_set():
            self(Cancelled())

    def beat(self) -> None:
        """Give a sign of life every second until the end."""
        while not self._over.wait(SECONDS_BETWEEN_SIGNS):
            with self._lock:
                if not self._over.is_set():
                    for display in self._displays:
                        display.tick()


@contextmanager
def shown(view: View, out: TextIO, errors: TextIO, clock: Clock) -> Iterator[Sink]:
    """A sink that shows what it is told as the view says.

    Raises EngineError if the event log cannot be written.
    """
    with _event_log(view.event_log) as log:
        displays: list[Display] = [_display(view, out, errors, clock)]
        if log is not None:
            displays.append(EventLines(view, Paper(log), clock, internal=True))
        sink = Shared(displays)
        sink.begin()
        heart = threading.Thread(target=sink.beat, name="sign of life", daemon=True)
        quiet = view.json or view.summary or view.live
        if view.progress and not quiet:
            heart.start()
        try:
            yield sink
        finally:
            sink.end()
            if heart.is_alive():
                heart.join()


def _display(view: View, out: TextIO, errors: TextIO, clock: Clock) -> Display:
    if view.summary:
        return SummaryLine(view, Paper(out), Paper(errors))
    if view.json:
        paper = Paper(out)
        return (
            PreviewDocument(view, paper)
            if view.planning
            else EventLines(view, paper, clock, internal=False)
        )
    if view.diff:
        return DiffLines(view, Paper(out), Paper(errors))
    if view.live:
        # rich is imported where it draws only
        from pulumi_esa_prefetch.engine.display.tree import LiveTree, terminal  # noqa: PLC0415

        return LiveTree(view, terminal(out, color=view.color), clock)
    return PlainLines(view, Paper(out), clock)


@contextmanager
def _event_log(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        log = path.open("w", encoding="utf-8")
    except OSError as error:
        raise EngineError(
            f"the event log {path} cannot be written: {error.strerror}"
        ) from None
    with log:
        yield log
