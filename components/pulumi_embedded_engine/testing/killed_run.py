"""Runs `up` on the stack of a test, and kills this process (SIGKILL) at the moment that the test names.

The order comes as JSON on its standard input. It exits with 0 or 1 only if the moment never came.
"""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.model.events import Diagnostic, Event
from pulumi_embedded_engine.model.urns import name_of, type_of
from pulumi_embedded_engine.state.journal import (
    JournalEntry,
    JournalWriter,
    StepCompleted,
)
from pulumi_embedded_engine.testing.embedded import run_on_stack
from pulumi_embedded_engine.testing.projects import TestProject
from pulumi_embedded_engine.testing.stacks import Moment, Options
from pulumi_embedded_engine.testing.values import is_of_program


class KillingJournal:
    """A journal that ends the process at a moment, as a loss of power would."""

    def __init__(
        self, journal: JournalWriter, moment: Moment, kill: Callable[[], None]
    ) -> None:
        self._journal = journal
        self._moment = moment
        self._kill = kill
        self._steps = 0
        self._lock = threading.Lock()

    def write(self, entry: JournalEntry) -> None:
        """Write one entry; the process may end before or after it."""
        due = self._is_due(entry)
        if due and not self._moment.recorded:
            self._kill()
        self._journal.write(entry)
        if due:
            self._kill()

    def _is_due(self, entry: JournalEntry) -> bool:
        if not isinstance(entry, StepCompleted) or entry.new is None:
            return False
        if entry.op is None or not is_of_program(type_of(entry.new.urn)):
            return False
        with self._lock:
            self._steps += 1
            return self._moment.after in (name_of(entry.new.urn), self._steps)


def _kill_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> int:
    """Run the order; gives 1 if the operation failed before the moment."""
    order = json.load(sys.stdin)
    moment = Moment(order["after"], order["recorded"])
    project = TestProject(Path(order["root"]), order["name"])

    def show(event: Event) -> None:
        if isinstance(event, Diagnostic):
            sys.stdout.write(f"{event.severity}: {event.message}\n")

    outcome = run_on_stack(
        project.open(os.environ),
        "up",
        Options(**order["options"]),
        show,
        Cancellation(),
        lambda journal: KillingJournal(journal, moment, _kill_this_process),
    )
    return int(outcome.failed)


if __name__ == "__main__":
    sys.exit(main())
