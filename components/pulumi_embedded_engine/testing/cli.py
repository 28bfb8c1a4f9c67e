"""The `pulumi` command for tests: an operation is a process, and its steps come from its log of events."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.model.property_values import equal
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import name_of, type_of
from pulumi_embedded_engine.state.encoding import decode_value
from pulumi_embedded_engine.testing.projects import STACK
from pulumi_embedded_engine.testing.stacks import (
    SECONDS,
    Moment,
    Options,
    PulumiStack,
    Ran,
    by_urn,
)
from pulumi_embedded_engine.testing.values import (
    Message,
    OperationName,
    Step,
    is_of_program,
    step_of,
)

COMMAND: Final = "pulumi"
_LOOK_SECONDS: Final = 0.01
_OUTPUT: Final = 20  # lines of the command that a failure shows
_DONE: Final = ("resOutputsEvent", "resOpFailedEvent")


class CliStack(PulumiStack):
    """A stack that the `pulumi` command runs."""

    _killed = False

    def _operate(self, operation: OperationName, options: Options) -> Ran:
        if self._killed:
            # The lock of the killed run is still there, and only this removes it.
            self._run_command([COMMAND, "cancel", "--yes", f"--stack={STACK}"])
            self._killed = False
        before = by_urn(self._snapshot())
        log = self._project.root / "events.json"
        log.unlink(missing_ok=True)
        done = self._run_command(_command(operation, options, log))
        events = _events(log)
        after = None if operation == "preview" else by_urn(self._snapshot())
        messages = _messages(events)
        if done.returncode and not any(one.severity == "error" for one in messages):
            last = "\n".join(done.stdout.splitlines()[-_OUTPUT:])
            messages.append(Message("error", last.strip()))
        return Ran(
            failed=done.returncode != 0,
            steps=[
                _step(operation, name, event["metadata"], before, after)
                for name, event in events
                if name in _DONE
            ],
            messages=messages,
            outputs=_previewed_outputs(events) if operation == "preview" else None,
        )

    def _kill(self, moment: Moment, options: Options) -> None:
        if not moment.recorded:
            raise NotImplementedError(
                "the pulumi command cannot be killed between a provider's answer and its record: "
                "only the embedded engine can"
            )
        log = self._project.root / "events.json"
        log.unlink(missing_ok=True)
        process = subprocess.Popen(  # noqa: S603 - a command line of ours
            _command("up", options, log),
            cwd=self.directory,
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            came = _wait_for(moment, log, lambda: process.poll() is None)
        finally:
            process.kill()
            process.wait()
            kill_processes_of(self._project.root / "home")
        if not came:
            raise AssertionError(f"up ended before the kill after {moment.after!r}")
        self._killed = True

    def _environ(self) -> dict[str, str]:
        # The log of events is among the flags for developers.
        return {**super()._environ(), "PULUMI_DEBUG_COMMANDS": "true"}

    def _run_command(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(  # noqa: S603 - a command line of ours
                command,
                cwd=self.directory,
                env=self._environ(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        finally:
            kill_processes_of(self._project.root / "home")


def is_installed() -> bool:
    """Whether the `pulumi` command is on PATH."""
    return shutil.which(COMMAND) is not None


def kill_processes_of(home: Path) -> None:
    """Kill what still runs with that PULUMI_HOME: a killed `pulumi` leaves its language host behind.

    Looks at /proc; without it nothing is killed.
    """
    mark = f"PULUMI_HOME={home}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)


def _command(operation: OperationName, options: Options, log: Path) -> list[str]:
    confirmed = [] if operation == "preview" else ["--yes", "--skip-preview"]
    rows: list[tuple[str, bool]] = [
        ("--refresh", options.refresh and operation != "refresh"),
        (
            "--continue-on-error",
            options.continue_on_error and operation in ("up", "destroy"),
        ),
    ]
    return [
        COMMAND,
        operation,
        f"--stack={STACK}",
        "--non-interactive",
        "--color=never",
        f"--event-log={log}",
        f"--parallel={options.parallel}",
        *confirmed,
        *(flag for flag, wanted in rows if wanted),
        *(f"--target={urn}" for urn in options.targets),
        *(f"--replace={urn}" for urn in options.replace),
    ]


def _events(log: Path) -> list[tuple[str, Mapping[str, Any]]]:
    """The events in a log, each with its kind; a last line that is only half written is none."""
    found: list[tuple[str, Mapping[str, Any]]] = []
    for line in log.read_text("utf-8").splitlines() if log.exists() else []:
        with contextlib.suppress(json.JSONDecodeError):
            event = json.loads(line)
            found += [(k, v) for k, v in event.items() if isinstance(v, dict)]
    return found


def _step(
    operation: OperationName,
    kind: str,
    step: Mapping[str, Any],
    before: Mapping[str, Resource],
    after: Mapping[str, Resource] | None,
) -> Step:
    """A step; the records come from the states, where secrets can be compared, and only in a preview from the event."""
    urn, op = step["urn"], step["op"]
    old, new = before.get(urn), (after or {}).get(urn)
    if after is None:
        old, new = (_record(urn, step.get(side)) for side in ("old", "new"))
    refreshed = operation == "refresh" or op == "refresh"
    if operation == "refresh" and op == "refresh":
        op = _refresh_op(old, new)
    return step_of(
        op, urn, old, new, failed=kind == "resOpFailedEvent", refreshed=refreshed
    )


def _refresh_op(old: Resource | None, new: Resource | None) -> str:
    if new is None:
        return "delete"
    same = old is not None and equal(old.outputs, new.outputs)
    return "same" if same else "update"


def _record(urn: str, side: Mapping[str, Any] | None) -> Resource | None:
    if side is None:
        return None
    return Resource(
        urn=urn,
        custom=bool(side.get("custom")),
        type=side.get("type", type_of(urn)),
        id=side.get("id", ""),
        inputs=decode_value(side.get("inputs") or {}, _masked),
        outputs=decode_value(side.get("outputs") or {}, _masked),
        parent=side.get("parent", ""),
        provider=side.get("provider", ""),
    )


def _masked(_: str) -> str:
    """The log has no secrets, only their mask."""
    return '"[secret]"'


def _previewed_outputs(
    events: Sequence[tuple[str, Mapping[str, Any]]],
) -> Mapping[str, Any]:
    for kind, event in reversed(events):
        if kind == "resOutputsEvent" and not is_of_program(event["metadata"]["type"]):
            found = _record(event["metadata"]["urn"], event["metadata"].get("new"))
            if found is not None:
                return found.outputs
    return {}


def _messages(events: Sequence[tuple[str, Mapping[str, Any]]]) -> list[Message]:
    return [
        Message(
            event["severity"].partition("#")[0],  # info#err: a line of its stderr
            event["message"].strip(),
            name_of(event.get("urn", "")),
            event.get("urn", ""),
        )
        for kind, event in events
        if kind == "diagnosticEvent"
        and event["severity"] != "debug"
        and event["message"].strip()
    ]


def _wait_for(moment: Moment, log: Path, runs: Callable[[], bool]) -> bool:
    """Whether the moment came while the command ran."""
    clock = SystemClock()
    end = clock.monotonic() + SECONDS
    while runs() and clock.monotonic() < end:
        done = [
            name_of(event["metadata"]["urn"])
            for kind, event in _events(log)
            if kind == "resOutputsEvent" and is_of_program(event["metadata"]["type"])
        ]
        if moment.after in (*done, *range(1, len(done) + 1)):
            return runs()
        clock.sleep(_LOOK_SECONDS)
    return False
