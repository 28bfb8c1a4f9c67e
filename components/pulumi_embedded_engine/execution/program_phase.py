"""The phase in which the program says what shall be: its registrations become steps, the rest of the state goes."""

import threading
from collections.abc import Sequence
from typing import assert_never

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.deletion_phase import delete_leftovers
from pulumi_embedded_engine.execution.run_wiring import Machinery
from pulumi_embedded_engine.execution.step_runner import Broken, Executor
from pulumi_embedded_engine.model.goals import Outputs, ProgramEnd, Register, Registered
from pulumi_embedded_engine.model.property_values import Properties
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_root_stack, make_urn
from pulumi_embedded_engine.planning.step_generator import Generator
from pulumi_embedded_engine.program.event_queue import (
    Message,
    Refused,
    Resume,
    Task,
    answer,
)
from pulumi_embedded_engine.program.language_host import Program
from pulumi_embedded_engine.run.resource_index import Old, needs
from pulumi_embedded_engine.run.run_state import Bail
from pulumi_embedded_engine.steps.steps import Delete, Protected, Skip, Step, Update


class Rollout:
    """One program phase; `run` returns when all is done that will be."""

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._request = request = machinery.request
        self._telling = machinery.telling
        self._work = machinery.work
        self._generator = Generator(
            machinery.work, lambda action: machinery.inbox.tell(Resume(action))
        )
        self._executor = Executor(request.parallel, self._perform, self._leave_out)
        self._lock = threading.Lock()
        self._stopping = False
        self._ended = False
        self._errored: list[Step] = []
        self._unmade: set[str] = set()
        self._stack_outputs: Outputs | None = None
        self._program: Program | None = None

    def run(self) -> None:
        """Run the program, if there is one to run, and do all it asks for."""
        machinery = self._machinery
        machinery.cancellation.when_requested(self._stop)
        try:
            self._start_program()
            self._listen()
            self._finish_program()
        finally:
            self._executor.stop()
            machinery.inbox.close()
            self._executor.join()
            if self._program is not None:
                self._program.close()
        if not machinery.cancellation.aborted:
            self._finish_stack()

    # -- the program

    def _start_program(self) -> None:
        if self._request.kind != "up":
            self._machinery.inbox.tell(ProgramEnd())
            return
        program = Program(
            self._machinery.context,
            self._request,
            self._machinery.server.address,
            self._telling.line,
        )
        self._program = program
        self._machinery.cancellation.when_aborted(program.kill)
        program.watch(self._machinery.inbox.tell)

    def _finish_program(self) -> None:
        if self._program is None:
            return
        if self._stopping:
            self._machinery.service.quiet = True
            self._machinery.inbox.close()
            self._machinery.monitor.finished.set()
            self._program.stop()
            return
        self._machinery.monitor.finished.set()
        self._program_ended(self._program.finish())

    def _program_ended(self, end: ProgramEnd) -> None:
        if end.failed:
            self._telling.end()
            if end.message:
                self._telling.error(end.message)

    # -- what it asks for

    def _listen(self) -> None:
        while not self._stopping:
            message = self._machinery.inbox.get()
            if self._stopping:
                return
            try:
                if isinstance(message, Refused):
                    raise message.error
                self._handle(message)
                if self._complete_program():
                    self._after_program()
                    return
            except EngineError as error:
                self._give_up(message, error)
                return

    def _complete_program(self) -> bool:
        return self._ended and self._generator.waiting == 0 and not self._stopping

    def _handle(self, message: Task) -> None:
        match message:
            case Register(goal, reply):
                self._schedule(self._generator.register(goal, reply))
            case Outputs():
                self._take_outputs(message)
            case Resume(action):
                self._schedule(action())
            case ProgramEnd(failed=True):
                self._program_ended(message)
                self._stop()
            case ProgramEnd():
                self._ended = True
            case _:
                assert_never(message)

    def _give_up(self, message: Message, error: EngineError) -> None:
        self._telling.end()
        if not isinstance(error, Bail):
            self._telling.fault(error, self._urn_of(message))
        self._stop()

    def _urn_of(self, message: Message) -> str:
        if isinstance(message, Refused):
            return message.urn
        if not isinstance(message, Register):
            return ""
        goal, work = message.goal, self._work
        parent, type_ = goal.record.parent, goal.record.type
        return make_urn(work.stack, work.project, parent, type_, goal.name)

    def _schedule(self, steps: list[Step]) -> None:
        with self._lock:
            self._unmade.update(step.urn for step in self._errored)
        chain = []
        for step in steps:
            if self._skips(step):
                self._unmade.add(step.urn)
                _settle(step, done=False)
            else:
                chain.append(step)
        if chain:
            self._executor.submit(chain)

    def _skips(self, step: Step) -> bool:
        if not self._unmade:
            return False
        needed = needs(step.record, parent=True, provider=False)
        if self._unmade.isdisjoint(needed):
            return False
        if step.reply is not None:
            answer(step.reply, Registered(step.record, "skip"))
        return True

    def _perform(self, step: Step) -> bool:
        error = self._machinery.performer.perform(step)
        if error is None:
            _settle(step, done=True)
            return True
        self._telling.failed = True
        goes_on = self._request.continue_on_error and not isinstance(error, Broken)
        if goes_on or isinstance(error, Protected):
            self._leave_out([step])
        else:
            self._stop()
        return False

    def _leave_out(self, steps: Sequence[Step]) -> None:
        """Let the program go on without what failed, or cannot come after what failed."""
        with self._lock:
            self._errored.extend(steps)
        for step in steps:
            if step.reply is not None and step.new is not None:
                answer(step.reply, Registered(_unmade(step, step.new), "fail"))
            _settle(step, done=False)

    def _stop(self) -> None:
        self._stopping = True
        self._executor.stop()
        self._machinery.inbox.tell(Resume(list))  # wakes who listens

    # -- outputs

    def _take_outputs(self, message: Outputs) -> None:
        if is_root_stack(message.urn):
            self._stack_outputs = message
        else:
            self._complete(message.urn, message.outputs)
        answer(message.done, None)

    def _complete(self, urn: str, outputs: Properties) -> None:
        performer = self._machinery.performer
        if urn not in performer.unfinished:
            raise EngineError(
                f"cannot complete a resource '{urn}' whose registration isn't pending"
            )
        step, record = performer.unfinished[urn]
        if isinstance(step, Skip):
            del performer.unfinished[urn]
            return
        record = record.with_(outputs=outputs)
        self._machinery.recording.amend(record)
        performer.finish(urn, record)

    def _finish_stack(self) -> None:
        # The stack's outputs are last: only now it is known whether they are all there is to say.
        message = self._stack_outputs
        unfinished = self._machinery.performer.unfinished
        if message is None or message.urn not in unfinished:
            return
        outputs = message.outputs
        if self._telling.failed:
            old = self._machinery.ledger.old(message.urn)
            outputs = {**(old.record.outputs if old else {}), **outputs}
        self._complete(message.urn, outputs)

    # -- what is left

    def _after_program(self) -> None:
        ledger = self._machinery.ledger
        known = {record.urn for record in ledger.base} | self._work.book.claimed
        self._machinery.refuse_unknown(self._work.scope.targets, known)
        if ledger.base:
            delete_leftovers(self._work, self._executor, self._errored_records)

    def _errored_records(self) -> list[Old]:
        with self._lock:
            return [step.old for step in self._errored if step.old]


def _settle(step: Step, *, done: bool) -> None:
    if isinstance(step, Delete):
        step.settle(done=done)


def _unmade(step: Step, new: Resource) -> Resource:
    # What could not be updated is still there, under the id that it has had.
    return new.with_(id=step.old.record.id) if isinstance(step, Update) else new
