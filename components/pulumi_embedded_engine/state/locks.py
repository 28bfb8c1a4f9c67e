"""The lock files of a stack, as the CLI writes them: who holds it, whether that process lives, taking, removing."""

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
from pulumi_embedded_engine.processes.bounded_reading import read_file
from pulumi_embedded_engine.state.process_identity import (
    UNKNOWN_PROCESS,
    ProcessIdentity,
)

# the CLI prints the user name of a lock, so the name says what to do
USERNAME: Final = "esa-prefetch (first run: esa-prefetch cancel)"


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock file: the process and the host of its holder."""

    file: Path
    process: ProcessIdentity = UNKNOWN_PROCESS
    username: str = ""
    hostname: str = ""
    timestamp: str = ""

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.process.pid

    @property
    def is_ours(self) -> bool:
        """Whether this engine wrote it, on this host."""
        return self.username == USERNAME and self.hostname == socket.gethostname()

    @property
    def is_stale(self) -> bool:
        """Whether its process was on this host and no longer runs."""
        return self.hostname == socket.gethostname() and not self.process.is_alive

    @property
    def is_abandoned(self) -> bool:
        """Whether a run of this engine on this host left it, so that the holder of the kernel lock may replace it.

        It is not abandoned if a process with its id, start time and boot id is alive: the kernel lock may have been
        lost (a directory that was replaced, a file system without kernel locks). For a lock with only a process id,
        and for one of this process, the kernel lock decides.
        """
        if not self.is_ours:
            return False
        certain = self.process.is_certain and self.pid != os.getpid()
        return not certain or self.is_stale

    def __str__(self) -> str:
        """One line for a person."""
        # the advice in the user name is for the CLI; here `lock_error` gives it
        who = USERNAME.partition(" ")[0] if self.is_ours else self.username
        line = (
            f"{self.file}: created by {who}@{self.hostname} (pid {self.pid}) "
            f"at {self.timestamp}"
        )
        return f"{line}; that process is dead" if self.is_stale else line


def read_locks(directory: Path) -> list[Lock]:
    """The locks in a directory, oldest first; raises EngineError if it cannot be read."""
    with _lock_errors(directory):
        files = sorted(directory.glob("*.json")) if directory.is_dir() else []
    return sorted((_read(file) for file in files), key=lambda lock: lock.timestamp)


def _read(file: Path) -> Lock:
    try:
        found: Any = json.loads(read_file(file))
        return Lock(
            file,
            ProcessIdentity(
                int(found["pid"]),
                str(found.get("processStart", "")),
                str(found.get("bootId", "")),
            ),
            *(str(found[key])[:200] for key in ("username", "hostname", "timestamp")),
        )
    except (
        EngineError,
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        KeyError,
        OverflowError,
        RecursionError,
    ):
        return Lock(file)  # an unreadable lock file still locks


def lock_error(locks: list[Lock]) -> EngineError:
    """The error for a stack that others hold; without locks the kernel lock alone is held (see `kernel_lock`)."""
    if not locks:
        return EngineError(
            "the stack is in use: a run of esa-prefetch on this host is just starting or "
            "ending; try again in a moment"
        )
    if all(lock.is_stale for lock in locks):
        advice = "whoever took the lock is dead: run `esa-prefetch cancel` to clear it"
    else:
        advice = (
            "wait for the other process(es) to end; `esa-prefetch cancel` clears the lock "
            "of one that is gone"
        )
    lines = "".join(f"\n  {lock}" for lock in locks)
    return EngineError(
        f"the stack is currently locked by {len(locks)} lock(s); {advice}{lines}"
    )


def remove_lock(file: Path) -> None:
    """Remove a lock file, if it exists; raises EngineError if that is not possible."""
    with _lock_errors(file):
        file.unlink(missing_ok=True)


def acquire(directory: Path, clock: Clock) -> Path:
    """Lock a stack; gives the lock file. Raises EngineError with the holders if others hold the stack.

    The caller holds the kernel lock (see `kernel_lock`), so it is the only process of this engine on this host that
    works on the stack. Other lock files of this engine on this host are therefore abandoned, unless their process is
    certainly alive. They are removed after the new lock file is written, so the stack always has one.
    """
    others = _other_locks(directory, None)
    if others:
        raise lock_error(others)
    file = write_lock(directory, clock)
    others = _other_locks(directory, file)
    if others:
        remove_lock(file)
        raise lock_error(others)
    for lock in read_locks(directory):
        if lock.file != file:
            remove_lock(lock.file)
    remove_unfinished_locks(directory)
    return file


def remove_unfinished_locks(directory: Path) -> None:
    """Remove unfinished lock files that killed processes of this engine left; raises EngineError as `remove_lock`.

    The caller must hold the kernel lock.
    """
    half = re.compile(rf"\.{re.escape(directory.name)}\.[0-9a-f-]{{36}}")
    with _lock_errors(directory):
        beside = [
            file for file in directory.parent.iterdir() if half.fullmatch(file.name)
        ]
    for file in (*directory.glob("*.tmp"), *beside):
        remove_lock(file)


def write_lock(directory: Path, clock: Clock) -> Path:
    """Write a lock file, even if others hold the stack; raises EngineError if it cannot be written."""
    process = ProcessIdentity.of(os.getpid())
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
    with _lock_errors(file):
        directory.mkdir(parents=True, exist_ok=True)
        # beside the directory, because the CLI reads every file in it as a lock
        temporary = directory.with_name(f".{directory.name}.{name}")
        temporary.write_text(json.dumps(content))
        temporary.replace(file)
    return file


def _other_locks(directory: Path, own: Path | None) -> list[Lock]:
    return [
        lock
        for lock in read_locks(directory)
        if lock.file != own and not lock.is_abandoned
    ]


@contextmanager
def _lock_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            f"the stack cannot be locked or unlocked: {path}: {error.strerror}"
        ) from None


def is_kernel_locked(directory: Path) -> bool:
    """Whether a process of this engine on this host (also this process) works on the stack.

    Raises EngineError as `kernel_lock`.
    """
    try:
        with kernel_lock(directory):
            return False
    except BlockingIOError:
        return True


@contextmanager
def kernel_lock(directory: Path) -> Iterator[None]:
    """Hold the kernel lock of a stack; raises BlockingIOError if another process of this engine holds it.

    It is a `flock` on the directory of the lock files. It excludes only processes of this engine on this host, and it
    is never stale: the kernel releases it when its process dies. Raises EngineError if the directory cannot be made.
    """
    with _lock_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
