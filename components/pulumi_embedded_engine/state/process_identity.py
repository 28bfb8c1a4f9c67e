"""Tells whether the process that took a lock still lives, by its id, its start and the boot id of the machine.

A process id alone is not enough: after a reboot or some time another process may have it.
"""

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
# Fields of /proc/<pid>/stat, counted after the name in brackets, which may contain blanks.
_STATE: Final = 0
_START: Final = 19
# The states of a process that has ended and whose parent has not read its exit code yet.
_ENDED: Final = ("Z", "X")
_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process; `start` and `boot` are the text that the kernel gives, or "" if they are not known."""

    pid: int
    start: str = ""
    boot: str = ""

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """The process that has this id now."""
        return cls(pid, _state_and_start(pid)[1], boot_id())

    @property
    def is_certain(self) -> bool:
        """Whether a later process with the same id would be recognised as another one."""
        return bool(self.start and self.boot)

    @property
    def is_alive(self) -> bool:
        """Whether it runs; if only its id is known, whether any process with that id runs."""
        if not _exists(self.pid) or self.boot not in ("", boot_id()):
            return False
        state, start = _state_and_start(self.pid)
        # a start time that cannot be read is not evidence
        return state[:1] not in _ENDED and (not self.start or start in ("", self.start))


UNKNOWN_PROCESS: Final = ProcessIdentity(0)


def _exists(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


def _state_and_start(pid: int) -> tuple[str, str]:
    """The state and the start time of a process, each "" if it is not known."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
        words = line.rpartition(")")[2].split()
        return words[_STATE], words[_START]
    except (OSError, IndexError):
        state, _, start = _output_of(
            "ps", "-o", "stat=,lstart=", "-p", str(pid)
        ).partition(" ")
        return state, start.strip()


@cache
def boot_id() -> str:
    """The id that the kernel chose when the machine started, or "" if it is not known."""
    try:
        return _BOOT.read_text("utf-8").strip()
    except OSError:
        return _output_of("sysctl", "-n", "kern.bootsessionuuid")


def _output_of(*command: str) -> str:
    """The output of a system command, or "" if it fails; needed for macOS, which has no /proc."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
