"""Lock files as the CLI keeps them: who holds a stack, taking it, letting it go.

Does not know what is done under a lock.
"""

import fcntl
import json
import os
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.timestamps import format_timestamp
from pulumi_embedded_engine.state.process_identity import NOBODY, Process

# the CLI prints the user name of a lock: so it can say what to do first
USERNAME: Final = "esa-prefetch (first run: esa-prefetch cancel)"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: its holder's process and host, as the file says."""

    file: Path
    process: Process = NOBODY
    username: str = ""
    hostname: str = ""
    timestamp: str = ""

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid

    @property
    def ours(self) -> bool:
        """Whether this engine wrote it, on this host."""
        return self.username == USERNAME and self.hostname == socket.gethostname()

    @property
    def stale(self) -> bool:
        """Whether its process was on this host and is no longer running."""
        return self.hostname == socket.gethostname() and not self.process.alive

    @property
    def abandoned(self) -> bool:
        """Whether a run of this engine on this host left it: whoever holds the guard may take it over.

        Not if its process lives by number, start and boot: the guard may have been lost (a directory that was
        replaced, a file system without kernel locks). A lock that tells only a number, and one of this process,
        are left to the guard.
        """
        if not self.ours:
            return False
        certain = self.process.known and self.pid != os.getpid()
        return not certain or self.stale

    def __str__(self) -> str:
        """One line for a person."""
        # What its name says to do first is for the CLI's readers; here the refusal does.
        who = USERNAME.partition(" ")[0] if self.ours else self.username
        line = (
            f"{self.file}: created by {who}@{self.hostname} (pid {self.pid}) "
            f"at {self.timestamp}"
        )
        return f"{line}; that process is dead" if self.stale else line


def held(directory: Path) -> list[Lock]:
    """The locks in a directory, oldest first; raises EngineError if it cannot be read."""
    with _telling(directory):
        files = sorted(directory.glob("*.json")) if directory.is_dir() else []
    return sorted((_read(file) for file in files), key=lambda lock: lock.timestamp)


def _read(file: Path) -> Lock:
    try:
        found: Any = json.loads(file.read_bytes())
        return Lock(
            file,
            Process(
                int(found["pid"]),
                str(found.get("processStart", "")),
                str(found.get("bootId", "")),
            ),
            *(str(found[key])[:200] for key in ("username", "hostname", "timestamp")),
        )
    except (
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        OverflowError,
        RecursionError,
    ):
        return Lock(file)  # a lock that cannot be read is one still


def refusal(locks: list[Lock]) -> EngineError:
    """The error for a stack that others hold; without a lock it is guarded only (see `guard`)."""
    if not locks:
        return EngineError(
            "the stack is in use: a run of esa-prefetch on this host is just starting or "
            "ending; try again in a moment"
        )
    if all(lock.stale for lock in locks):
        advice = "whoever took it is dead: run `esa-prefetch cancel` to clear it"
    else:
        advice = (
            "wait for the other process(es) to end; `esa-prefetch cancel` clears the lock "
            "of one that is gone"
        )
    lines = "".join(f"\n  {lock}" for lock in locks)
    return EngineError(
        f"the stack is currently locked by {len(locks)} lock(s); {advice}{lines}"
    )


def drop(file: Path) -> None:
    """Remove a lock, if it is there; raises EngineError if that cannot be done."""
    with _telling(file):
        file.unlink(missing_ok=True)


def take(directory: Path, clock: Clock) -> Path:
    """Lock a stack, by the file that is to be dropped; raises EngineError naming the holders if others hold it.

    The caller is this host's only process of this engine on the stack (see `guard`), so that locks of this engine on
    this host are abandoned, unless their process can be seen to live; they go once the new lock is there, and the
    stack is never without one.
    """
    others = _others(directory, None)
    if others:
        raise refusal(others)
    file = claim(directory, clock)
    others = _others(directory, file)
    if others:
        drop(file)
        raise refusal(others)
    for lock in held(directory):
        if lock.file != file:
            drop(lock.file)
    sweep(directory)
    return file


def sweep(directory: Path) -> None:
    """Remove the halves of locks that killed processes of this engine left; raises EngineError as `drop`.

    Only for who has the guard.
    """
    half = re.compile(rf"\.{re.escape(directory.name)}\.[0-9a-f-]{{36}}")
    with _telling(directory):
        beside = [
            file for file in directory.parent.iterdir() if half.fullmatch(file.name)
        ]
    for file in (*directory.glob("*.tmp"), *beside):
        drop(file)


def claim(directory: Path, clock: Clock) -> Path:
    """Write a lock whoever else has one; raises EngineError if it cannot be written."""
    process = Process.of(os.getpid())
    content = {
        "pid": process.pid,
        "username": USERNAME,
        "hostname": socket.gethostname(),
        "timestamp": format_timestamp(clock.now()),
        "processStart": process.start,
        "bootId": process.boot,
    }
    name = str(uuid4())
    file = directory / f"{name}.json"
    with _telling(file):
        directory.mkdir(parents=True, exist_ok=True)
        # beside the directory: the CLI reads each file in it as a lock
        temporary = directory.with_name(f".{directory.name}.{name}")
        temporary.write_text(json.dumps(content))
        temporary.replace(file)
    return file


def _others(directory: Path, own: Path | None) -> list[Lock]:
    return [lock for lock in held(directory) if lock.file != own and not lock.abandoned]


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            f"the stack cannot be locked or let go: {path}: {error.strerror}"
        ) from None


def is_guarded(directory: Path) -> bool:
    """Whether a process of this engine on this host, this one too, is on the stack; raises EngineError as `guard`."""
    try:
        with guard(directory):
            return False
    except BlockingIOError:
        return True


@contextmanager
def guard(directory: Path) -> Iterator[None]:
    """Be this host's only process of this engine on a stack; raises BlockingIOError if another is.

    It is a kernel lock on the directory of the lock files: the kernel lets go when a process dies, so it is never
    stale. EngineError if there can be no such directory.
    """
    with _telling(directory):
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
