"""A command on a terminal of its own, with a size that can change; knows no command."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence

_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
REDRAW = "\x1b[H"
LEAVE = "\x1b[?1049l"
"""What ends the use of the whole screen."""
SECONDS = 60.0
AGAIN = 5.0
"""Seconds without an answer after which Ctrl-C is pressed again."""


class PseudoTerminal:
    """A running command, and all that it has written so far."""

    def __init__(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        columns: int = 80,
        rows: int = 24,
    ) -> None:
        self._ours, theirs = pty.openpty()
        self._written = b""
        self._is_interrupted = False
        self.resize(columns, rows)
        self._process = subprocess.Popen(
            command,
            env={"TERM": "xterm-256color", **environ},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size."""
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, size)

    @property
    def raw(self) -> str:
        """All it wrote, with escape sequences."""
        return self._written.decode(errors="replace").replace("\r\n", "\n")

    def wait_for(self, is_there: Callable[[str], bool]) -> str:
        """Read until what was written is as wanted; return it all."""
        end = time.monotonic() + SECONDS
        while not is_there(self.raw):
            assert time.monotonic() < end, self.raw
            assert self._read(end), self.raw
        return self.raw

    def finish(self) -> tuple[int, str]:
        """Read to the end; return the exit code, and all it wrote."""
        end = time.monotonic() + SECONDS
        while self._read(end):
            assert time.monotonic() < end, self.raw
        return self._process.wait(timeout=SECONDS), self.raw

    def type(self, text: str) -> None:
        """Type a text."""
        os.write(self._ours, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C; again, as a person does, while nothing happens.

        Python does not notice a signal that comes in the moment before it waits for a line.
        """
        self._is_interrupted = True
        self._process.send_signal(2)

    def close(self) -> None:
        """End it, if it still runs."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def _waits_until(self, end: float) -> bool:
        """Whether output arrives before that time."""
        while (left := end - time.monotonic()) > 0:
            silence = min(left, AGAIN) if self._is_interrupted else left
            if select.select([self._ours], [], [], silence)[0]:
                return True
            if self._is_interrupted and self._process.poll() is None:
                self._process.send_signal(2)
        return False

    def _read(self, end: float) -> bool:
        """Read what there is; False at the end."""
        ready = self._waits_until(end)
        try:
            more = os.read(self._ours, 65536) if ready else b""
        except OSError:  # its other side is closed
            return False
        self._written += more
        return bool(more)


def plain_lines(raw: str) -> list[str]:
    """The lines without escape sequences and the blanks at their ends."""
    return [line.rstrip() for line in _SEQUENCE.sub("", raw).split("\n")]


def redraws(raw: str) -> list[list[str]]:
    """The lines of each drawing of the whole screen."""
    drawn = raw.partition(LEAVE)[0].split(REDRAW)[1:]
    return [plain_lines(one) for one in drawn]
