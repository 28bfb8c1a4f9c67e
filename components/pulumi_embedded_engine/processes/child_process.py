"""A child process in its own process group: its output line by line, and its end; knows no protocol."""

import contextlib
import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from pulumi_embedded_engine.errors import EngineError

_WATCHDOG = Path(__file__).with_name("watchdog.py")

_WHAT_IT_HOLDS = {
    "PULUMI_CONFIG": "; it holds the stack's configuration: keep long lists in a file that the program reads"
}

OnLine = Callable[[str], None]


class ChildProcess:
    """A command under the watchdog; its lines go to `on_stdout` and `on_stderr`, which other threads call."""

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        environ: Mapping[str, str],
        on_stdout: OnLine,
        on_stderr: OnLine,
    ) -> None:
        watchdog = [sys.executable, "-I", "-S", str(_WATCHDOG), *command]
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a command line of ours
                watchdog,
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                process_group=0,
            )
        except OSError as error:
            raise EngineError(_not_started(command, environ, error)) from None
        self._readers = [
            _start_reader(self._process.stdout, on_stdout),
            _start_reader(self._process.stderr, on_stderr),
        ]

    @property
    def running(self) -> bool:
        """Whether the command still runs."""
        return self._process.poll() is None

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, after all its lines were passed on; None if it still runs after so many seconds."""
        try:
            code = self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
        for reader in self._readers:
            # a grandchild may hold the pipe open
            reader.join(timeout=1)
        return code

    def interrupt(self) -> None:
        """Send SIGINT to the whole group."""
        self._signal(signal.SIGINT)

    def terminate(self) -> None:
        """Send SIGTERM to the whole group."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """Send SIGKILL to the whole group."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """Kill the whole group and close the pipes."""
        self.kill()
        self._process.wait()
        for reader in self._readers:
            reader.join(timeout=1)
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        for pipe in pipes:
            if pipe is not None:
                with contextlib.suppress(OSError, ValueError):
                    pipe.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)


def _not_started(
    command: Sequence[str], environ: Mapping[str, str], error: OSError
) -> str:
    """Why a process cannot be started. A variable may be too long for the system: on Linux, 128 KiB."""
    if error.errno != errno.E2BIG:
        return f"cannot start {command[0]}: {error.strerror}"
    name, value = max(environ.items(), key=lambda item: len(item[1]))
    return (
        f"cannot start {command[0]}: the environment variable {name}, of {len(value)} characters, is too long for the "
        f"system{_WHAT_IT_HOLDS.get(name, '')}"
    )


def _start_reader(stream: IO[bytes] | None, on_line: OnLine) -> threading.Thread:
    def read() -> None:
        if stream is None:
            return
        with contextlib.suppress(
            ValueError, OSError
        ):  # the pipe was closed while reading
            for line in stream:
                on_line(line.decode("utf-8", "replace").rstrip("\r\n"))

    thread = threading.Thread(target=read, name="output", daemon=True)
    thread.start()
    return thread
