"""Processes of a run, found and ended from outside; Linux' /proc only."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

HOST = "pulumi.dynamic"


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process has started, and those they have."""
    for child in _children(pid):
        yield child
        yield from descendants(child)


def words(pid: int) -> list[str]:
    """A process's command line; empty if it is gone."""
    try:
        text = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return []
    return [word.decode(errors="replace") for word in text.split(b"\0") if word]


def provider_host(engine: int, word: str = HOST) -> int | None:
    """The provider's process of a run, once it is there: the dynamic host, or one with this word in its command."""
    # The embedded engine has a guard before it, with the same words: the last is the host.
    return max((p for p in descendants(engine) if word in words(p)), default=None)


def kill(pid: int) -> bool:
    """Kill -9; False if it had ended already."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@contextmanager
def killed(run: subprocess.Popen[bytes]) -> Iterator[None]:
    """Kill -9 a run and its process group; after the block also what it left behind, as the CLI leaves its host."""
    started = list(descendants(run.pid))
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate(timeout=30)
    try:
        yield
    finally:
        for pid in started:
            kill(pid)


def _children(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            found += [int(word) for word in thread.read_text().split()]
    return found
