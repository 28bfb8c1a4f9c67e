"""A refresh over the whole state: which records are looked up, what the state is afterwards; reads nothing."""

from collections.abc import Iterable, Sequence

from pulumi_esa_prefetch.engine.ledger import Ledger, needs
from pulumi_esa_prefetch.engine.mending import sound
from pulumi_esa_prefetch.engine.reads import Refresh
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.targets import Scope


def refreshes(ledger: Ledger, scope: Scope) -> list[Refresh]:
    """The records to look up, in the order of the state."""
    chosen: list[Refresh] = []
    for old in ledger.all():
        included = scope.includes(old.record)
        scope.note(old.record, included=included)
        if included:
            chosen.append(Refresh(old))
    return chosen


def rebuilt(
    records: Sequence[Resource], gone: set[int], finished: Iterable[str] = ()
) -> list[Resource | None]:
    """The state with None for the records at these positions; nothing points there any more.

    Children of what is gone have no parent until the program registers them again. URNs in `finished` stand elsewhere.
    """
    standing = set(finished)
    kept: list[Resource | None] = []
    for index, record in enumerate(records):
        if index in gone:
            kept.append(None)
        else:
            kept.append(sound(record, standing))
            standing.add(record.urn)
    return kept


def equal_references(old: Resource, new: Resource) -> bool:
    """Whether two states of a record point to the same others."""
    return needs(old, parent=True) == needs(new, parent=True)
