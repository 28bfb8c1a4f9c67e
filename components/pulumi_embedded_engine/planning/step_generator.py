"""The loop of the step generator: finds the record of each registration, asks `step_choice` for its steps."""

from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import Goal, RegisterResult, Reply
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import (
    DYNAMIC_PACKAGE,
    is_provider_type,
    package_of,
)
from pulumi_embedded_engine.planning.checks_ahead import ChecksAhead
from pulumi_embedded_engine.planning.step_choice import StepChooser, UntargetedRecords
from pulumi_embedded_engine.planning.urn_claims import (
    ClaimedRecord,
    Registration,
    UrnClaims,
    new_record,
)
from pulumi_embedded_engine.program.event_queue import resolve
from pulumi_embedded_engine.providers.provider import ResourceProvider
from pulumi_embedded_engine.run.generator_state import UrnDecision
from pulumi_embedded_engine.run.resource_index import PreviousState, references_of
from pulumi_embedded_engine.run.run_state import RunState
from pulumi_embedded_engine.steps.read_steps import ImportStep, ReadStep
from pulumi_embedded_engine.steps.steps import ReplaceStep, SkipStep, Step, StepResult

T = TypeVar("T")
Schedule = Callable[[Callable[[], list[Step]]], None]


class StepGenerator:
    """Makes the steps of one registration after the other; all methods run in one thread.

    `waiting_registrations` counts the registrations that continue when a step has ended: an import or a deletion.
    `schedule` runs the continuation in the generator's thread.
    """

    def __init__(self, run_state: RunState, schedule: Schedule) -> None:
        self.waiting_registrations = 0
        self._run_state = run_state
        self._generator_state = run_state.generator_state
        self._schedule = schedule
        self._urn_claims = UrnClaims(run_state)
        self._untargeted_records = UntargetedRecords(run_state)
        self.checks = ChecksAhead(run_state, self._urn_claims.earlier_urns)
        self._step_chooser = StepChooser(
            run_state, self._untargeted_records, self.checks.check
        )

    def register(self, goal: Goal, reply: Reply) -> list[Step]:
        """The steps of a registration, or of a `.get`."""
        urn = self._urn_claims.claim(goal.record.parent, goal.record.type, goal.name)
        found = self._urn_claims.find(urn, goal)
        if goal.record.external:
            return self._read_steps(goal, reply, urn, found)
        new = new_record(goal, urn, found.old, found.alias)
        if is_provider_type(new.type):
            for name in (urn, *new.aliases):
                self._generator_state.providers[name] = new
        registration = Registration(goal, reply, new, found.old, valid=found.valid)
        return self._with_target_check(self._next_steps(registration))

    def _read_steps(
        self, goal: Goal, reply: Reply, urn: str, found: ClaimedRecord
    ) -> list[Step]:
        old, new = found.old, new_record(goal, urn, None, found.alias)
        if not new.id:
            raise EngineError(f"expected an ID for {urn}")
        if old and not old.record.external and old.record.id != new.id:
            self._generator_state.decisions[urn] = UrnDecision("replace")
            read = ReadStep(new=new, reply=reply, old=old, replacing=True)
            return [read, ReplaceStep(old=old, new=new)]
        self._generator_state.decisions[urn] = UrnDecision("read")
        return [ReadStep(new=new, reply=reply, old=old)]

    # -- registrations that wait for a step

    def _after_deletion(
        self, registration: Registration, deletion_done: Future[bool]
    ) -> list[Step]:
        """No steps yet: the deletion runs in another chain, and there must not be two live records of one URN."""

        def go_on(is_deleted: bool) -> list[Step]:
            if is_deleted:
                return self._with_target_check(self._next_steps(registration))
            # The object still exists, and is not deleted at the end either: the program has registered it.
            self._generator_state.decisions[registration.urn] = UrnDecision("replace")
            resolve(registration.reply, RegisterResult(registration.new, "fail"))
            return []

        then = self._when_ended(go_on)
        deletion_done.add_done_callback(lambda future: then(future.result()))
        return []

    def _import_steps(self, registration: Registration) -> list[Step]:
        new, urn = registration.new, registration.urn
        if package_of(new.type) == DYNAMIC_PACKAGE:
            raise EngineError(
                f"'{new.import_id}' cannot be imported: a dynamic provider is a part of its "
                "resource's inputs, which an import does not have (the pulumi CLI cannot do it "
                "either); leave `import_` out"
            )

        def go_on(result: StepResult | None) -> list[Step]:
            record = result.record if result else None
            if record is None:
                return []
            made = new.with_(created=record.created, modified=record.modified)
            found = registration.with_(
                old=PreviousState(record, None), new=made, imported=True
            )
            return self._with_target_check(self._step_chooser.steps(found))

        then = self._when_ended(go_on)
        old = registration.old
        if old is None or self._generator_state.kind(urn) == "delete":
            return [ImportStep(new=new, then=then, reply=registration.reply)]
        self._generator_state.decisions[urn] = UrnDecision("replace")
        step = ImportStep(
            new=new, then=then, old=old, reply=registration.reply, replacing=True
        )
        return [step, ReplaceStep(old=old, new=new)]

    def _when_ended(self, go_on: Callable[[T], list[Step]]) -> Callable[[T], None]:
        self.waiting_registrations += 1

        def continue_with(outcome: T) -> None:
            def action() -> list[Step]:
                self.waiting_registrations -= 1
                return go_on(outcome)

            self._schedule(action)

        return continue_with

    def _next_steps(self, registration: Registration) -> list[Step]:
        deletion_done = self._generator_state.take_deletion_signal(registration.urn)
        if deletion_done is not None:
            return self._after_deletion(registration, deletion_done)
        new = registration.new
        registration = registration.with_(
            provider=self._provider_of(new) if new.custom else None
        )
        if _needs_import(registration):
            return self._import_steps(registration)
        return self._step_chooser.steps(registration)

    # -- providers and targets

    def _provider_of(self, record: Resource) -> ResourceProvider:
        registry, reference = self._run_state.registry, record.provider
        if not is_provider_type(record.type) and not registry.get(reference):
            recorded = self._run_state.resources.provider_record(reference)
            if recorded is None:
                raise EngineError(
                    f"unknown provider '{reference}' for resource '{record.urn}'"
                )
            self._untargeted_records.queue_provider(recorded)
        return registry.provider_of(record)

    def _with_target_check(self, steps: list[Step]) -> list[Step]:
        steps = [*self._untargeted_records.take_queued(), *steps]
        run_state = self._run_state
        if run_state.scope.constrained or run_state.replace.constrained:
            for step in steps:
                if step.new is not None and not isinstance(step, SkipStep):
                    self._reject_skipped_dependency(step.urn, step.new)
        return steps

    def _reject_skipped_dependency(self, urn: str, record: Resource) -> None:
        for needed in references_of(record, parent=True):
            if self._generator_state.kind(needed) == "skip":
                self._run_state.events.reject(
                    self._run_state.scope.missing_dependency(urn, needed), urn
                )
                self._generator_state.keep(needed)  # reported once


def _needs_import(registration: Registration) -> bool:
    asked, old = registration.goal.record, registration.old
    if not asked.custom or not asked.import_id:
        return False
    if old is None or old.record.external:
        return True
    return (old.record.import_id or old.record.id) != asked.import_id
