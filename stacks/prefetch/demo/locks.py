"""Locks on files that end with the process that holds them, however it ends; knows not what they guard."""

import fcntl
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stacks.prefetch.demo.settings import DemoError

WAIT_SECONDS = 600.0


def take(lock: IO[str]) -> bool:
    """Take the lock if nobody has it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Look until it is true or the time is over, and return whether it is."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Wait for whoever has the lock, then keep it; raise DemoError if that takes too long."""
    with path.open("a") as lock:
        if not take(lock):
            # not on stdout, which a shell may evaluate
            print(
                "Another `make` works on this stack: waiting for it ...",
                file=sys.stderr,
            )
            if not until(lambda: take(lock), WAIT_SECONDS):
                raise DemoError(
                    "Another `make` has worked on this stack for ten minutes: end it first."
                )
        yield
