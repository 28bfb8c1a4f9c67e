"""Runs steps in parallel, each with its journal entries, events, counts and reply; does not decide which steps."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.execution.journal_recorder import JournalRecorder
from pulumi_embedded_engine.model.diff import Diff
from pulumi_embedded_engine.model.events import (
    StepDone,
    StepFailed,
    StepMetadata,
    StepOp,
    StepStarted,
)
from pulumi_embedded_engine.model.goals import RegisterResult
from pulumi_embedded_engine.model.property_values import (
    UNKNOWN_STRING,
    equal,
    mark_secret_outputs,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_default_provider
from pulumi_embedded_engine.program.event_queue import resolve
from pulumi_embedded_engine.providers.provider import InitFailed, ProviderError
from pulumi_embedded_engine.run.run_state import RunState
from pulumi_embedded_engine.steps.read_steps import ImportStep, ReadStep, RefreshStep
from pulumi_embedded_engine.steps.steps import ReplaceStep, SkipStep, Step, StepResult

_MAX_WORKERS: Final = 512


class WorkerPool:
    """Runs chains of steps: a chain's steps run one after the other, in one worker.

    If a step fails, `on_skipped` gets the rest of its chain.
    """

    def __init__(
        self,
        parallel: int,
        run_step: Callable[[Step], bool],
        on_skipped: Callable[[Sequence[Step]], None] = lambda _: None,
    ) -> None:
        workers = max(1, min(parallel, _MAX_WORKERS))
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="step")
        self._workers = self._free = workers
        self._change = threading.Condition()
        self._run_step, self._on_skipped = run_step, on_skipped
        self._stopped = False

    def submit(self, chain: Sequence[Step]) -> "Future[None]":
        """Run a chain; waits for a free worker. After `stop` it does nothing."""
        with self._change:
            self._change.wait_for(lambda: self._free > 0 or self._stopped)
            if self._stopped:
                nothing: Future[None] = Future()
                nothing.set_result(None)
                return nothing
            self._free -= 1
        return self._pool.submit(self._run, tuple(chain))

    def run_parallel(self, steps: Sequence[Step]) -> None:
        """Run independent steps, and wait for all of them."""
        wait([self.submit([step]) for step in steps])

    def wait_until_idle(self) -> None:
        """Wait until every worker is free."""
        with self._change:
            self._change.wait_for(lambda: self._free == self._workers)

    def stop(self) -> None:
        """Start nothing new: not even the rest of a chain."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def join(self) -> None:
        """Wait for everything that was started."""
        self._pool.shutdown(wait=True)

    def _run(self, chain: Sequence[Step]) -> None:
        try:
            for place, step in enumerate(chain):
                if self._stopped:
                    return
                if not self._run_step(step):
                    if not self._stopped:
                        # A later step of the chain may have a reply that somebody waits for.
                        self._on_skipped(chain[place + 1 :])
                    return
        finally:
            with self._change:
                self._free += 1
                self._change.notify_all()


class InternalStepError(EngineError):
    """The engine itself failed in a step: nothing new may start, even with --continue-on-error."""


class StepRunner:
    """Runs one step; its methods are called in the workers' threads."""

    def __init__(
        self,
        run_state: RunState,
        recorder: JournalRecorder,
        cancellation: Cancellation,
        *,
        counts_refreshes: bool,
    ) -> None:
        self._run_state = run_state
        self._recorder = recorder
        self._events = run_state.events
        self._cancellation = cancellation
        self._counts_refreshes = counts_refreshes
        self._lock = threading.Lock()
        self.changes: Counter[str] = Counter()
        self.unfinished: dict[str, tuple[Step, Resource]] = {}

    def run_step(self, step: Step) -> EngineError | None:
        """Run the step; returns the error, already reported, if it failed."""
        if isinstance(step, ReplaceStep):
            step = self._recorder.with_current_records(step)
        try:
            return self._run_step(step)
        except Exception as error:  # noqa: BLE001 - the outermost frame of a worker: nobody else would report it
            message = f"the engine failed at {step.op} of {step.urn}: {error!r}"
            self._events.error(message, step.urn)
            return InternalStepError(message)

    def _run_step(self, step: Step) -> EngineError | None:
        self._events.send(
            StepStarted(_metadata(step, step.new), self._run_state.dry_run)
        )
        number = None
        try:
            number = self._recorder.begin(step)
            result = step.apply(self._run_state)
        except EngineError as error:
            return self._finish_failed(step, error, number)
        return self._finish_applied(step, result, number)

    def _finish_failed(
        self, step: Step, error: EngineError, number: int | None
    ) -> EngineError:
        if self._cancellation.terminated:
            return error
        # If the provider died during the call, the call may have had its effect: the operation stays pending.
        if not (isinstance(error, ProviderError) and error.dead):
            self._recorder.fail(number)
        self._report_error(step, error)
        if isinstance(step, ImportStep):
            step.then(None)
        return error

    def _finish_applied(
        self, step: Step, result: StepResult, number: int | None
    ) -> EngineError | None:
        record = _with_secrets_marked(step, result.record)
        result = replace(result, record=record)
        if self._cancellation.terminated:
            return result.failure
        self._recorder.complete(number, step, result)
        if isinstance(step, RefreshStep) and isinstance(result.failure, InitFailed):
            self._report_unhealthy(step, result.failure)
        elif result.failure is not None:
            self._report_error(step, result.failure)
            return result.failure
        self._count(step, result)
        self._show(step, result)
        if step.logical and step.new is not None:
            with self._lock:
                self.unfinished[step.urn] = step, record or step.new
        self._answer(step, result)
        return None

    def _answer(self, step: Step, result: StepResult) -> None:
        if isinstance(step, ImportStep):
            step.then(result)
        elif step.reply is not None and result.record is not None:
            skipped = isinstance(step, SkipStep)
            resolve(
                step.reply, RegisterResult(_as_reply(result.record), unknown=skipped)
            )

    def _report_error(self, step: Step, error: EngineError) -> None:
        urn = "" if is_default_provider(step.urn) else step.urn
        self._events.provider_error(error, urn)
        if not self._run_state.dry_run:
            self._events.send(StepFailed(_metadata(step, step.new)))

    def _report_unhealthy(self, step: Step, error: InitFailed) -> None:
        message = ["Refreshed resource is in an unhealthy state:", *error.reasons]
        self._events.warn("\n* ".join(message), step.urn)

    def _count(self, step: Step, result: StepResult) -> None:
        if is_default_provider(step.urn):
            return
        counted, op = step.logical, step.op
        if isinstance(step, RefreshStep):
            counted, op = self._counts_refreshes, refresh_op(result)
        elif isinstance(step, ReadStep) and step.op == "read":
            old, now = step.old, result.record
            counted = bool(old and now and not equal(old.record.outputs, now.outputs))
        if counted:
            with self._lock:
                self.changes[op] += 1

    def _show(self, step: Step, result: StepResult) -> None:
        planning = self._run_state.dry_run
        if isinstance(step, RefreshStep):
            # The result of a refresh is shown as an update, delete or same only by the command `refresh`.
            op = refresh_op(result) if self._counts_refreshes else step.op
            metadata = _metadata(step, result.record, op, result.diff)
            self._events.send(StepDone(metadata, planning))
        elif planning or step.record.custom or step.op == "delete":
            metadata = _metadata(step, result.record or step.new)
            self._events.send(StepDone(metadata, planning))

    def finish(self, urn: str, record: Resource) -> None:
        """A component or the stack is complete: its outputs are registered."""
        step, _ = self.unfinished[urn]
        del self.unfinished[urn]
        self._events.send(StepDone(_metadata(step, record), self._run_state.dry_run))


def refresh_op(result: StepResult) -> StepOp:
    """The operation that the result of a refresh amounts to."""
    if result.record is None:
        return "delete"
    diff = result.diff
    return "same" if diff is None or diff.changes == "none" else "update"


def _with_secrets_marked(step: Step, record: Resource | None) -> Resource | None:
    if record is None or isinstance(step, ReplaceStep):
        return record
    outputs = mark_secret_outputs(
        record.outputs, record.inputs, record.additional_secret_outputs
    )
    return record if outputs is record.outputs else record.with_(outputs=outputs)


def _as_reply(record: Resource) -> Resource:
    # On the wire, an unknown id is empty.
    return record.with_(id="") if record.id == UNKNOWN_STRING else record


def _metadata(
    step: Step,
    new: Resource | None,
    op: StepOp | None = None,
    diff: Diff | None = None,
) -> StepMetadata:
    record, cause = new or step.record, diff or step.diff
    return StepMetadata(
        op=op or step.op,
        urn=step.urn,
        type=record.type,
        old=step.old.record if step.old else None,
        new=new,
        provider=record.provider,
        keys=tuple(cause.replaces) if cause else (),
        diffs=tuple(cause.changed) if cause else (),
        detailed_diff=cause.detailed if cause else None,
        logical=step.logical or step.op == "refresh",
    )
