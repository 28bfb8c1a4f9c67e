"""What goes after the program has ended, and in which order; deletes nothing itself."""

from collections.abc import Mapping, Sequence

from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.ledger import Ledger, Old, needs
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.removals import Delete, Forget
from pulumi_esa_prefetch.engine.steps import Same, untouched

Deletion = Delete | Forget


def deletions(
    book: Book, ledger: Ledger, allowed: set[str] | None
) -> tuple[list[Same], list[Deletion]]:
    """Records that stay as they are although the program has not named them, and the deletions of the rest."""
    kept: list[Same] = []
    going: list[Deletion] = []
    for old in ledger.all():
        urn = old.record.urn
        if allowed is not None and urn not in allowed:
            if not book.lives(urn):
                kept.append(untouched(old))
            continue
        step = _deletion(book, old)
        if step is not None:
            book.delete(urn)
            going.append(step)
    return kept, going


def _deletion(book: Book, old: Old) -> Deletion | None:
    record = old.record
    if record.delete:
        early = old.index in book.deleted_early
        return None if early else Delete(old=old, replacing=True)
    if book.lives(record.urn):
        return None
    return Forget(old=old) if record.pending_replacement else Delete(old=old)


def layers(steps: Sequence[Deletion]) -> list[list[Deletion]]:
    """The deletions in groups, dependents first; the members of a group do not need each other."""
    order = _Order([step.old.record for step in steps])
    depth = [order.depth(position) for position in range(len(steps))]
    groups: list[list[Deletion]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for position, step in enumerate(steps):
        groups[depth[position]].append(step)
    return groups[::-1]


class _Order:
    def __init__(self, records: Sequence[Resource]) -> None:
        # `records` are in the order of the state: a record needs earlier ones only.
        self._places: dict[str, list[int]] = {}
        self._below: dict[str, int] = {}  # depth of a component with all its children
        self._parents = {record.urn: record.parent for record in records}
        self._custom = {record.urn: record.custom for record in records}
        self._depths: list[int] = []
        for record in records:
            self._add(record)

    def depth(self, position: int) -> int:
        """How many groups must go after this one."""
        return self._depths[position]

    def _add(self, record: Resource) -> None:
        needed = needs(record, parent=False)
        depths = [self._subtree(urn) for urn in needed]
        if record.parent in self._places:
            depths.append(self._own(record.parent))
        depth = max(depths, default=-1) + 1
        self._places.setdefault(record.urn, []).append(len(self._depths))
        self._depths.append(depth)
        self._raise(record.urn, depth)

    def _own(self, urn: str) -> int:
        return max((self._depths[p] for p in self._places.get(urn, ())), default=-1)

    def _subtree(self, urn: str) -> int:
        if self._custom.get(urn, True):
            return self._own(urn)
        return max(self._own(urn), self._below.get(urn, -1))

    def _raise(self, urn: str, depth: int) -> None:
        seen: set[str] = set()
        parent = self._parents.get(urn, "")
        while parent and parent not in seen and self._below.get(parent, -1) < depth:
            seen.add(parent)
            self._below[parent] = depth
            parent = self._parents.get(parent, "")


def spared(
    ledger: Ledger, failed: Sequence[Old], steps: Sequence[Deletion]
) -> list[Deletion]:
    """The deletions left when all stays that a failed record still needs."""
    if not failed:
        return list(steps)
    records = _by_key(ledger, steps)
    kept: set[_Key] = set()
    frontier = [old.record for old in failed]
    while frontier:
        record = frontier.pop()
        for urn in needs(record, parent=True):
            key = _meant(record, urn, records)
            if key not in kept and key in records:
                kept.add(key)
                frontier.append(records[key])
    return [step for step in steps if _key(step.old.record) not in kept]


_Key = tuple[str, bool]


def _key(record: Resource) -> _Key:
    return record.urn, record.delete


def _meant(record: Resource, urn: str, records: Mapping[_Key, Resource]) -> _Key:
    # Of two records of one URN the replaced one is needed by what is replaced, the other by the rest.
    own = urn, record.delete
    return own if own in records else (urn, not record.delete)


def _by_key(ledger: Ledger, steps: Sequence[Deletion]) -> dict[_Key, Resource]:
    records = {_key(old.record): old.record for old in ledger.all()}
    finished = (step.old.record for step in steps if step.old.index is None)
    return {**records, **{_key(record): record for record in finished}}
