"""What happened in one operation, entry by entry, and the snapshot that follows from it; holds no files.

A run starts from a base snapshot; each entry is one fact. `replay` (pure) gives the snapshot after any prefix of
entries, which is
what a killed run left. Records of the base are named by their position in it, for a URN may occur twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from pulumi_embedded_engine.model.state_records import (
    OperationType,
    PendingOperation,
    Resource,
    Snapshot,
)
from pulumi_embedded_engine.model.state_references import (
    prune_references,
    resolve_aliases,
)


@dataclass(frozen=True, slots=True)
class OperationStarted:
    """A provider is about to be called: on disk, flushed, before the call."""

    op: int
    type: OperationType
    resource: Resource


@dataclass(frozen=True, slots=True)
class StepCompleted:
    """An operation or a step without a call ended well.

    Base record `old` goes (or turns into `old_becomes`), `new` comes at the end.

    `op` is None for steps that called no provider (same, a record dropped). `significant` is False where only unsaved
    facts changed:
    such an entry alone needs no write of its own. `finished` is the URN of a record finished earlier in this run that
    goes in the
    place of a base record (an import that is updated at once, a record that the program of a destroy registered).
    """

    op: int | None
    old: int | None
    new: Resource | None
    old_becomes: Resource | None = None
    significant: bool = True
    finished: str = ""


@dataclass(frozen=True, slots=True)
class OperationFailed:
    """An operation failed without effect on the records: only its pending entry goes."""

    op: int


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """A record finished in this run, found by its URN, got other contents.

    These are outputs of a component or the stack, or a mark for deletion.
    """

    urn: str
    new: Resource


@dataclass(frozen=True, slots=True)
class RecordRefreshed:
    """Base record `old` was read anew: it keeps its place with new contents, or is gone (`new` is None)."""

    old: int
    new: Resource | None


@dataclass(frozen=True, slots=True)
class BaseReplaced:
    """The run goes on from another base (the end of a refresh phase): positions now count in this snapshot."""

    base: Snapshot


JournalEntry = (
    OperationStarted
    | StepCompleted
    | OperationFailed
    | RecordChanged
    | RecordRefreshed
    | BaseReplaced
)


class JournalWriter(Protocol):
    """Where entries go; each call returns when the entry is as safe as its kind needs."""

    def write(self, entry: JournalEntry) -> None:
        """Record one entry; raises OSError if it cannot be kept."""
        ...


class JournalReplay:
    """Folds entries one by one: each costs the same, however large the stack; safe from one thread at a time."""

    def __init__(self, base: Snapshot) -> None:
        self._start_from(base)
        self._pending: dict[int, PendingOperation] = {}

    def _start_from(self, base: Snapshot) -> None:
        self._base = base
        self._old: list[Resource | None] = list(base.resources)
        self._new: list[Resource | None] = []
        self._finished: dict[str, int] = {}
        self._has_lost_records = False

    def add(self, entry: JournalEntry) -> None:
        """Take one entry; raises ValueError if it does not fit those before it."""
        match entry:
            case OperationStarted():
                self._pending[entry.op] = PendingOperation(entry.resource, entry.type)
            case StepCompleted():
                self._complete(entry)
            case OperationFailed():
                self._end_operation(entry.op)
            case RecordChanged():
                self._new[self._position(entry.urn)] = entry.new
            case RecordRefreshed():
                self._check_old(entry.old)
                self._old[entry.old] = entry.new
                self._has_lost_records = self._has_lost_records or entry.new is None
            case BaseReplaced():
                self._start_from(entry.base)

    def changes(self, entry: JournalEntry) -> bool:
        """Whether the state differs after this entry: it tells what the records so far do not.

        Raises ValueError as `add`.
        """
        match entry:
            case StepCompleted():
                return entry.significant
            case RecordChanged():
                return entry.new != self._new[self._position(entry.urn)]
            case RecordRefreshed():
                self._check_old(entry.old)
                return entry.new != self._old[entry.old]
            case BaseReplaced():
                return _comparable(entry.base) != _comparable(self.snapshot())
            case OperationStarted():
                # a read changes no object: one that is lost is begun anew
                return entry.type != "reading"
            case OperationFailed():
                return False

    def _complete(self, entry: StepCompleted) -> None:
        if entry.op is not None:
            self._end_operation(entry.op)
        if entry.old is not None:
            self._check_old(entry.old)
            self._old[entry.old] = entry.old_becomes
        if entry.finished:
            self._remove(entry.finished)
        if entry.new is not None:
            self._finished[entry.new.urn] = len(self._new)
            self._new.append(entry.new)

    def _remove(self, urn: str) -> None:
        self._new[self._position(urn)] = None
        del self._finished[urn]

    def _end_operation(self, op: int) -> None:
        if self._pending.pop(op, None) is None:
            raise ValueError(f"operation {op} ends without having begun")

    def _check_old(self, old: int) -> None:
        if not 0 <= old < len(self._old):
            raise ValueError(f"the base has no record number {old}")

    def _position(self, urn: str) -> int:
        if urn not in self._finished:
            raise ValueError(f"{urn} was not finished in this run")
        return self._finished[urn]

    def snapshot(self) -> Snapshot:
        """The snapshot as it stands: finished records in order of completion, then the rest of the base in its order.

        Of the operations that were under way before, only creations outlive a write: only a person knows what became
        of them. A kill in a refresh comes before the run has mended what points to records that are gone: done here.
        """
        creating = [op for op in self._base.pending_operations if op.type == "creating"]
        snapshot = resolve_aliases(
            Snapshot(
                resources=tuple(
                    record for record in (*self._new, *self._old) if record is not None
                ),
                pending_operations=(*self._pending.values(), *creating),
                metadata=self._base.metadata,
                extra=self._base.extra,
            )
        )
        if self._has_lost_records:
            return replace(snapshot, resources=prune_references(snapshot.resources))
        return snapshot


def _comparable(snapshot: Snapshot) -> object:
    # as the run mends it: an empty list of dependencies is as good as none
    return prune_references(snapshot.resources), snapshot.pending_operations


def replay(base: Snapshot, entries: Sequence[JournalEntry]) -> Snapshot:
    """The snapshot after these entries; without any, the base as it is."""
    folding = JournalReplay(base)
    for entry in entries:
        folding.add(entry)
    return folding.snapshot() if entries else base
