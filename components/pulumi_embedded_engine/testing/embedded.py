"""The embedded engine for tests: an operation runs in this process, its program and providers in theirs."""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.execution.operation_run import run_operation
from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Event,
    Sink,
    StackOutputs,
    StepDone,
    StepFailed,
    StepMetadata,
)
from pulumi_embedded_engine.model.operation_context import (
    OperationRequest,
    OperationResult,
)
from pulumi_embedded_engine.model.urns import name_of
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_embedded_engine.state.journal import JournalWriter
from pulumi_embedded_engine.testing.stacks import (
    SECONDS,
    Moment,
    Options,
    PulumiStack,
    Ran,
)
from pulumi_embedded_engine.testing.values import Message, OperationName, Step, step_of

_KILLED_RUN: Final = "pulumi_embedded_engine.testing.killed_run"


class EmbeddedStack(PulumiStack):
    """A stack that the embedded engine runs, in the process of the test."""

    def _operate(self, operation: OperationName, options: Options) -> Ran:
        seen: list[Event] = []
        with _limited() as cancellation:
            result = run_on_stack(
                self._stack(), operation, options, seen.append, cancellation
            )
        outputs = [one.new for one in seen if isinstance(one, StackOutputs)]
        return Ran(
            failed=result.failed,
            steps=_steps(operation, seen),
            messages=_messages(seen),
            outputs=outputs[-1] if operation == "preview" and outputs else None,
        )

    def _kill(self, moment: Moment, options: Options) -> None:
        order = {
            "root": str(self._project.root),
            "name": self._project.name,
            "after": moment.after,
            "recorded": moment.recorded,
            "options": asdict(options),
        }
        done = subprocess.run(  # noqa: S603 - a command line of ours
            [sys.executable, "-m", _KILLED_RUN],
            input=json.dumps(order),
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode >= 0:
            raise AssertionError(
                f"up ended before the kill after {moment.after!r}:\n{done.stdout}{done.stderr}"
            )


def run_on_stack(
    stack: Stack,
    operation: OperationName,
    options: Options,
    sink: Sink,
    cancellation: Cancellation,
    around: Callable[[JournalWriter], JournalWriter] = lambda journal: journal,
) -> OperationResult:
    """Run one operation on a stack, under its lock unless it is a preview; EngineError if it cannot begin.

    `around` gives the journal to which the operation writes, for one that has to see its entries.
    """
    request = OperationRequest(
        kind="up" if operation == "preview" else operation,
        dry_run=operation == "preview",
        parallel=options.parallel,
        targets=options.targets,
        replace=options.replace,
        refresh=options.refresh,
        continue_on_error=options.continue_on_error,
    )
    clock, python = SystemClock(), Path(sys.executable)
    if request.dry_run:
        context = stack.context(python)
        return run_operation(request, context, None, sink, cancellation, clock)
    with stack.update(request.kind) as update:
        context = stack.context(python, update.base)
        outcome = run_operation(
            request, context, around(update), sink, cancellation, clock
        )
        update.set_outcome(outcome)
    return outcome


@contextmanager
def _limited() -> Iterator[Cancellation]:
    """A cancellation after the longest time that an operation may take, and after an exception such as Ctrl-C."""
    cancellation = Cancellation()
    timer = threading.Timer(SECONDS, cancellation.terminate)
    timer.daemon = True
    timer.start()
    try:
        yield cancellation
    except BaseException:
        cancellation.terminate()
        raise
    finally:
        timer.cancel()


def _steps(operation: OperationName, seen: Sequence[Event]) -> list[Step]:
    return [
        _step(operation, one.metadata, failed=isinstance(one, StepFailed))
        for one in seen
        if isinstance(one, StepDone | StepFailed)
    ]


def _step(operation: OperationName, step: StepMetadata, *, failed: bool) -> Step:
    refreshed = operation == "refresh" or step.op == "refresh"
    return step_of(
        step.op, step.urn, step.old, step.new, failed=failed, refreshed=refreshed
    )


def _messages(seen: Sequence[Event]) -> list[Message]:
    return [
        Message(one.severity, one.message.strip(), name_of(one.urn), one.urn)
        for one in seen
        if isinstance(one, Diagnostic) and one.severity != "debug"
    ]
