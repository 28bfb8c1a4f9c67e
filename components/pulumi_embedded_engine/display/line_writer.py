"""Writes lines to a stream that its reader may close; knows no events.

A reader that ends early (`up | head`) must not stop a deployment. From then on nothing is written, and the operation
continues.
"""

from collections.abc import Callable
from typing import Any, TextIO

from pulumi_embedded_engine.printable import printable


class TolerantStream:
    """A stream that can still be written to when its reader has closed it; the text is lost then."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_broken = False

    def write(self, text: str, /) -> int:
        """Write text, if the reader is still there; gives its length."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush the stream, if the reader is still there."""
        self._try(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        """Everything else comes from the stream itself: `isatty`, its encoding, its size."""
        return getattr(self._stream, name)

    def _try(self, act: Callable[[], object]) -> None:
        if not self._is_broken:
            try:
                act()
            except (OSError, ValueError):
                self._is_broken = True


class LineWriter:
    """Writes whole lines, and between them a line of progress dots; it must be called by one thread at a time."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = TolerantStream(stream)
        self._is_line_open = False

    def write_lines(self, *lines: str) -> None:
        """Write lines; escape sequences other than colours are removed, wherever the text comes from."""
        start = "\n" if self._is_line_open else ""
        self._is_line_open = False
        fit = (printable(line, coloured=True) for line in lines)
        self._write(start + "".join(f"{line}\n" for line in fit))

    def write_progress_dot(self, sign: str) -> None:
        """Add a dot to the progress line; start a new one, with `sign`, if other lines were written since."""
        self._write("." if self._is_line_open else f"{sign}.")
        self._is_line_open = True

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
