"""Whole operations in the test's process: the real engine, real gRPC to program and provider, all kill points kept.

The engine starts its program as usual; the "interpreter" is a shell script that only passes on the monitor's address
and waits, so the program itself runs in a thread of the test.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.execution import operation_run
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.model.events import Diagnostic, Event
from pulumi_embedded_engine.model.operation_context import (
    ConfigValue,
    OperationContext,
    OperationRequest,
    OperationResult,
    Project,
)
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.state.journal import JournalEntry, JournalReplay
from tests.support.simulated_programs import PROJECT, STACK, Program, run_program
from tests.support.simulated_provider import PACKAGE, ObjectStore, ProviderObject

SECONDS = 60.0
Objects = Mapping[str, ProviderObject]


@dataclass(frozen=True)
class KillPoint:
    """What a kill at this time leaves: the state after so many entries, and the provider's objects."""

    entries: int
    state: Snapshot
    objects: Objects

    def __str__(self) -> str:
        flags = ("delete", "pending_replacement", "retain_on_delete", "protect")
        records = [
            " ".join([r.urn, r.id, *(flag for flag in flags if getattr(r, flag))])
            for r in self.state.resources
        ]
        pending = [f"{o.type} {o.resource.urn}" for o in self.state.pending_operations]
        objects = [f"{thing.id} {thing.urn}" for thing in self.objects.values()]
        parts = {"records": records, "pending": pending, "objects": objects}
        lines = [f"{title}:\n  " + "\n  ".join(part) for title, part in parts.items()]
        return f"after {self.entries} entries\n" + "\n".join(lines)


@dataclass
class KillPointJournal:
    """A journal that keeps what a kill before or after each of its writes would leave."""

    base: Snapshot
    store: ObjectStore
    cancel: Cancellation
    cancel_at: int
    kill_points: list[KillPoint] = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self._folding = JournalReplay(self.base)
        self._lock = threading.Lock()
        self._keep()

    def write(self, entry: JournalEntry) -> None:
        """Keep the kill point before the entry (providers have done more since the last one) and the one after it."""
        with self._lock:
            self._keep()
            self._folding.add(entry)
            self.count += 1
            self._keep()
        if self.count == self.cancel_at:
            self.cancel.cancel()

    def _keep(self) -> None:
        state = self._folding.snapshot() if self.count else self.base
        self.kill_points.append(KillPoint(self.count, state, self.store.objects()))


@dataclass(frozen=True)
class ObservedRun:
    """One operation that has ended."""

    outcome: OperationResult
    kill_points: list[KillPoint]
    events: list[Event]

    @property
    def last(self) -> KillPoint:
        """The end of the run."""
        return self.kill_points[-1]

    @property
    def messages(self) -> str:
        """Its messages."""
        return "\n".join(
            event.message
            for event in self.events
            if isinstance(event, Diagnostic) and event.severity != "debug"
        )


@dataclass(frozen=True)
class SimulatedProject:
    """A project with simulated programs and the simulated provider."""

    directory: Path
    store: ObjectStore
    port: int

    def run(
        self,
        request: OperationRequest,
        program: Program,
        base: Snapshot,
        cancel_at: int = 0,
    ) -> ObservedRun:
        """Run one operation from a state; `cancel_at` is the entry after which the run is cancelled."""
        cancel, events = Cancellation(), list[Event]()
        notes = KillPointJournal(base, self.store, cancel, cancel_at)
        with _program(self.directory, lambda address: run_program(program, address)):
            outcome = operation_run.run_operation(
                request,
                self._context(base),
                None if request.dry_run else notes,
                events.append,
                cancel,
                SystemClock(),
            )
        last = KillPoint(notes.count, notes.kill_points[-1].state, self.store.objects())
        return ObservedRun(outcome, [*notes.kill_points, last], events)

    def _context(self, base: Snapshot) -> OperationContext:
        return OperationContext(
            project=Project(
                name=PROJECT,
                root=self.directory,
                file=self.directory / "Pulumi.yaml",
                main=self.directory,
                runtime="python",
            ),
            stack=STACK,
            config={"prop:key": ConfigValue("value", secret=True)},
            base=base,
            interpreter=self.directory / "interpreter",
            environ={
                "PATH": os.environ["PATH"],
                "PULUMI_DEBUG_PROVIDERS": f"{PACKAGE}:{self.port}",
            },
            stack_outputs=_no_stack,
        )


def _no_stack(name: str) -> Mapping[str, Any]:
    raise AssertionError(name)


def prepare(directory: Path) -> None:
    """Make the pipes and the script that stands for the interpreter."""
    called, answered = directory / "called", directory / "answered"
    os.mkfifo(called)
    os.mkfifo(answered)
    script = directory / "interpreter"
    script.write_text(
        f"#!/bin/sh\necho \"$@\" > '{called}'\nread code < '{answered}'\nexit $code\n"
    )
    script.chmod(0o755)


@contextmanager
def _program(directory: Path, body: Callable[[str], int]) -> Iterator[None]:
    called = os.open(directory / "called", os.O_RDWR)
    answered = os.open(directory / "answered", os.O_RDWR)
    over = threading.Event()

    def serve() -> None:
        words = _words(called, over)
        if words:
            monitor = next(word for word in words if word.startswith("--monitor="))
            code = body(monitor.removeprefix("--monitor="))
            os.write(answered, f"{code}\n".encode())

    thread = threading.Thread(target=serve, name="fake program")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(SECONDS)
        alive = thread.is_alive()
        _drain(called)
        _drain(answered)
        os.close(called)
        os.close(answered)
        assert not alive, "the engine left its program without an answer"


def _words(pipe: int, over: threading.Event) -> list[str]:
    text, deadline = b"", time.monotonic() + SECONDS
    while not text.endswith(b"\n") and not over.is_set():
        assert time.monotonic() < deadline, "the operation did not end"
        if select.select([pipe], [], [], 0.02)[0]:
            text += os.read(pipe, 65536)
    return text.decode().split()


def _drain(pipe: int) -> None:
    while select.select([pipe], [], [], 0)[0]:
        os.read(pipe, 65536)
