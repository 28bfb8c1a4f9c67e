"""Doing steps, so many at once, with all that belongs to each: journal, events, counts, the answer; decides nothing."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.execution.journal_recorder import Recording
from pulumi_embedded_engine.model.diff import Diff
from pulumi_embedded_engine.model.events import (
    StepDone,
    StepFailed,
    StepMetadata,
    StepOp,
    StepStarted,
)
from pulumi_embedded_engine.model.goals import Registered
from pulumi_embedded_engine.model.property_values import (
    UNKNOWN_STRING,
    equal,
    marked_outputs,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_default_provider
from pulumi_embedded_engine.program.event_queue import answer
from pulumi_embedded_engine.providers.provider import InitFailed, ProviderError
from pulumi_embedded_engine.run.run_state import Work
from pulumi_embedded_engine.steps.read_steps import Import, ReadExternal, Refresh
from pulumi_embedded_engine.steps.steps import Applied, Replace, Skip, Step

_MOST: Final = 512


class Executor:
    """A chain's steps are done one after the other; a chain is taken when a worker is free."""

    def __init__(
        self,
        parallel: int,
        perform: Callable[[Step], bool],
        leave_out: Callable[[Sequence[Step]], None] = lambda _: None,
    ) -> None:
        workers = max(1, min(parallel, _MOST))
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="step")
        self._workers = self._free = workers
        self._change = threading.Condition()
        self._perform, self._leave_out = perform, leave_out
        self._stopped = False

    def submit(self, chain: Sequence[Step]) -> "Future[None]":
        """Have a chain done; waits for a free worker, and does nothing once stopped."""
        with self._change:
            self._change.wait_for(lambda: self._free > 0 or self._stopped)
            if self._stopped:
                nothing: Future[None] = Future()
                nothing.set_result(None)
                return nothing
            self._free -= 1
        return self._pool.submit(self._run, tuple(chain))

    def layer(self, steps: Sequence[Step]) -> None:
        """Have independent steps done, and wait for all."""
        wait([self.submit([step]) for step in steps])

    def drain(self) -> None:
        """Wait until every worker is free."""
        with self._change:
            self._change.wait_for(lambda: self._free == self._workers)

    def stop(self) -> None:
        """Start nothing new: not even the rest of a chain."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def join(self) -> None:
        """Wait for all that was taken."""
        self._pool.shutdown(wait=True)

    def _run(self, chain: Sequence[Step]) -> None:
        try:
            for place, step in enumerate(chain):
                if self._stopped:
                    return
                if not self._perform(step):
                    if not self._stopped:
                        # Somebody may wait for the answer of a later step of the chain.
                        self._leave_out(chain[place + 1 :])
                    return
        finally:
            with self._change:
                self._free += 1
                self._change.notify_all()


class Broken(EngineError):
    """The engine itself failed at a step: nothing new may start, whatever the user wants to go on with."""


class Performer:
    """Its methods run in the workers' threads."""

    def __init__(
        self,
        work: Work,
        recording: Recording,
        cancellation: Cancellation,
        *,
        counts_refreshes: bool,
    ) -> None:
        self._work = work
        self._recording = recording
        self._telling = work.telling
        self._cancellation = cancellation
        self._counts_refreshes = counts_refreshes
        self._lock = threading.Lock()
        self.changes: Counter[str] = Counter()
        self.unfinished: dict[str, tuple[Step, Resource]] = {}

    def perform(self, step: Step) -> EngineError | None:
        """Do it; the error, already told, if it failed."""
        if isinstance(step, Replace):
            step = self._recording.halved(step)
        try:
            return self._perform(step)
        except Exception as error:  # noqa: BLE001 - a worker's edge: nobody else would hear of it
            message = f"the engine failed at {step.op} of {step.urn}: {error!r}"
            self._telling.error(message, step.urn)
            return Broken(message)

    def _perform(self, step: Step) -> EngineError | None:
        self._telling(StepStarted(_metadata(step, step.new), self._work.dry_run))
        number = None
        try:
            number = self._recording.begin(step)
            applied = step.apply(self._work)
        except EngineError as error:
            return self._refused(step, error, number)
        return self._applied(step, applied, number)

    def _refused(
        self, step: Step, error: EngineError, number: int | None
    ) -> EngineError:
        if self._cancellation.aborted:
            return error
        # A provider that died in the middle may have done it: the operation stays pending.
        if not (isinstance(error, ProviderError) and error.dead):
            self._recording.fail(number)
        self._tell(step, error)
        if isinstance(step, Import):
            step.then(None)
        return error

    def _applied(
        self, step: Step, applied: Applied, number: int | None
    ) -> EngineError | None:
        record = _marked(step, applied.record)
        applied = replace(applied, record=record)
        if self._cancellation.aborted:
            return applied.failure
        self._recording.done(number, step, applied)
        if isinstance(step, Refresh) and isinstance(applied.failure, InitFailed):
            self._warn(step, applied.failure)
        elif applied.failure is not None:
            self._tell(step, applied.failure)
            return applied.failure
        self._count(step, applied)
        self._show(step, applied)
        if step.logical and step.new is not None:
            with self._lock:
                self.unfinished[step.urn] = step, record or step.new
        self._answer(step, applied)
        return None

    def _answer(self, step: Step, applied: Applied) -> None:
        if isinstance(step, Import):
            step.then(applied)
        elif step.reply is not None and applied.record is not None:
            skipped = isinstance(step, Skip)
            answer(step.reply, Registered(_answered(applied.record), unknown=skipped))

    def _tell(self, step: Step, error: EngineError) -> None:
        urn = "" if is_default_provider(step.urn) else step.urn
        self._telling.fault(error, urn)
        if not self._work.dry_run:
            self._telling(StepFailed(_metadata(step, step.new)))

    def _warn(self, step: Step, error: EngineError) -> None:
        message = f"Refreshed resource is in an unhealthy state: {error}"
        self._telling.warn(message, step.urn)

    def _count(self, step: Step, applied: Applied) -> None:
        if is_default_provider(step.urn):
            return
        counted, op = step.logical, step.op
        if isinstance(step, Refresh):
            counted, op = self._counts_refreshes, refresh_op(applied)
        elif isinstance(step, ReadExternal) and step.op == "read":
            old, now = step.old, applied.record
            counted = bool(old and now and not equal(old.record.outputs, now.outputs))
        if counted:
            with self._lock:
                self.changes[op] += 1

    def _show(self, step: Step, applied: Applied) -> None:
        planning = self._work.dry_run
        if isinstance(step, Refresh):
            # only where refreshing is the purpose a read is shown as what it amounts to
            op = refresh_op(applied) if self._counts_refreshes else step.op
            metadata = _metadata(step, applied.record, op, applied.diff)
            self._telling(StepDone(metadata, planning))
        elif planning or step.record.custom or step.op == "delete":
            metadata = _metadata(step, applied.record or step.new)
            self._telling(StepDone(metadata, planning))

    def finish(self, urn: str, record: Resource) -> None:
        """A component or the stack is complete with its outputs."""
        step, _ = self.unfinished[urn]
        del self.unfinished[urn]
        self._telling(StepDone(_metadata(step, record), self._work.dry_run))


def refresh_op(applied: Applied) -> StepOp:
    """What a refresh amounts to."""
    if applied.record is None:
        return "delete"
    diff = applied.diff
    return "same" if diff is None or diff.changes == "none" else "update"


def _marked(step: Step, record: Resource | None) -> Resource | None:
    if record is None or isinstance(step, Replace):
        return record
    outputs = marked_outputs(
        record.outputs, record.inputs, record.additional_secret_outputs
    )
    return record if outputs is record.outputs else record.with_(outputs=outputs)


def _answered(record: Resource) -> Resource:
    # On the wire an id that is not known yet is an empty one.
    return record.with_(id="") if record.id == UNKNOWN_STRING else record


def _metadata(
    step: Step,
    new: Resource | None,
    op: StepOp | None = None,
    diff: Diff | None = None,
) -> StepMetadata:
    record, why = new or step.record, diff or step.why
    return StepMetadata(
        op=op or step.op,
        urn=step.urn,
        type=record.type,
        old=step.old.record if step.old else None,
        new=new,
        provider=record.provider,
        keys=tuple(why.replaces) if why else (),
        diffs=tuple(why.changed) if why else (),
        detailed_diff=why.detailed if why else None,
        logical=step.logical or step.op == "refresh",
    )
