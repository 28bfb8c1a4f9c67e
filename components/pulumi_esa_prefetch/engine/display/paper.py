"""Where lines go: a stream that several threads write to and that may be closed by its reader; knows no events.

A reader that has gone (`up | head`) must not stop a deployment: from then on nothing is written, and all goes on.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from pulumi_esa_prefetch.engine.printable import printable


class Stream(Protocol):
    """What is written to."""

    def write(self, text: str, /) -> object:
        """Take text."""
        ...

    def flush(self) -> None:
        """Hand on what was taken."""
        ...


class Lasting:
    """A stream that stays usable when its reader has gone: what is written then is lost."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._gone = False

    def write(self, text: str, /) -> int:
        """Write text, if somebody still reads; gives its length."""
        self._try(lambda: self._stream.write(text))
        return len(text)

    def flush(self) -> None:
        """Hand on what was written."""
        self._try(self._stream.flush)

    def isatty(self) -> bool:
        """Whether a person reads."""
        return bool(getattr(self._stream, "isatty", bool)())

    def fileno(self) -> int:
        """The number of the file, for its size in columns."""
        return int(getattr(self._stream, "fileno")())  # noqa: B009 - not every stream has one

    @property
    def encoding(self) -> str:
        """How characters are written."""
        return str(getattr(self._stream, "encoding", "utf-8"))

    def _try(self, act: Callable[[], object]) -> None:
        if not self._gone:
            try:
                act()
            except (OSError, ValueError):
                self._gone = True


class Paper:
    """Writes whole lines, and between them a sign of life that grows."""

    def __init__(self, stream: Stream) -> None:
        self._stream = Lasting(stream)
        self._open = False
        self._lock = threading.Lock()

    def lines(self, *lines: str) -> None:
        """Write lines; of escape sequences colours only, whoever forgot to take others out."""
        with self._lock:
            start = "\n" if self._open else ""
            self._open = False
            fit = (printable(line, coloured=True) for line in lines)
            self._put(start + "".join(f"{line}\n" for line in fit))

    def dot(self, sign: str) -> None:
        """Add a dot to the sign of life, beginning a new one if lines came since."""
        with self._lock:
            self._put("." if self._open else f"{sign}.")
            self._open = True

    def _put(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
