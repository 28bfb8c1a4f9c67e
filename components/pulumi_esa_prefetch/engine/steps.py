"""The operations of a deployment as values, and how a provider does each; writes no journal and tells nobody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pulumi_esa_prefetch.engine.diff import Diff
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import StepOp
from pulumi_esa_prefetch.engine.goals import Reply
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.providers import Call, InitFailed, ResourceProvider
from pulumi_esa_prefetch.engine.records import OperationType, Resource
from pulumi_esa_prefetch.engine.urns import is_provider_type


class Protected(EngineError):
    """A protected record is not deleted; everything that does not depend on it goes on."""

    def __init__(self, urn: str) -> None:
        super().__init__(
            f'resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect '
            "the resource, either remove the `protect` flag from the resource in your "
            "Pulumi program and run `up`, or use the command:\n"
            f"`pulumi state unprotect '{urn}'`"
        )


class Work(Protocol):
    """What a step needs while it is done."""

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed."""
        ...

    def provider(self, record: Resource) -> ResourceProvider:
        """The provider of a record; EngineError if there is none."""
        ...

    def same_provider(self, record: Resource) -> None:
        """Make a provider record that has not changed ready."""
        ...

    def deleting(self, urn: str) -> bool:
        """Whether this run deletes that URN."""
        ...

    def now(self) -> datetime:
        """The present moment."""
        ...


@dataclass(frozen=True, slots=True)
class Applied:
    """What a step did: the record that is, what its old one becomes, why it failed although it is recorded."""

    record: Resource | None = None
    old_becomes: Resource | None = None
    failure: EngineError | None = None
    diff: Diff | None = None


class Step(Protocol):
    """What the executor needs of every operation."""

    @property
    def op(self) -> StepOp:
        """What is done, in Pulumi's words."""
        ...

    @property
    def urn(self) -> str:
        """To which resource."""
        ...

    @property
    def old(self) -> Old | None:
        """What it starts from."""
        ...

    @property
    def new(self) -> Resource | None:
        """What it leads to, as planned."""
        ...

    @property
    def reply(self) -> Reply | None:
        """Who waits for it."""
        ...

    @property
    def logical(self) -> bool:
        """Whether it counts: the halves of a replacement do not."""
        ...

    @property
    def pending(self) -> OperationType | None:
        """What stays pending if the engine dies meanwhile; None where no provider is called."""
        ...

    @property
    def why(self) -> Diff | None:
        """The difference that led to it."""
        ...

    def apply(self, work: Work) -> Applied:
        """Do it."""
        ...


def asks_provider(record: Resource) -> bool:
    """Whether the record stands for an object of a provider."""
    return record.custom and not is_provider_type(record.type)


@dataclass(frozen=True, slots=True, eq=False)
class Same:
    """Nothing is to be done: `skipped`, not made because it is no target; `untouched`, left so for that reason."""

    old: Old
    new: Resource
    reply: Reply | None = None
    skipped: bool = False
    untouched: bool = False
    op: StepOp = "same"
    logical: bool = True
    pending: OperationType | None = None
    why: Diff | None = None

    @property
    def urn(self) -> str:
        """The new URN."""
        return self.new.urn

    def apply(self, work: Work) -> Applied:
        """Keep id and outputs; a provider record is made ready as it is recorded."""
        old = self.old.record
        if self.skipped:
            return Applied(self.new)
        record = self.new.with_(id=old.id, outputs=old.outputs)
        if is_provider_type(record.type) and not self.untouched:
            work.same_provider(record.with_(inputs=old.inputs))
        return Applied(record)


@dataclass(frozen=True, slots=True, eq=False)
class Create:
    """Make an object; `old` is what it replaces, `keep_old` whether that is deleted only afterwards."""

    new: Resource
    reply: Reply | None
    old: Old | None = None
    why: Diff | None = None
    keep_old: bool = False

    @property
    def op(self) -> StepOp:
        """A replacement is created under another name."""
        return "create-replacement" if self.old else "create"

    @property
    def urn(self) -> str:
        """The new URN."""
        return self.new.urn

    @property
    def logical(self) -> bool:
        """A replacement counts as a whole."""
        return self.old is None

    @property
    def pending(self) -> OperationType | None:
        """A component has nothing that could be lost."""
        return "creating" if asks_provider(self.new) else None

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
                made = work.provider(record).create(call)
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


@dataclass(frozen=True, slots=True, eq=False)
class Update:
    """Change an object in place."""

    old: Old
    new: Resource
    reply: Reply | None
    why: Diff | None
    ignore_changes: Sequence[str] = ()
    op: StepOp = "update"
    logical: bool = True

    @property
    def urn(self) -> str:
        """The new URN."""
        return self.new.urn

    @property
    def pending(self) -> OperationType | None:
        """A component has nothing that could be lost."""
        return "updating" if asks_provider(self.new) else None

    def apply(self, work: Work) -> Applied:
        """Update; where only a part succeeded, the old inputs stay so that the next run tries again."""
        old = self.old.record
        record = self.new.with_(id=old.id, created=old.created, modified=old.modified)
        if not record.custom:
            return Applied(record)
        try:
            made = work.provider(record).update(self._call(work))
        except InitFailed as error:
            record = _unready(record, error).with_(id=old.id, inputs=old.inputs)
            return Applied(record.with_(modified=work.now()), failure=error)
        return Applied(record.with_(outputs=made.outputs, modified=work.now()))

    def _call(self, work: Work) -> Call:
        old = self.old.record
        return Call(
            self.new.urn,
            old.id,
            old.inputs,
            old.outputs,
            self.new.inputs,
            self.ignore_changes,
            self.new.custom_timeouts.get("update", 0.0),
            preview=work.dry_run,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Replace:
    """The replacement as a whole, which its halves do: only shown and counted."""

    old: Old
    new: Resource
    why: Diff | None = None
    reply: Reply | None = None
    op: StepOp = "replace"
    logical: bool = True
    pending: OperationType | None = None

    @property
    def urn(self) -> str:
        """The new URN."""
        return self.new.urn

    def apply(self, work: Work) -> Applied:
        """Nothing is left to do."""
        del work
        return Applied()


@dataclass(frozen=True, slots=True, eq=False)
class Delete:
    """Delete an object and its record; `replacing`: half of a replacement, `recreated`: the record waits."""

    old: Old
    replacing: bool = False
    recreated: bool = False
    new: Resource | None = None
    reply: Reply | None = None
    why: Diff | None = None

    @property
    def op(self) -> StepOp:
        """What somebody else manages is only forgotten."""
        if self.old.record.external:
            return "discard-replaced" if self.replacing else "discard"
        return "delete-replaced" if self.replacing else "delete"

    @property
    def urn(self) -> str:
        """The old URN."""
        return self.old.record.urn

    @property
    def logical(self) -> bool:
        """A replacement counts as a whole."""
        return not self.replacing

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
        if not work.dry_run and old.custom and not self._spared(work):
            work.provider(old).delete(
                Call(
                    old.urn,
                    old.id,
                    old.inputs,
                    old.outputs,
                    timeout=old.custom_timeouts.get("delete", 0.0),
                )
            )
        waiting = old.with_(pending_replacement=True) if self.recreated else None
        return Applied(old_becomes=waiting)

    def _spared(self, work: Work) -> bool:
        old = self.old.record
        with_another = bool(old.deleted_with) and work.deleting(old.deleted_with)
        return old.external or old.retain_on_delete or with_another


@dataclass(frozen=True, slots=True, eq=False)
class Forget:
    """Drop the record of an object that an earlier run deleted to replace it, and that the program no longer has."""

    old: Old
    op: StepOp = "remove-pending-replace"
    new: Resource | None = None
    reply: Reply | None = None
    logical: bool = False
    pending: OperationType | None = None
    why: Diff | None = None

    @property
    def urn(self) -> str:
        """The old URN."""
        return self.old.record.urn

    def apply(self, work: Work) -> Applied:
        """There is nothing left at the provider."""
        del work
        return Applied()
