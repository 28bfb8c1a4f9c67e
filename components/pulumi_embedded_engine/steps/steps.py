"""The steps of an operation as values, and the provider call of each; they write no journal and send no events."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ClassVar

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import Diff
from pulumi_embedded_engine.model.events import StepOp
from pulumi_embedded_engine.model.goals import Reply
from pulumi_embedded_engine.model.state_records import OperationType, Resource
from pulumi_embedded_engine.model.urns import is_provider_type
from pulumi_embedded_engine.providers.provider import InitFailed, ProviderCall
from pulumi_embedded_engine.run.resource_index import PreviousState
from pulumi_embedded_engine.run.run_state import RunState


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step did.

    `record` is the new record, `old_becomes` what the old one turns into, `failure` an error of a step that still has
    a result, `container` the URN of the container with which the object will be deleted.
    """

    record: Resource | None = None
    old_becomes: Resource | None = None
    failure: EngineError | None = None
    diff: Diff | None = None
    container: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Step:
    """One operation on one resource.

    `old` is the previous record, `new` the planned one, `reply` where the result is sent, `diff` the reason.
    `replacing`: the step is one half of a replacement. `ops` are Pulumi's names of the operation, alone and as such a
    half; `pending_type` is its name in the state while it is pending.
    """

    ops: ClassVar[tuple[StepOp, StepOp]]
    pending_type: ClassVar[OperationType | None] = None
    old: PreviousState | None = None
    new: Resource | None = None
    reply: Reply | None = None
    diff: Diff | None = None
    replacing: bool = False

    @property
    def op(self) -> StepOp:
        """The operation, by Pulumi's name."""
        return self.ops[self.replacing]

    @property
    def logical(self) -> bool:
        """Whether it is counted; of a replacement only the whole is."""
        return not self.replacing

    @property
    def record(self) -> Resource:
        """The record that the step is about."""
        record = self.new or (self.old.record if self.old else None)
        if record is None:
            raise AssertionError(self)  # each step has one of them
        return record

    @property
    def urn(self) -> str:
        """The URN of the resource."""
        return self.record.urn

    @property
    def pending(self) -> OperationType | None:
        """The type of the pending operation if the engine dies during the step; None if no provider is called."""
        return self.pending_type if has_provider_object(self.record) else None

    def apply(self, run_state: RunState) -> StepResult:
        """Run the step."""
        del run_state
        return StepResult()


def has_provider_object(record: Resource) -> bool:
    """Whether the record stands for an object that a provider manages."""
    return record.custom and not is_provider_type(record.type)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SameStep(Step):
    """Nothing changes; `untargeted` if the reason is that the resource is not a target."""

    ops = "same", "same"
    old: PreviousState
    new: Resource
    untargeted: bool = False

    def apply(self, run_state: RunState) -> StepResult:
        """Keep id and outputs; for a provider record, configure the provider as recorded."""
        old = self.old.record
        record = self.new.with_(id=old.id, outputs=old.outputs)
        if is_provider_type(record.type) and not self.untargeted:
            run_state.registry.same(record.with_(inputs=old.inputs))
        return StepResult(record)


def untargeted_step(old: PreviousState, reply: Reply | None = None) -> SameStep:
    """The step that keeps a record because it is not a target."""
    return SameStep(old=old, new=old.record.with_(id=""), reply=reply, untargeted=True)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SkipStep(Step):
    """A new resource that is not a target: it is neither created nor recorded."""

    ops = "same", "same"
    new: Resource

    def apply(self, run_state: RunState) -> StepResult:
        """Return the registration unchanged."""
        del run_state
        return StepResult(self.new)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CreateStep(Step):
    """Create an object.

    In a replacement `old` is the replaced record; with `keep_old` its object is deleted only afterwards.
    """

    ops = "create", "create-replacement"
    pending_type = "creating"
    new: Resource
    keep_old: bool = False

    def apply(self, run_state: RunState) -> StepResult:
        """Create the object, and mark the replaced record for deletion."""
        record, failure = self.new, None
        if record.custom:
            timeout = record.custom_timeouts.get("create", 0.0)
            call = ProviderCall(
                record.urn,
                inputs=record.inputs,
                timeout=timeout,
                preview=run_state.dry_run,
            )
            try:
                made = run_state.registry.provider_of(record).create(call)
                record = record.with_(id=made.id, outputs=made.outputs)
            except InitFailed as error:
                record = _uninitialized(record, error)
                failure = error
        now = run_state.now()
        record = record.with_(created=now, modified=now)
        old = self.old.record if self.old else None
        marked = old.with_(delete=True) if old and self.keep_old else None
        return StepResult(record, marked, failure)


def _uninitialized(record: Resource, error: InitFailed) -> Resource:
    return record.with_(id=error.id, outputs=error.outputs, init_errors=error.reasons)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class UpdateStep(Step):
    """Update an object in place."""

    ops = "update", "update"
    pending_type = "updating"
    old: PreviousState
    new: Resource
    ignore_changes: Sequence[str] = ()

    def apply(self, run_state: RunState) -> StepResult:
        """Update the object; if it only partly succeeds, the old inputs are kept so that the next run tries again."""
        old = self.old.record
        record = self.new.with_(id=old.id, created=old.created, modified=old.modified)
        if not record.custom:
            return StepResult(record)
        call = ProviderCall.on(
            old.with_(urn=record.urn),
            inputs=record.inputs,
            ignore_changes=self.ignore_changes,
            timeout=record.custom_timeouts.get("update", 0.0),
            preview=run_state.dry_run,
        )
        try:
            made = run_state.registry.provider_of(record).update(call)
        except InitFailed as error:
            record = _uninitialized(record, error).with_(id=old.id, inputs=old.inputs)
            return StepResult(record.with_(modified=run_state.now()), failure=error)
        return StepResult(record.with_(outputs=made.outputs, modified=run_state.now()))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReplaceStep(Step):
    """A replacement as a whole, for display and counts; its create and delete steps do the work."""

    ops = "replace", "replace"
    old: PreviousState
    new: Resource


class ResourceProtected(EngineError):
    """A protected resource is not deleted; what does not depend on it continues."""

    def __init__(self, urn: str) -> None:
        super().__init__(
            f'resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect '
            "the resource, either remove the `protect` flag from the resource in your "
            "Pulumi program and run `up`, or use the command:\n"
            f"`pulumi state unprotect '{urn}'`"
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DeleteStep(Step):
    """Delete an object and its record; with `recreated` the record stays until the new object exists.

    `deletion_done` is set for the registrations that wait for this deletion.
    """

    ops = "delete", "delete-replaced"
    old: PreviousState
    recreated: bool = False
    deletion_done: Future[bool] | None = None

    def signal_end(self, *, done: bool) -> None:
        """Signal to the waiting registrations whether the deletion succeeded."""
        if self.deletion_done is not None:
            self.deletion_done.set_result(done)

    @property
    def op(self) -> StepOp:
        """An external object is not deleted: only its record is discarded."""
        if self.old.record.external:
            return "discard-replaced" if self.replacing else "discard"
        return self.ops[self.replacing]

    @property
    def pending(self) -> OperationType | None:
        """Pending only if a provider is called."""
        old = self.old.record
        kept = old.external or old.retain_on_delete
        return "deleting" if has_provider_object(old) and not kept else None

    def apply(self, run_state: RunState) -> StepResult:
        """Delete the object, unless only its record is to be deleted."""
        old = self.old.record
        if old.protect and not self.replacing:
            raise ResourceProtected(old.urn)
        kept = old.external or old.retain_on_delete
        container = (
            old.deleted_with
            if run_state.generator_state.is_deleted(old.deleted_with)
            else ""
        )
        if not run_state.dry_run and old.custom and not kept and not container:
            timeout = old.custom_timeouts.get("delete", 0.0)
            run_state.registry.provider_of(old).delete(
                ProviderCall.on(old, timeout=timeout)
            )
        waiting = old.with_(pending_replacement=True) if self.recreated else None
        return StepResult(old_becomes=waiting, container="" if kept else container)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RemovePendingReplaceStep(Step):
    """Drop the record of an object that an earlier run deleted to replace it, if the program no longer registers it."""

    ops = "remove-pending-replace", "remove-pending-replace"
    old: PreviousState
    replacing: bool = True
