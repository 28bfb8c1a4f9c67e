"""Where lines go: a stream that may be closed by its reader; knows no events.

A reader that has gone (`up | head`) must not stop a deployment: from then on nothing is written, and all goes on.
"""

from collections.abc import Callable
from typing import Any, TextIO

from pulumi_embedded_engine.printable import printable


class TolerantStream:
    """A stream that stays usable when its reader has gone: what is written then is lost."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._is_broken = False

    def write(self, text: str, /) -> int:
        """Write text, if somebody still reads; gives its length."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._try(self._stream.flush)

    def __getattr__(self, name: str) -> Any:
        """All else is the stream's own: whether a person reads, its encoding, its size in columns."""
        return getattr(self._stream, name)

    def _try(self, act: Callable[[], object]) -> None:
        if not self._is_broken:
            try:
                act()
            except (OSError, ValueError):
                self._is_broken = True


class LineWriter:
    """Writes whole lines, and between them a sign of life that grows; to be called by one thread at a time."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = TolerantStream(stream)
        self._is_line_open = False

    def write_lines(self, *lines: str) -> None:
        """Write lines; of escape sequences colours only, whoever forgot to take others out."""
        start = "\n" if self._is_line_open else ""
        self._is_line_open = False
        fit = (printable(line, coloured=True) for line in lines)
        self._write(start + "".join(f"{line}\n" for line in fit))

    def write_progress_dot(self, sign: str) -> None:
        """Add a dot to the sign of life, beginning a new one if lines came since."""
        self._write("." if self._is_line_open else f"{sign}.")
        self._is_line_open = True

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()
