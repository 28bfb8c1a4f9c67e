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
    """What a step did: the record that is, what its old one becomes, why it failed although it is recorded.

    `within`: the URN of the container with which the object will go.
    """

    record: Resource | None = None
    old_becomes: Resource | None = None
    failure: EngineError | None = None
    diff: Diff | None = None
    within: str = ""


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
