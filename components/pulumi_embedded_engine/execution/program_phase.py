"""The phase that runs the program: its registrations become steps, and these are run."""

import threading
from collections.abc import Sequence
from typing import assert_never

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.deletion_phase import run_deletion_phase
from pulumi_embedded_engine.execution.run_wiring import RunWiring
from pulumi_embedded_engine.execution.step_runner import InternalStepError, WorkerPool
from pulumi_embedded_engine.model.goals import (
    ProgramEndedEvent,
    RegisterOutputsEvent,
    RegisterResourceEvent,
    RegisterResult,
)
from pulumi_embedded_engine.model.property_values import Properties
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_root_stack, make_urn
from pulumi_embedded_engine.planning.step_generator import StepGenerator
from pulumi_embedded_engine.program.event_queue import (
    RejectionEvent,
    ResumeEvent,
    SourceEvent,
    resolve,
)
from pulumi_embedded_engine.program.language_host import Program
from pulumi_embedded_engine.run.resource_index import PreviousState, references_of
from pulumi_embedded_engine.run.run_state import RunAborted
from pulumi_embedded_engine.steps.steps import (
    DeleteStep,
    ResourceProtected,
    SkipStep,
    Step,
    UpdateStep,
)


class ProgramPhase:
    """One program phase; `run` returns when all its steps have ended."""

    def __init__(self, wiring: RunWiring) -> None:
        self._wiring = wiring
        self._request = request = wiring.request
        self._events = wiring.events
        self._run_state = wiring.run_state
        self._generator = StepGenerator(
            wiring.run_state, lambda action: wiring.event_queue.put(ResumeEvent(action))
        )
        self._workers = WorkerPool(
            request.parallel, self._run_step, self._skip_after_failure
        )
        self._lock = threading.Lock()
        self._stopping = False
        self._registrations_complete = False
        self._failed_steps: list[Step] = []
        self._not_created: set[str] = set()
        self._stack_outputs: RegisterOutputsEvent | None = None
        self._program: Program | None = None

    def run(self) -> None:
        """Run the program (for `up`) and all steps that follow from it."""
        wiring = self._wiring
        wiring.cancellation.on_cancel(self._stop)
        try:
            self._start_program()
            with self._generator.checks.enabled():
                self._listen()
            self._finish_program()
        finally:
            self._workers.stop()
            wiring.event_queue.close()
            self._workers.join()
            if self._program is not None:
                self._program.close()
        if not wiring.cancellation.terminated:
            self._finish_stack()

    # -- the program

    def _start_program(self) -> None:
        if self._request.kind != "up":
            self._wiring.event_queue.put(ProgramEndedEvent())
            return
        program = Program(
            self._wiring.context,
            self._request,
            self._wiring.server.address,
            self._events.output_line,
        )
        self._program = program
        self._wiring.cancellation.on_terminate(program.kill)
        program.watch(self._wiring.event_queue.put)

    def _finish_program(self) -> None:
        if self._program is None:
            return
        if self._stopping:
            self._wiring.service.quiet = True
            self._wiring.event_queue.close()
            self._wiring.monitor.finished.set()
            self._program.stop()
            return
        self._wiring.monitor.finished.set()
        self._program_ended(self._program.finish())

    def _program_ended(self, end: ProgramEndedEvent) -> None:
        if end.failed:
            self._events.mark_failure_reported()
            if end.message:
                self._events.error(end.message)

    # -- registrations

    def _listen(self) -> None:
        while not self._stopping:
            event = self._wiring.event_queue.get()
            for waiting in self._wiring.event_queue.look_ahead():
                if isinstance(waiting, RegisterResourceEvent):
                    self._generator.checks.begin(waiting.goal)
            if self._stopping:
                return
            try:
                self._handle(event)
                if self._is_program_complete():
                    self._after_program()
                    return
            except EngineError as error:
                self._abort(event, error)
                return

    def _is_program_complete(self) -> bool:
        return (
            self._registrations_complete
            and self._generator.waiting_registrations == 0
            and not self._stopping
        )

    def _handle(self, event: SourceEvent) -> None:
        match event:
            case RegisterResourceEvent(goal, reply):
                self._schedule(self._generator.register(goal, reply))
            case RegisterOutputsEvent():
                self._take_outputs(event)
            case ResumeEvent(action):
                self._schedule(action())
            case ProgramEndedEvent(failed=True):
                self._program_ended(event)
                self._stop()
            case ProgramEndedEvent():
                self._registrations_complete = True
            case RejectionEvent(error):
                raise error
            case _:
                assert_never(event)

    def _abort(self, event: SourceEvent, error: EngineError) -> None:
        self._events.mark_failure_reported()
        if not isinstance(error, RunAborted):
            self._events.provider_error(error, self._urn_of(event))
        self._stop()

    def _urn_of(self, event: SourceEvent) -> str:
        if isinstance(event, RejectionEvent):
            return event.urn
        if not isinstance(event, RegisterResourceEvent):
            return ""
        goal, run_state = event.goal, self._run_state
        parent, type_ = goal.record.parent, goal.record.type
        return make_urn(run_state.stack, run_state.project, parent, type_, goal.name)

    def _schedule(self, steps: list[Step]) -> None:
        with self._lock:
            self._not_created.update(step.urn for step in self._failed_steps)
        chain = []
        for step in steps:
            if self._skips_step(step):
                self._not_created.add(step.urn)
                _signal_deletion(step, done=False)
            else:
                chain.append(step)
        if chain:
            self._workers.submit(chain)

    def _skips_step(self, step: Step) -> bool:
        if not self._not_created:
            return False
        needed = references_of(step.record, parent=True, provider=False)
        if self._not_created.isdisjoint(needed):
            return False
        if step.reply is not None:
            resolve(step.reply, RegisterResult(step.record, "skip"))
        return True

    def _run_step(self, step: Step) -> bool:
        error = self._wiring.step_runner.run_step(step)
        if error is None:
            _signal_deletion(step, done=True)
            return True
        self._events.failed = True
        continues = self._request.continue_on_error and not isinstance(
            error, InternalStepError
        )
        if continues or isinstance(error, ResourceProtected):
            self._skip_after_failure([step])
        else:
            self._stop()
        return False

    def _skip_after_failure(self, steps: Sequence[Step]) -> None:
        """Let the program continue without the failed steps, and without those that could not run after a failure."""
        with self._lock:
            self._failed_steps.extend(steps)
        for step in steps:
            if step.reply is not None and step.new is not None:
                resolve(
                    step.reply,
                    RegisterResult(_record_after_failure(step, step.new), "fail"),
                )
            _signal_deletion(step, done=False)

    def _stop(self) -> None:
        self._stopping = True
        self._workers.stop()
        # wakes the thread that waits for an event
        self._wiring.event_queue.put(ResumeEvent(list))

    # -- outputs

    def _take_outputs(self, event: RegisterOutputsEvent) -> None:
        if is_root_stack(event.urn):
            self._stack_outputs = event
        else:
            self._complete(event.urn, event.outputs)
        resolve(event.done, None)

    def _complete(self, urn: str, outputs: Properties) -> None:
        step_runner = self._wiring.step_runner
        if urn not in step_runner.unfinished:
            raise EngineError(
                f"cannot complete a resource '{urn}' whose registration isn't pending"
            )
        step, record = step_runner.unfinished[urn]
        if isinstance(step, SkipStep):
            del step_runner.unfinished[urn]
            return
        record = record.with_(outputs=outputs)
        self._wiring.recorder.update(record)
        step_runner.finish(urn, record)

    def _finish_stack(self) -> None:
        # The stack's outputs are recorded last: only now it is known whether the run has failed.
        event = self._stack_outputs
        unfinished = self._wiring.step_runner.unfinished
        if event is None or event.urn not in unfinished:
            return
        outputs = event.outputs
        if self._events.failed:
            old = self._wiring.resources.previous(event.urn)
            outputs = {**(old.record.outputs if old else {}), **outputs}
        self._complete(event.urn, outputs)

    # -- after the program

    def _after_program(self) -> None:
        resources = self._wiring.resources
        claimed = self._run_state.generator_state.claimed
        known = {record.urn for record in resources.base} | claimed
        self._wiring.report_unknown_targets(self._run_state.scope.targets, known)
        if resources.base:
            run_deletion_phase(self._run_state, self._workers, self._failed_records)

    def _failed_records(self) -> list[PreviousState]:
        with self._lock:
            return [step.old for step in self._failed_steps if step.old]


def _signal_deletion(step: Step, *, done: bool) -> None:
    if isinstance(step, DeleteStep):
        step.signal_end(done=done)


def _record_after_failure(step: Step, new: Resource) -> Resource:
    # If an update fails, the object still exists under its old id.
    return new.with_(id=step.old.record.id) if isinstance(step, UpdateStep) else new
