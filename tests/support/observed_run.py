"""What a run sends and shows while it goes on: signatures, command lines, journals; judges nothing."""

import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

from tests.support.processes import descendants, words
from tests.support.throwaway_stack import Result, Stack

_SIGNATURE = re.compile("Signature=([0-9A-Za-z%+/=]+)")
_TICK = 0.02
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Overhearing:
    """A WSGI application, and the tokens and signatures of all that was sent to it."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.signatures: set[str] = set()
        self.tokens: set[str] = set()

    def __call__(
        self, environ: dict[str, Any], start: Callable[..., Any]
    ) -> Iterable[bytes]:
        """Answer as the application does."""
        found = _SIGNATURE.findall(environ.get("HTTP_AUTHORIZATION", ""))
        token = environ.get("HTTP_X_ACS_SECURITY_TOKEN")
        with self._lock:
            self.signatures.update(found)
            self.tokens.update([token] if token else [])
        return self._app(environ, start)


class Watched:
    """Runs commands of a stack, and keeps what could be seen of them meanwhile."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.command_lines: set[str] = set()
        self.journals: set[str] = set()
        self.results: list[Result] = []

    def run(self, *arguments: str, killed_at: str | None = None) -> Result:
        """Run one command to its end, or kill it when its journal has this word."""
        process = subprocess.Popen(
            self._stack.command(*arguments),
            cwd=self._stack.root / "project",
            env=self._stack.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        done = threading.Event()
        looking = threading.Thread(target=self._look, args=(process, done, killed_at))
        looking.start()
        try:
            output, _ = process.communicate(timeout=180)
        finally:
            process.kill()
            done.set()
            looking.join()
        self.results.append(Result(process.returncode, output))
        return self.results[-1]

    def _look(
        self, process: subprocess.Popen[str], done: threading.Event, last: str | None
    ) -> None:
        while not done.wait(_TICK):
            with suppress(OSError):  # what is looked at may be gone the next moment
                started = [process.pid, *descendants(process.pid)]
                self.command_lines.update(" ".join(words(one)) for one in started)
            journals = list(self._journal())
            self.journals.update(journals)
            if last and any(last in text for text in journals):
                process.kill()
                return

    def _journal(self) -> Iterator[str]:
        with suppress(OSError):
            for file in (self._stack.root / "state/.pulumi/journals").rglob("*.jsonl"):
                yield file.read_text(errors="replace")
