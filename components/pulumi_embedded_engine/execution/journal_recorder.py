"""What a step leaves in the journal, and what waits there for its container to go; calls no provider."""

import itertools
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_values import equal
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.state_references import sound
from pulumi_embedded_engine.model.urns import provider_urn
from pulumi_embedded_engine.run.resource_index import Ledger, Old, needs
from pulumi_embedded_engine.state.journal import (
    Amended,
    Begin,
    Done,
    Entry,
    Failed,
    JournalWriter,
    Refreshed,
)
from pulumi_embedded_engine.steps.read_steps import ReadExternal, Refresh
from pulumi_embedded_engine.steps.steps import (
    Applied,
    Create,
    Delete,
    Replace,
    Same,
    Skip,
    Step,
)


@dataclass
class _Held:
    """A record that stays for now, what it becomes then (None: it goes), and the entry that says so."""

    old: Old
    becomes: Resource | None

    @property
    def urn(self) -> str:
        return self.old.record.urn

    def released(self) -> Entry:
        index = self.old.index
        finished = self.urn if index is None else ""
        return Done(None, index, None, self.becomes, finished=finished)

    def without(self, urn: str) -> Entry | None:
        """Point to that record no more; the entry that says so, None if it never did."""
        needed = needs(self.old.record, parent=True, provider=False)
        if urn not in needed:
            return None
        record = sound(self.old.record, needed - {urn})
        if self.becomes is not None:
            self.becomes = sound(self.becomes, needed - {urn})
        index = self.old.index
        self.old = Old(record, index)
        if index is None:
            return Amended(record.urn, record)
        return Done(None, index, None, record)


class Withheld:
    """Safe from any thread; `standing` tells whether a URN has another record in this run."""

    def __init__(self, standing: Callable[[str], bool]) -> None:
        self._standing = standing
        self._lock = threading.Lock()
        self._gone: set[str] = set()
        self._waiting: dict[str, list[_Held]] = {}  # by their container's URN

    def hold(self, old: Old, becomes: Resource | None, container: str) -> bool:
        """Keep a record until its container is gone; False if that is so already."""
        with self._lock:
            if not container or container in self._gone:
                return False
            self._waiting.setdefault(container, []).append(_Held(old, becomes))
            return True

    def served(self, provider: str) -> str:
        """The container that a record of this provider waits for: the provider's record waits with it."""
        with self._lock:
            for container, some in self._waiting.items():
                if any(
                    provider_urn(one.old.record.provider) == provider for one in some
                ):
                    return container
        return ""

    def before(self, urn: str, becomes: Resource | None) -> list[Entry]:
        """What to write before a record goes (or turns into `becomes`): what goes with it, what pointed to it."""
        with self._lock:
            return [*self._released(urn), *self._mended(urn, becomes)]

    def _released(self, urn: str) -> Iterator[Entry]:
        self._gone.add(urn)
        waiting = self._waiting.get(urn, [])
        while waiting:
            held = waiting.pop(0)
            yield from self._released(held.urn)
            yield from self._mended(held.urn, held.becomes)
            yield held.released()
        self._waiting.pop(urn, None)

    def _mended(self, urn: str, becomes: Resource | None) -> Iterator[Entry]:
        if becomes is not None or self._standing(urn):
            return
        for held in [one for some in self._waiting.values() for one in some]:
            entry = held.without(urn)
            if entry is not None:
                yield entry


_SAVED = (
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


class Recording:
    """Keeps ledger and journal in step: one entry for each fact, from any thread."""

    def __init__(self, journal: JournalWriter | None, ledger: Ledger) -> None:
        self._journal = journal
        self._ledger = ledger
        self._numbers = itertools.count(1)
        self._in_order = threading.Lock()
        self._withheld = Withheld(ledger.news.__contains__)

    def begin(self, step: Step) -> int | None:
        """Before a provider is called: the number under which the operation is pending."""
        if self._journal is None or step.pending is None:
            return None
        number = next(self._numbers)
        self._write(Begin(number, step.pending, step.record))
        return number

    def fail(self, number: int | None) -> None:
        """The operation had no effect that must be remembered."""
        if number is not None:
            self._write(Failed(number))

    def halved(self, step: Replace) -> Replace:
        """The replacement with its records as its halves have left them by now."""
        new = self._ledger.news.get(step.urn, step.new)
        index = step.old.index
        return replace(
            step, old=step.old if index is None else self._ledger.at(index), new=new
        )

    def done(self, number: int | None, step: Step, applied: Applied) -> None:
        """A step is done: its records are as it left them."""
        if isinstance(step, Replace | Skip):
            return
        if isinstance(step, Refresh):
            self._refreshed(step.old, applied.record)
        elif isinstance(step, Delete):
            self._deleted(number, step, applied)
        else:
            self._finished(number, step, applied)

    def amend(self, record: Resource) -> None:
        """A finished record has got other outputs, unless it was deleted meanwhile.

        EngineError if that cannot be written down.
        """
        if record.urn not in self._ledger.news:
            return
        self._ledger.news[record.urn] = record
        try:
            self._write(Amended(record.urn, record))
        except OSError as error:
            raise EngineError(
                f"the outputs of {record.urn} cannot be written down: {error}"
            ) from None

    def _refreshed(self, old: Old, record: Resource | None) -> None:
        # a base record was looked up: these are its contents now, or it is gone
        if old.index is None:
            return
        if record is None:
            self._ledger.gone.add(old.index)
        else:
            self._ledger.become(old, record)
        self._write(Refreshed(old.index, record))

    def _deleted(self, number: int | None, step: Delete, applied: Applied) -> None:
        old, becomes = step.old, applied.old_becomes
        if old.index is None:
            del self._ledger.news[old.record.urn]
        elif becomes is not None:
            self._ledger.become(old, becomes)
        within = applied.within or self._withheld.served(old.record.urn)
        if self._withheld.hold(old, becomes, within):
            self.fail(number)
            return
        with self._in_order:
            for entry in self._withheld.before(old.record.urn, becomes):
                self._write(entry)
        self._write(_done(number, old, None, becomes))

    def _finished(self, number: int | None, step: Step, applied: Applied) -> None:
        record, old = applied.record, step.old
        becomes = applied.old_becomes
        if isinstance(step, Create) and old is not None and old.index is not None:
            becomes = self._replaced(step, old.index)
        elif old is not None and becomes is not None:
            self._ledger.become(old, becomes)
        quiet = isinstance(step, Same | ReadExternal)
        significant = not quiet or _changed(step.old, record)
        if record is not None:
            self._ledger.news[record.urn] = record
        self._write(_done(number, old, record, becomes, significant=significant))

    def _replaced(self, step: Create, index: int) -> Resource | None:
        # The record of an object that was deleted first goes now that its successor is there. If that deletion was
        # an earlier run's, the provider is asked once more at the end: nobody can be sure that it was complete.
        now = self._ledger.base[index]
        marked = now.with_(delete=True)
        if step.keep_old or not now.pending_replacement:
            self._ledger.base[index] = marked
        return None if now.pending_replacement else marked

    def _write(self, entry: Entry) -> None:
        # no lock here: threads that write at once share one flush
        if self._journal is not None:
            self._journal.write(entry)


def _done(
    number: int | None,
    old: Old | None,
    record: Resource | None,
    becomes: Resource | None,
    *,
    significant: bool = True,
) -> Done:
    index = old.index if old else None
    finished = old.record.urn if old and old.index is None else ""
    return Done(number, index, record, becomes, significant, finished)


def _changed(old: Old | None, record: Resource | None) -> bool:
    if old is None or record is None:
        return True
    before = old.record
    if any(not equal(getattr(before, f), getattr(record, f)) for f in _SAVED):
        return True
    if sorted(before.dependencies) != sorted(record.dependencies):
        return True
    return _listed(before) != _listed(record)


def _listed(record: Resource) -> dict[str, list[str]]:
    return {k: sorted(v) for k, v in record.property_dependencies.items() if v}
