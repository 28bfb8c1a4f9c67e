"""What each process of a command used: every Python of it notes its CPU seconds and its peak memory when it ends."""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

# Each Python imports it at its start, if its directory is on PYTHONPATH.
_NOTE: Final = """
import atexit, json, os, resource, sys

def peak(used):
    try:
        # On Linux ru_maxrss is at least that of the process that started this one.
        with open("/proc/self/status") as file:
            line = next(line for line in file if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    except (OSError, StopIteration):
        return used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)

def note():
    used = resource.getrusage(resource.RUSAGE_SELF)
    words = " ".join(sys.orig_argv)
    role = next((r for w, r in ROLES if w in words), "other")
    numbers = {"role": role, "cpu": used.ru_utime + used.ru_stime, "memory": peak(used)}
    with open(os.path.join(FOLDER, f"{os.getpid()}.json"), "w") as file:
        json.dump(numbers, file)

atexit.register(note)
"""
_ROLES: Final = (
    ("pulumi.dynamic", "host"),
    ("launcher.py", "program"),
    ("pulumi-language-python-exec", "program"),
    ("/plugin", "host"),
    ("esa-prefetch", "engine"),
)


@dataclass(frozen=True, slots=True)
class Used:
    """What one command took: seconds by the clock, and by role CPU seconds and the peak memory in bytes."""

    seconds: float
    cpu: dict[str, float] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)


class Notes:
    """The notes of the processes of one command at a time."""

    def __init__(self, folder: Path) -> None:
        self._notes = folder / "notes"
        self._notes.mkdir(parents=True)
        self.import_path = folder / "noting"
        self.import_path.mkdir()
        head = f"ROLES = {_ROLES!r}\nFOLDER = {str(self._notes)!r}\n"
        (self.import_path / "sitecustomize.py").write_text(head + _NOTE)

    def take(self, seconds: float) -> Used:
        """What the processes noted since the last time."""
        cpu: dict[str, float] = defaultdict(float)
        memory: dict[str, int] = defaultdict(int)
        for file in self._notes.iterdir():
            note = json.loads(file.read_text())
            file.unlink()
            cpu[note["role"]] += note["cpu"]
            memory[note["role"]] = max(memory[note["role"]], note["memory"])
        return Used(seconds, dict(cpu), dict(memory))
