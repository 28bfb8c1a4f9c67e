"""Writes lines from a thread of its own: a reader that is slow, or has gone, delays nobody; knows no command."""

import contextlib
import os
import queue
import threading
from typing import Final

MAX_WAITING: Final = 10_000
"""So many lines wait for the reader; later ones are left out."""
CLOSE_SECONDS: Final = 1.0


class BackgroundLines:
    """Writes lines to a file descriptor; not through a stream, whose lock a slow reader would hold at exit."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._waiting: queue.Queue[str | None] = queue.Queue(MAX_WAITING)
        self._thread = threading.Thread(
            target=self._write, name="background-lines", daemon=True
        )
        self._thread.start()

    def add(self, line: str) -> None:
        """Write a line as soon as the reader takes it; never wait."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(line)

    def close(self) -> None:
        """Wait a moment for the lines that are left."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
        self._thread.join(CLOSE_SECONDS)

    def _write(self) -> None:
        with contextlib.suppress(OSError):
            while (line := self._waiting.get()) is not None:
                rest = f"{line}\n".encode(errors="replace")
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
