"""One line on the terminal that says what a command waits for; it is taken away before anything is printed."""

import os
import shutil
import sys


class ProgressLine:
    """A line below what is printed; nothing where stderr is no terminal.

    rich would print all the rest to stderr too, also where stdout is a pipe.
    """

    def __init__(self) -> None:
        is_dumb = os.environ.get("TERM", "").lower() == "dumb"
        self._is_shown = sys.stderr.isatty() and not is_dumb
        self._is_there = False

    def tell(self, what: str) -> None:
        """Show what is done now."""
        width = shutil.get_terminal_size().columns
        self._write(what[: width - 1])

    def clear(self) -> None:
        """Take the line away, to print in its place."""
        if self._is_there:
            self._write("")

    def _write(self, text: str) -> None:
        if self._is_shown:
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
            self._is_there = bool(text)
