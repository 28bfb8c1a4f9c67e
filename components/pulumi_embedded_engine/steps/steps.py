"""The operations of a deployment as values, and how a provider does each; writes no journal and tells nobody."""

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
from pulumi_embedded_engine.providers.provider import Call, InitFailed
from pulumi_embedded_engine.run.resource_index import Old
from pulumi_embedded_engine.run.run_state import Work


@dataclass(frozen=True, slots=True)
class Applied:
    """What a step did: the record that is, what its old one becomes, why it failed although it is recorded.

    `within`: the URN of the container with which the object will go.
    """

    record: Resource | None = None
    old_becomes: Resource | None = None
    failure: EngineError | None = None
    diff: Diff | None = None
    within: str = ""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Step:
    """One operation: what it starts from, what it leads to as planned, who waits for it, the difference behind it.

    `replacing`: it is half of a replacement, which counts as a whole. `ops`: what is done, in Pulumi's words, and the
    word for such a half; `pends`: the word for one whose end is not known.
    """

    ops: ClassVar[tuple[StepOp, StepOp]]
    pends: ClassVar[OperationType | None] = None
    old: Old | None = None
    new: Resource | None = None
    reply: Reply | None = None
    why: Diff | None = None
    replacing: bool = False

    @property
    def op(self) -> StepOp:
        """What is done."""
        return self.ops[self.replacing]

    @property
    def logical(self) -> bool:
        """Whether it counts."""
        return not self.replacing

    @property
    def record(self) -> Resource:
        """The record that it is about."""
        record = self.new or (self.old.record if self.old else None)
        if record is None:
            raise AssertionError(self)  # each step has one of them
        return record

    @property
    def urn(self) -> str:
        """To which resource."""
        return self.record.urn

    @property
    def pending(self) -> OperationType | None:
        """What stays pending if the engine dies meanwhile; None where no provider is called."""
        return self.pends if asks_provider(self.record) else None

    def apply(self, work: Work) -> Applied:
        """Do it, if there is anything to do."""
        del work
        return Applied()


def asks_provider(record: Resource) -> bool:
    """Whether the record stands for an object of a provider."""
    return record.custom and not is_provider_type(record.type)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Same(Step):
    """Nothing is to be done; `untouched`: because it is no target."""

    ops = "same", "same"
    old: Old
    new: Resource
    untouched: bool = False

    def apply(self, work: Work) -> Applied:
        """Keep id and outputs; a provider record is made ready as it is recorded."""
        old = self.old.record
        record = self.new.with_(id=old.id, outputs=old.outputs)
        if is_provider_type(record.type) and not self.untouched:
            work.registry.same(record.with_(inputs=old.inputs))
        return Applied(record)


def untouched(old: Old, reply: Reply | None = None) -> Same:
    """The step that keeps a record because it is no target."""
    return Same(old=old, new=old.record.with_(id=""), reply=reply, untouched=True)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Skip(Step):
    """A resource is not made, because it is no target: it is not recorded either."""

    ops = "same", "same"
    new: Resource

    def apply(self, work: Work) -> Applied:
        """Answer with what was asked for."""
        del work
        return Applied(self.new)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Create(Step):
    """Make an object; `old` is what it replaces, `keep_old` whether that is deleted only afterwards."""

    ops = "create", "create-replacement"
    pends = "creating"
    new: Resource
    keep_old: bool = False

    def apply(self, work: Work) -> Applied:
        """Create, and mark the old record for deletion."""
        record, failure = self.new, None
        if record.custom:
            timeout = record.custom_timeouts.get("create", 0.0)
            call = Call(
                record.urn,
                inputs=record.inputs,
                timeout=timeout,
                preview=work.dry_run,
            )
            try:
                made = work.registry.of(record).create(call)
                record = record.with_(id=made.id, outputs=made.outputs)
            except InitFailed as error:
                record = _unready(record, error)
                failure = error
        now = work.now()
        record = record.with_(created=now, modified=now)
        old = self.old.record if self.old else None
        marked = old.with_(delete=True) if old and self.keep_old else None
        return Applied(record, marked, failure)


def _unready(record: Resource, error: InitFailed) -> Resource:
    return record.with_(id=error.id, outputs=error.outputs, init_errors=error.reasons)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Update(Step):
    """Change an object in place."""

    ops = "update", "update"
    pends = "updating"
    old: Old
    new: Resource
    ignore_changes: Sequence[str] = ()

    def apply(self, work: Work) -> Applied:
        """Update; where only a part succeeded, the old inputs stay so that the next run tries again."""
        old = self.old.record
        record = self.new.with_(id=old.id, created=old.created, modified=old.modified)
        if not record.custom:
            return Applied(record)
        call = Call.on(
            old.with_(urn=record.urn),
            inputs=record.inputs,
            ignore_changes=self.ignore_changes,
            timeout=record.custom_timeouts.get("update", 0.0),
            preview=work.dry_run,
        )
        try:
            made = work.registry.of(record).update(call)
        except InitFailed as error:
            record = _unready(record, error).with_(id=old.id, inputs=old.inputs)
            return Applied(record.with_(modified=work.now()), failure=error)
        return Applied(record.with_(outputs=made.outputs, modified=work.now()))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Replace(Step):
    """The replacement as a whole, which its halves do: only shown and counted."""

    ops = "replace", "replace"
    old: Old
    new: Resource


class Protected(EngineError):
    """A protected record is not deleted; everything that does not depend on it goes on."""

    def __init__(self, urn: str) -> None:
        super().__init__(
            f'resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect '
            "the resource, either remove the `protect` flag from the resource in your "
            "Pulumi program and run `up`, or use the command:\n"
            f"`pulumi state unprotect '{urn}'`"
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Delete(Step):
    """Delete an object and its record; `recreated`: the record waits for another object.

    `gone` is told whether it was done, for registrations that must come after it.
    """

    ops = "delete", "delete-replaced"
    old: Old
    recreated: bool = False
    gone: Future[bool] | None = None

    def settle(self, *, done: bool) -> None:
        """Tell who waits for it how it ended."""
        if self.gone is not None:
            self.gone.set_result(done)

    @property
    def op(self) -> StepOp:
        """What somebody else manages is only forgotten."""
        if self.old.record.external:
            return "discard-replaced" if self.replacing else "discard"
        return self.ops[self.replacing]

    @property
    def pending(self) -> OperationType | None:
        """Only what a provider deletes can be lost."""
        old = self.old.record
        kept = old.external or old.retain_on_delete
        return "deleting" if asks_provider(old) and not kept else None

    def apply(self, work: Work) -> Applied:
        """Delete, unless the record is all there is to delete."""
        old = self.old.record
        if old.protect and not self.replacing:
            raise Protected(old.urn)
        kept = old.external or old.retain_on_delete
        within = old.deleted_with if work.book.deleted(old.deleted_with) else ""
        if not work.dry_run and old.custom and not kept and not within:
            timeout = old.custom_timeouts.get("delete", 0.0)
            work.registry.of(old).delete(Call.on(old, timeout=timeout))
        waiting = old.with_(pending_replacement=True) if self.recreated else None
        return Applied(old_becomes=waiting, within="" if kept else within)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Forget(Step):
    """Drop the record of an object that an earlier run deleted to replace it, and that the program no longer has."""

    ops = "remove-pending-replace", "remove-pending-replace"
    old: Old
    replacing: bool = True
