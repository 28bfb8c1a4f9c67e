"""Which process a number means: a process id, its start and the machine's boot; changes nothing.

A number alone does not do: after a reboot, or a while, another process has it.
"""

import os
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
# The words of /proc/<pid>/stat after the name in brackets, which may hold anything.
_STATE: Final = 0
_START: Final = 19
# A process that has ended, and that its parent has not asked about yet.
_ENDED: Final = ("Z", "X")
_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class ProcessIdentity:
    """A process: `start` and `boot_id` are the kernel's own words, "" where they are not known."""

    pid: int
    start: str = ""
    boot: str = ""

    @classmethod
    def of(cls, pid: int) -> "ProcessIdentity":
        """The process that has this number now."""
        return cls(pid, _state_and_start(pid)[1], boot_id())

    @property
    def is_certain(self) -> bool:
        """Whether it can be told from a later process of the same number."""
        return bool(self.start and self.boot)

    @property
    def is_alive(self) -> bool:
        """Whether it is running; where only its number is known, whether any process of that number is."""
        if not _exists(self.pid) or self.boot not in ("", boot_id()):
            return False
        state, start = _state_and_start(self.pid)
        # What cannot be read proves nothing.
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
    """The state and the start of a process, each "" where it cannot be told."""
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
    """What names the time since the machine was started, or "" where that cannot be told."""
    try:
        return _BOOT.read_text("utf-8").strip()
    except OSError:
        return _output_of("sysctl", "-n", "kern.bootsessionuuid")


def _output_of(*command: str) -> str:
    """What a command of the system prints, or "" if it fails: macOS has no /proc."""
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, text=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()
