"""The entries of a run's journal, and the snapshot that follows from them; reads and writes no files.

A run starts from a base snapshot. Each entry says what happened to it. `replay` is a pure function: it gives the
snapshot after any number of entries, so also the one that a killed run left. An entry names a record of the base by
its position, because two records may have the same URN.
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
    """A provider is about to be called; this entry is flushed to disk before the call."""

    op: int
    type: OperationType
    resource: Resource


@dataclass(frozen=True, slots=True)
class StepCompleted:
    """A step succeeded, with or without a call of a provider.

    Base record `old` is removed, or replaced by `old_becomes`. Record `new` is added after the records that were
    finished before.

    `op` is None for a step that called no provider, such as `same`. `significant` is False if the step changed nothing
    that must be saved: the entry alone need not be flushed. `finished` is the URN of a record that an earlier step of
    this run finished, and that is removed now instead of a base record (an import that is updated at once, a record
    that the program of a destroy registered).
    """

    op: int | None
    old: int | None
    new: Resource | None
    old_becomes: Resource | None = None
    significant: bool = True
    finished: str = ""


@dataclass(frozen=True, slots=True)
class OperationFailed:
    """An operation failed and changed no record; it is no longer pending."""

    op: int


@dataclass(frozen=True, slots=True)
class RecordChanged:
    """A record that this run finished, named by its URN, was changed.

    It got the outputs of a component or the stack, or a mark for deletion.
    """

    urn: str
    new: Resource


@dataclass(frozen=True, slots=True)
class RecordRefreshed:
    """Base record `old` was refreshed: `new` takes its place, or it no longer exists (`new` is None)."""

    old: int
    new: Resource | None


@dataclass(frozen=True, slots=True)
class BaseReplaced:
    """The run continues from another base (after a refresh phase); positions now refer to this snapshot."""

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
    """Writes entries. `write` returns when the entry is as durable as its type needs."""

    def write(self, entry: JournalEntry) -> None:
        """Write one entry; raises OSError if that is not possible."""
        ...


class JournalReplay:
    """Applies entries one by one. The cost of an entry does not depend on the size of the stack.

    Only one thread at a time may use it.
    """

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
        """Apply one entry; raises ValueError if it contradicts the entries before it."""
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
        """Whether this entry changes the state; raises ValueError as `add`."""
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
                # a read changes nothing: if it is lost, it is done again
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
        """The snapshot after the entries so far: finished records in order of completion, then the rest of the base.

        Of the operations that were pending before this run only creations stay, because only a person can know how
        they ended. If a refresh was killed, references to records that no longer exist may be left: they are removed.
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
    # without references to missing records, as at the end of a run; an empty list of dependencies counts as none
    return prune_references(snapshot.resources), snapshot.pending_operations


def replay(base: Snapshot, entries: Sequence[JournalEntry]) -> Snapshot:
    """The snapshot after these entries; the base itself if there are none."""
    journal_replay = JournalReplay(base)
    for entry in entries:
        journal_replay.add(entry)
    return journal_replay.snapshot() if entries else base
