"""Steps that look objects up: `.get`, the import option, and refresh; decide nothing about what follows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pulumi_esa_prefetch.engine.diff import Diff, input_diff, inverted
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import StepOp
from pulumi_esa_prefetch.engine.goals import Reply
from pulumi_esa_prefetch.engine.ignoring import ignored
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.providers import (
    Call,
    Found,
    InitFailed,
    ResourceProvider,
)
from pulumi_esa_prefetch.engine.records import OperationType, Resource
from pulumi_esa_prefetch.engine.steps import Applied, Work, asks_provider
from pulumi_esa_prefetch.engine.urns import package_of
from pulumi_esa_prefetch.engine.values import UNKNOWN_STRING, equal


@dataclass(frozen=True, slots=True, eq=False)
class ReadExternal:
    """Read what somebody else manages; `old` with `replacing` is a managed object that is deleted afterwards."""

    new: Resource
    reply: Reply | None
    old: Old | None = None
    replacing: bool = False
    why: Diff | None = None

    @property
    def op(self) -> StepOp:
        """A read in the place of a managed object has another name."""
        return "read-replacement" if self.replacing else "read"

    @property
    def urn(self) -> str:
        """The URN."""
        return self.new.urn

    @property
    def logical(self) -> bool:
        """A replacement counts as a whole."""
        return not self.replacing

    @property
    def pending(self) -> OperationType | None:
        """A read that is lost is begun anew."""
        return "reading"

    def apply(self, work: Work) -> Applied:
        """Read; what cannot be known yet has no outputs."""
        record, failure = self.new, None
        if record.id == UNKNOWN_STRING:
            record = record.with_(outputs={})
        else:
            try:
                record = self._read(work)
            except InitFailed as error:
                failure = error
                record = record.with_(outputs=error.outputs, init_errors=error.reasons)
        old = self.old.record if self.old else None
        if old is not None:
            changed = not equal(old.inputs, record.inputs) or not equal(
                old.outputs, record.outputs
            )
            modified = work.now() if changed else old.modified
            record = record.with_(created=old.created, modified=modified)
        marked = old.with_(delete=True) if old and self.replacing else None
        return Applied(record, marked, failure)

    def _read(self, work: Work) -> Resource:
        record = self.new
        call = Call(record.urn, record.id, old_inputs=record.inputs)
        found = work.provider(record).read(call, record.inputs)
        if found.outputs is None:
            raise EngineError(f"resource '{record.id}' does not exist")
        return record.with_(id=found.id or record.id, outputs=found.outputs)


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """Take an existing object under management, as it is; `then` goes on with the record that was read."""

    new: Resource
    then: Callable[[Applied | None], None]
    old: Old | None = None
    reply: Reply | None = None
    why: Diff | None = None

    @property
    def op(self) -> StepOp:
        """An import in the place of another object has another name."""
        return "import-replacement" if self.old else "import"

    @property
    def urn(self) -> str:
        """The URN."""
        return self.new.urn

    @property
    def logical(self) -> bool:
        """A replacement counts as a whole."""
        return self.old is None

    @property
    def pending(self) -> OperationType | None:
        """A read that is lost is begun anew."""
        return "reading"

    def apply(self, work: Work) -> Applied:
        """Read by the id that the program gives."""
        found, failure = self._find(work)
        if found.outputs is None:
            raise EngineError(f"resource '{self.new.import_id}' does not exist")
        if found.inputs is None:
            package = package_of(self.new.type)
            raise EngineError(
                "provider does not support importing resources; please try updating "
                f"the '{package}' plugin"
            )
        now = work.now()
        record = self.new.with_(
            id=found.id or self.new.import_id,
            inputs=found.inputs,
            outputs=found.outputs,
            init_errors=failure.reasons if failure else (),
            created=now,
            modified=now,
        )
        marked = self.old.record.with_(delete=True) if self.old else None
        return Applied(record, marked)

    def _find(self, work: Work) -> tuple[Found, InitFailed | None]:
        new = self.new
        timeout = new.custom_timeouts.get("read", 0.0)
        call = Call(new.urn, new.import_id, timeout=timeout)
        provider = work.provider(new)
        try:
            return provider.read(call, None), None
        except InitFailed as error:
            return Found(error.id, error.outputs, error.inputs), error


@dataclass(frozen=True, slots=True, eq=False)
class Refresh:
    """Look a recorded object up again."""

    old: Old
    internal: bool = False
    reply: Reply | None = None
    why: Diff | None = None
    op: StepOp = "refresh"
    logical: bool = False
    pending: OperationType | None = None

    @property
    def new(self) -> Resource | None:
        """The record as it is, until it is known better."""
        return self.old.record

    @property
    def urn(self) -> str:
        """The URN."""
        return self.old.record.urn

    def apply(self, work: Work) -> Applied:
        """Read, then ask what an update would change: the outputs are taken over in any case."""
        old = self.old.record
        if not asks_provider(old) or old.pending_replacement:
            return Applied(old)
        provider = work.provider(old)
        found, unready = _look(provider, old)
        if not found.id:
            return Applied(None)
        record = _refreshed(old, found, unready.reasons if unready else (), work)
        if old.external:
            diff = input_diff(old.outputs, record.outputs)
            return Applied(record, failure=unready, diff=diff)
        call = Call(
            record.urn,
            record.id,
            record.inputs,
            record.outputs,
            old.inputs,
            old.ignore_changes,
            preview=work.dry_run,
        )
        try:
            diff = inverted(ask_diff(provider, call))
        except EngineError as error:
            # what was read is true, whatever the provider thinks of it
            return Applied(record, failure=error)
        return Applied(record, failure=unready, diff=diff)


def _look(provider: ResourceProvider, old: Resource) -> tuple[Found, InitFailed | None]:
    timeout = old.custom_timeouts.get("read", 0.0)
    call = Call(old.urn, old.id, old_inputs=old.inputs, timeout=timeout)
    try:
        return provider.read(call, old.outputs), None
    except InitFailed as error:
        return Found(error.id, error.outputs, error.inputs), error


def _refreshed(
    old: Resource, found: Found, reasons: Sequence[str], work: Work
) -> Resource:
    inputs = old.inputs if found.inputs is None else found.inputs
    outputs = found.outputs or {}
    changed = not equal(old.inputs, inputs) or not equal(old.outputs, outputs)
    return old.with_(
        id=found.id,
        inputs=inputs,
        outputs=outputs,
        init_errors=reasons,
        modified=work.now() if changed else old.modified,
    )


def ask_diff(provider: ResourceProvider, call: Call) -> Diff:
    """What the provider says differs; where it does not know, what differs in the inputs."""
    diff = provider.diff(call)
    if diff.changes != "unknown":
        return diff
    inputs, _ = ignored(call.inputs, call.old_inputs, call.ignore_changes)
    found = input_diff(call.old_inputs, inputs)
    if found.changes == "none":
        return Diff(
            "none",
            diff.replaces,
            diff.changed,
            diff.detailed,
            diff.delete_before_replace,
        )
    return Diff(
        "some",
        diff.replaces,
        found.changed,
        found.detailed,
        diff.delete_before_replace,
    )
