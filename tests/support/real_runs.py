"""Real runs for tests: the program in its own process, real provider processes, the journal in memory."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.execution.operation_run import run_operation
from pulumi_embedded_engine.model.events import Diagnostic, Event, StepDone
from pulumi_embedded_engine.model.operation_context import (
    ConfigValue,
    OperationContext,
    OperationRequest,
    OperationResult,
    Project,
)
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.state.journal import JournalEntry, JournalReplay

PLUGIN = Path(__file__).with_name("plugin_process.py")
PROVIDER = """
import os, pathlib, time
import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, ResourceProvider, UpdateResult

class Maker(ResourceProvider):
    serialize_as_secret_always = False

    def create(self, props):
        if props.get("bad"):
            raise Exception("the maker refuses " + props["name"])
        gate = props.get("gate")
        if gate:
            pathlib.Path(gate + ".reached").touch()
            while not pathlib.Path(gate).exists():
                time.sleep(0.01)
        return CreateResult("id-" + props["name"], {**props, "made": 1})

    def update(self, id_, olds, news):
        return UpdateResult({**news, "made": int(olds["made"]) + 1})

    def read(self, id_, props):
        return ReadResult(id_, {**props, "name": id_.removeprefix("id-"), "made": 7})

class Thing(Resource, module="test", name="Thing"):
    made: pulumi.Output[int]
    def __init__(self, name, opts=None, **props):
        super().__init__(Maker(), name, {"name": name, "made": None, **props}, opts)
"""
TOY = """
import pulumi
class Toy(pulumi.CustomResource):
    serial: pulumi.Output[int]
    def __init__(self, name, opts=None, **props):
        super().__init__("toy:index:Toy", name, {"name": name, "serial": None, **props}, opts)
"""


class MemoryJournal:
    """A journal that computes the state while it is written."""

    def __init__(self, base: Snapshot) -> None:
        self.entries: list[JournalEntry] = []
        self._folding = JournalReplay(base)

    def write(self, entry: JournalEntry) -> None:
        """Add one entry."""
        self.entries.append(entry)
        self._folding.add(entry)

    def snapshot(self) -> Snapshot:
        """The state so far."""
        return self._folding.snapshot()


@dataclass
class RunResult:
    """The result, the state and the events of one run."""

    outcome: OperationResult | None
    state: Snapshot
    events: list[Event] = field(default_factory=list)
    entries: list[JournalEntry] = field(default_factory=list)

    def messages(self, severity: str) -> list[str]:
        """The messages of one severity."""
        return [
            event.message
            for event in self.events
            if isinstance(event, Diagnostic) and event.severity == severity
        ]

    def steps(self) -> list[tuple[str, str]]:
        """The op and the resource of each step, in their order."""
        return [
            (event.metadata.op, event.metadata.urn.rsplit("::", 1)[-1])
            for event in self.events
            if isinstance(event, StepDone)
        ]

    def record(self, name: str) -> Resource:
        """The recorded resource with that name."""
        return next(r for r in self.state.resources if r.urn.endswith(f"::{name}"))


@dataclass
class EngineProject:
    """A project in its own directory, and its state from run to run."""

    directory: Path
    state: Snapshot = field(default_factory=Snapshot)
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    config: Mapping[str, ConfigValue] = field(default_factory=dict)
    cancellation: Cancellation = field(default_factory=Cancellation)
    required_version: str = ""

    def run(self, program: str = "", **asked: Any) -> RunResult:
        """Run one operation; its state is the base of the next one unless it is a dry run."""
        (self.directory / "maker.py").write_text(PROVIDER)
        (self.directory / "toy.py").write_text(TOY)
        (self.directory / "__main__.py").write_text(program)
        request = OperationRequest(
            **{"kind": "up", "dry_run": False, "parallel": 4, **asked}
        )
        notes = MemoryJournal(self.state)
        journal = None if request.dry_run else notes
        ran = RunResult(None, self.state)
        try:
            ran.outcome = run_operation(
                request,
                self._context(),
                journal,
                ran.events.append,
                self.cancellation,
                SystemClock(),
            )
        finally:
            ran.entries = notes.entries
            if journal is not None and notes.entries:
                self.state = ran.state = notes.snapshot()
        return ran

    def install_plugin(self, version: str = "1.2.3") -> Path:
        """Install the test plugin; returns the file to which it logs its calls."""
        home = self.directory / "home"
        binary = home / f"plugins/resource-toy-v{version}/pulumi-resource-toy"
        binary.parent.mkdir(parents=True)
        binary.write_text(f"#!/bin/sh\nexec {sys.executable} -u {PLUGIN}\n")
        binary.chmod(0o755)
        log = self.directory / "plugin.log"
        self.environ = {
            **self.environ,
            "PULUMI_HOME": str(home),
            "PLUGIN_LOG": str(log),
        }
        return log

    def _context(self) -> OperationContext:
        root = self.directory
        return OperationContext(
            project=Project(
                "proj",
                root,
                root / "Pulumi.yaml",
                root,
                "python",
                required_version=self.required_version,
            ),
            stack="dev",
            config=self.config,
            base=self.state,
            interpreter=Path(sys.executable),
            environ=self.environ,
            stack_outputs=lambda _: {"answer": 42},
        )
