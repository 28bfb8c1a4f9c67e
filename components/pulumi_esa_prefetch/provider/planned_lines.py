"""The lines that say what would be done about each plan: kept until the host ends, and said if nothing was done.

``check`` and ``diff`` run in a preview and in an ``up`` alike, and no request says which it is. In an ``up`` a
``create``, ``update`` or ``delete`` follows, and says what was done. So the lines wait until the host ends: the
engine ends it before it shows its diagnostics.
"""

import atexit
import threading

from pulumi_esa_prefetch.provider.messages import (
    engine_address,
    note,
    running_resource,
)


class PlannedLines:
    """One line per resource.

    ``at_exit``: say them when the process ends; without, whoever knows that it is a preview takes them.
    """

    def __init__(self, *, at_exit: bool = True) -> None:
        self._lines: dict[str, str] = {}
        self._resets: set[str] = set()
        self._lock = threading.Lock()
        self._carries_out = False
        self._registers = at_exit

    def keep(self, line: str) -> None:
        """Keep the line for the resource whose hook runs, unless it has one already."""
        urn = running_resource()
        with self._lock:
            if self._carries_out or not urn or urn in self._lines:
                return
            self._lines[urn] = line
            first, self._registers = self._registers, False
        if first and engine_address():
            atexit.register(self.say)

    def is_first_reset(self, job_id: str) -> bool:
        """Whether no line says yet that the job will be reset: one Reset serves all its plans."""
        with self._lock:
            is_first = job_id not in self._resets
            self._resets.add(job_id)
        return is_first

    def forget(self) -> None:
        """Drop the line of the resource whose hook runs: its check has failed."""
        self.take()

    def take(self) -> str:
        """The line of the resource whose hook runs, which is then dropped; empty if there is none."""
        with self._lock:
            return self._lines.pop(running_resource(), "")

    def drop(self) -> None:
        """Drop all lines, and keep no other: this host carries plans out, and says what it does."""
        with self._lock:
            self._carries_out = True
            self._lines.clear()

    def say(self) -> None:
        """Say the lines that are kept, once."""
        with self._lock:
            lines, self._lines = self._lines, {}
        for urn, line in lines.items():
            note(line, urn=urn)
