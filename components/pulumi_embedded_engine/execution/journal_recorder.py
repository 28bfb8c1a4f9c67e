"""Writes the journal entries of each step; those of a `deletedWith` resource wait for its container."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_values import equal
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.state_references import with_references_in
from pulumi_embedded_engine.model.urns import provider_urn
from pulumi_embedded_engine.run.resource_index import (
    PreviousState,
    ResourceIndex,
    references_of,
)
from pulumi_embedded_engine.state.journal import (
    JournalEntry,
    JournalWriter,
    OperationFailed,
    OperationStarted,
    RecordChanged,
    RecordRefreshed,
    StepCompleted,
)
from pulumi_embedded_engine.steps.read_steps import ReadStep, RefreshStep
from pulumi_embedded_engine.steps.steps import (
    CreateStep,
    DeleteStep,
    ReplaceStep,
    SameStep,
    SkipStep,
    Step,
    StepResult,
)


@dataclass
class _DeferredDelete:
    """A record that is kept for now; `becomes` is what it turns into later (None: it is deleted)."""

    old: PreviousState
    becomes: Resource | None

    @property
    def urn(self) -> str:
        return self.old.record.urn

    def final_entry(self) -> JournalEntry:
        position = self.old.position
        finished = self.urn if position is None else ""
        return StepCompleted(None, position, None, self.becomes, finished=finished)

    def without_reference(self, urn: str) -> JournalEntry | None:
        """Remove references to that record; returns the journal entry, or None if there was no reference."""
        needed = references_of(self.old.record, parent=True, provider=False)
        if urn not in needed:
            return None
        record = with_references_in(self.old.record, needed - {urn})
        if self.becomes is not None:
            self.becomes = with_references_in(self.becomes, needed - {urn})
        position = self.old.position
        self.old = PreviousState(record, position)
        if position is None:
            return RecordChanged(record.urn, record)
        return StepCompleted(None, position, None, record)


class DeferredDeletes:
    """Deletes that wait until the object's container is deleted; safe from any thread.

    `has_other_record` tells whether a URN has another record in this run.
    """

    def __init__(self, has_other_record: Callable[[str], bool]) -> None:
        self._has_other_record = has_other_record
        self._lock = threading.Lock()
        self._deleted_urns: set[str] = set()
        # by the URN of the container
        self._waiting: dict[str, list[_DeferredDelete]] = {}

    def defer(
        self, old: PreviousState, becomes: Resource | None, container: str
    ) -> bool:
        """Keep a record until its container is deleted; False if the container is already deleted."""
        with self._lock:
            if not container or container in self._deleted_urns:
                return False
            self._waiting.setdefault(container, []).append(
                _DeferredDelete(old, becomes)
            )
            return True

    def container_of_provider(self, provider: str) -> str:
        """The container that a record of this provider waits for; the provider's record must be kept as long."""
        with self._lock:
            for container, some in self._waiting.items():
                if any(
                    provider_urn(one.old.record.provider) == provider for one in some
                ):
                    return container
        return ""

    def entries_before_delete(
        self, urn: str, becomes: Resource | None
    ) -> list[JournalEntry]:
        """The entries to write before a record is deleted (or turns into `becomes`).

        They delete the records that waited for it, and remove references to it.
        """
        with self._lock:
            return [*self._released(urn), *self._pruned_entries(urn, becomes)]

    def _released(self, urn: str) -> Iterator[JournalEntry]:
        self._deleted_urns.add(urn)
        waiting = self._waiting.get(urn, [])
        while waiting:
            deferred = waiting.pop(0)
            yield from self._released(deferred.urn)
            yield from self._pruned_entries(deferred.urn, deferred.becomes)
            yield deferred.final_entry()
        self._waiting.pop(urn, None)

    def _pruned_entries(
        self, urn: str, becomes: Resource | None
    ) -> Iterator[JournalEntry]:
        if becomes is not None or self._has_other_record(urn):
            return
        for deferred in [one for some in self._waiting.values() for one in some]:
            entry = deferred.without_reference(urn)
            if entry is not None:
                yield entry


_COMPARED_FIELDS = (
    "urn",
    "type",
    "custom",
    "custom_timeouts",
    "retain_on_delete",
    "provider",
    "parent",
    "deleted_with",
    "replace_with",
    "protect",
    "inputs",
    "outputs",
)


class JournalRecorder:
    """Keeps the resource index and the journal in agreement: one entry for each fact, from any thread."""

    def __init__(self, journal: JournalWriter | None, resources: ResourceIndex) -> None:
        self._journal = journal
        self._resources = resources
        self._numbers = itertools.count(1)
        self._in_order = threading.Lock()
        self._deferred_deletes = DeferredDeletes(resources.new_records.__contains__)

    def begin(self, step: Step) -> int | None:
        """Before a provider is called: write that the operation is pending; returns its number."""
        if self._journal is None or step.pending is None:
            return None
        number = next(self._numbers)
        self._write(OperationStarted(number, step.pending, step.record))
        return number

    def fail(self, number: int | None) -> None:
        """The operation ended without an effect: it is no longer pending."""
        if number is not None:
            self._write(OperationFailed(number))

    def with_current_records(self, step: ReplaceStep) -> ReplaceStep:
        """The replacement with its records as its create and delete have left them."""
        new = self._resources.new_records.get(step.urn, step.new)
        position = step.old.position
        return replace(
            step,
            old=step.old if position is None else self._resources.at(position),
            new=new,
        )

    def complete(self, number: int | None, step: Step, result: StepResult) -> None:
        """A step is done: record its result."""
        if isinstance(step, ReplaceStep | SkipStep):
            return
        if isinstance(step, RefreshStep):
            self._refreshed(step.old, result.record)
        elif isinstance(step, DeleteStep):
            self._deleted(number, step, result)
        else:
            self._finished(number, step, result)

    def update(self, record: Resource) -> None:
        """Record new outputs of a finished record, unless it was deleted in the meantime.

        EngineError if the entry cannot be written.
        """
        if record.urn not in self._resources.new_records:
            return
        self._resources.new_records[record.urn] = record
        try:
            self._write(RecordChanged(record.urn, record))
        except OSError as error:
            raise EngineError(
                f"the outputs of {record.urn} cannot be written down: {error}"
            ) from None

    def _refreshed(self, old: PreviousState, record: Resource | None) -> None:
        # A base record was read again: this is its new content, or it no longer exists.
        if old.position is None:
            return
        if record is None:
            self._resources.missing.add(old.position)
        else:
            self._resources.set_record(old, record)
        self._write(RecordRefreshed(old.position, record))

    def _deleted(
        self, number: int | None, step: DeleteStep, result: StepResult
    ) -> None:
        old, becomes = step.old, result.old_becomes
        if old.position is None:
            del self._resources.new_records[old.record.urn]
        elif becomes is not None:
            self._resources.set_record(old, becomes)
        container = result.container or self._deferred_deletes.container_of_provider(
            old.record.urn
        )
        if self._deferred_deletes.defer(old, becomes, container):
            self.fail(number)
            return
        with self._in_order:
            for entry in self._deferred_deletes.entries_before_delete(
                old.record.urn, becomes
            ):
                self._write(entry)
        self._write(_done_entry(number, old, None, becomes))

    def _finished(self, number: int | None, step: Step, result: StepResult) -> None:
        record, old = result.record, step.old
        becomes = result.old_becomes
        if (
            isinstance(step, CreateStep)
            and old is not None
            and old.position is not None
        ):
            becomes = self._replaced(step, old.position)
        elif old is not None and becomes is not None:
            self._resources.set_record(old, becomes)
        quiet = isinstance(step, SameStep | ReadStep)
        significant = not quiet or _changed(step.old, record)
        if record is not None:
            self._resources.new_records[record.urn] = record
        self._write(_done_entry(number, old, record, becomes, significant=significant))

    def _replaced(self, step: CreateStep, position: int) -> Resource | None:
        # An object was deleted before its replacement was created: now that the new one exists, the old record goes.
        # If an earlier run did that deletion, the provider is called once more at the end: it may not have been
        # complete.
        now = self._resources.base[position]
        marked = now.with_(delete=True)
        if step.keep_old or not now.pending_replacement:
            self._resources.base[position] = marked
        return None if now.pending_replacement else marked

    def _write(self, entry: JournalEntry) -> None:
        # No lock here: threads that write at the same time share one flush.
        if self._journal is not None:
            self._journal.write(entry)


def _done_entry(
    number: int | None,
    old: PreviousState | None,
    record: Resource | None,
    becomes: Resource | None,
    *,
    significant: bool = True,
) -> StepCompleted:
    position = old.position if old else None
    finished = old.record.urn if old and old.position is None else ""
    return StepCompleted(number, position, record, becomes, significant, finished)


def _changed(old: PreviousState | None, record: Resource | None) -> bool:
    if old is None or record is None:
        return True
    before = old.record
    if any(not equal(getattr(before, f), getattr(record, f)) for f in _COMPARED_FIELDS):
        return True
    if sorted(before.dependencies) != sorted(record.dependencies):
        return True
    return _sorted_dependencies(before) != _sorted_dependencies(record)


def _sorted_dependencies(record: Resource) -> dict[str, list[str]]:
    return {k: sorted(v) for k, v in record.property_dependencies.items() if v}
