"""Makes the steps of one registration, from its comparison, `--target` and `--replace`; runs no step."""

from collections.abc import Callable
from functools import partial

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import Diff, with_replace_on_changes
from pulumi_embedded_engine.model.goals import RegisterResult, Reply
from pulumi_embedded_engine.model.property_values import has_unknown
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_provider_type, is_root_stack
from pulumi_embedded_engine.planning.comparison import (
    check_inputs,
    diff_of,
    inputs_with_ignored_changes,
    replacement_requested,
    replacement_triggered,
    step_kind,
)
from pulumi_embedded_engine.planning.replacement import (
    adoption_steps,
    recreation_steps,
    replacement_steps,
)
from pulumi_embedded_engine.planning.urn_claims import Registration
from pulumi_embedded_engine.program.event_queue import resolve
from pulumi_embedded_engine.providers.provider import (
    CheckResult,
    ProviderCall,
    ResourceProvider,
)
from pulumi_embedded_engine.run.generator_state import UrnDecision
from pulumi_embedded_engine.run.resource_index import PreviousState, references_of
from pulumi_embedded_engine.run.run_state import RunAborted, RunState
from pulumi_embedded_engine.steps.steps import (
    CreateStep,
    SameStep,
    SkipStep,
    Step,
    UpdateStep,
    untargeted_step,
)


class UntargetedRecords:
    """Steps that keep untargeted records.

    A record may refer only to earlier ones, so what a kept or changed record refers to is kept before it.
    """

    def __init__(self, run_state: RunState) -> None:
        self._run_state = run_state
        self._generator_state = run_state.generator_state
        self._resources = run_state.resources
        self._queue: list[SameStep] = []
        self._queued: set[str] = set()

    def keep_registered(self, old: PreviousState, reply: Reply) -> list[Step]:
        """The step that keeps a registered record; the records that it refers to are queued."""
        provider = old.record.provider
        if provider and self._run_state.registry.get(provider) is None:
            self._raise_unregistered_provider(old.record)
        self._generator_state.claimed.add(old.record.urn)
        self._generator_state.keep(old.record.urn)
        self._enqueue(references_of(old.record, parent=True))
        return [untargeted_step(old, reply)]

    def queue_references(self, record: Resource) -> None:
        """Queue the records that a targeted record refers to, in case the program does not register them."""
        if self._run_state.scope.targets.constrained:
            self._enqueue(references_of(record, parent=True, provider=False))

    def queue_provider(self, record: Resource) -> None:
        """Queue a provider record that the program did not register."""
        old = self._resources.previous(record.urn)
        if old is not None and record.urn not in self._queued:
            self._queued.add(record.urn)
            self._queue.append(untargeted_step(PreviousState(record, old.position)))

    def take_queued(self) -> list[Step]:
        """The queued steps whose URN still has no step."""
        queued, self._queue = self._queue, []
        steps: list[Step] = []
        for step in queued:
            if not self._has_decision(step.urn):
                self._generator_state.claimed.add(step.urn)
                self._generator_state.keep(step.urn)
                steps.append(step)
        return steps

    def _has_decision(self, urn: str) -> bool:
        decided = urn in self._generator_state.decisions
        return decided or self._generator_state.survives(urn)

    def _enqueue(self, urns: set[str]) -> None:
        for urn in sorted(urns):
            old = self._resources.previous(urn)
            if old is None or self._has_decision(urn) or urn in self._queued:
                continue
            self._queued.add(urn)
            self._enqueue(references_of(old.record, parent=True))
            self._queue.append(untargeted_step(old))

    def _raise_unregistered_provider(self, record: Resource) -> None:
        if self._resources.provider_record(record.provider) is None:
            raise EngineError(f"could not find provider {record.provider} in the state")
        raise EngineError(
            f"provider {record.provider} for resource {record.urn} has not been "
            "registered yet, due to a change of providers mixed with --target; change "
            "your program back to the original providers"
        )


class StepChooser:
    """Chooses the steps of one registration after the other."""

    def __init__(
        self,
        run_state: RunState,
        untargeted: UntargetedRecords,
        check: Callable[[ResourceProvider, ProviderCall], CheckResult],
    ) -> None:
        self._run_state = run_state
        self._generator_state = run_state.generator_state
        self._scope = run_state.scope
        self._untargeted_records = untargeted
        self._check = check

    def steps(self, registration: Registration) -> list[Step]:
        """The steps of one registration."""
        old = registration.old
        recreating = self._generator_state.kind(registration.urn) == "delete"
        included = self._scope.includes(registration.new)
        targeted = included or _always_targeted(registration.new)
        registration = self._with_checked_inputs(
            registration, targeted=targeted, recreating=recreating
        )
        if targeted:
            self._untargeted_records.queue_references(registration.new)
        if not registration.valid:
            raise RunAborted(f"resource {registration.urn} is invalid")
        if old is not None and recreating:
            return recreation_steps(self._run_state, registration, old)
        if old is not None and old.record.external:
            return adoption_steps(self._run_state, registration, old)
        self._scope.mark_included(registration.new, included=included)
        if targeted:
            return self._targeted_steps(registration)
        if old is not None:
            self._generator_state.keep(registration.urn)
            return self._untargeted_records.keep_registered(old, registration.reply)
        self._generator_state.decisions[registration.urn] = UrnDecision("skip")
        return [SkipStep(new=registration.new, reply=registration.reply)]

    def _with_checked_inputs(
        self, registration: Registration, *, targeted: bool, recreating: bool
    ) -> Registration:
        new, old, goal = registration.new, registration.old, registration.goal
        if registration.provider is None:
            return registration
        known = old.record.inputs if old else {}
        if not targeted:
            return registration.with_(new=new.with_(inputs=known))
        fresh = recreating or replacement_requested(self._run_state, registration)
        if old is None or old.record.external or fresh:
            asked, known = goal.record.inputs, {}
        else:
            asked = inputs_with_ignored_changes(self._run_state, new, old.record)
        check = partial(self._check, registration.provider)
        inputs = check_inputs(self._run_state, check, new, asked, known)
        return registration.with_(new=new.with_(inputs=inputs))

    def _targeted_steps(self, registration: Registration) -> list[Step]:
        if registration.old is None:
            self._generator_state.decisions[registration.urn] = UrnDecision("create")
            return [CreateStep(new=registration.new, reply=registration.reply)]
        return self._compared_steps(registration, registration.old)

    def _compared_steps(
        self, registration: Registration, old: PreviousState
    ) -> list[Step]:
        new, record = registration.new, old.record
        trigger = new.replacement_trigger
        if not self._run_state.dry_run and has_unknown(trigger):
            message = f"replacement trigger contains unknowns for {new.urn}"
            self._run_state.events.abort_run(message, new.urn)
        triggered = replacement_triggered(trigger, record.replacement_trigger)
        diff = Diff("some")
        if not triggered:
            diff = diff_of(self._run_state, registration, record)
        diff = with_replace_on_changes(
            diff, new.replace_on_changes, init_errors=bool(record.init_errors)
        )
        kind = step_kind(diff, record, triggered=triggered)
        if kind == "replace":
            return replacement_steps(self._run_state, registration, old, diff)
        if kind == "update":
            self._generator_state.keep(new.urn, "update")
            update = UpdateStep(
                old=old,
                new=new,
                reply=registration.reply,
                diff=diff,
                ignore_changes=new.ignore_changes,
            )
            return [update]
        self._generator_state.keep(new.urn)
        if registration.imported:
            # The import has already written the record.
            resolve(registration.reply, RegisterResult(record))
            return []
        return [SameStep(old=old, new=new, reply=registration.reply)]


def _always_targeted(record: Resource) -> bool:
    return is_provider_type(record.type) or is_root_stack(record.urn)
