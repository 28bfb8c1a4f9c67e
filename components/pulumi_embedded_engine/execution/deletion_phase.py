"""What becomes of records that the program has not named: kept, deleted in layers, looked up; registers nothing."""

from collections.abc import Callable, Mapping, Sequence

from pulumi_embedded_engine.execution.step_runner import Executor
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import DYNAMIC_PACKAGE, package_of
from pulumi_embedded_engine.planning.replacement import dependents_of
from pulumi_embedded_engine.run.resource_index import Ledger, Old, needs
from pulumi_embedded_engine.run.run_state import Book, Work
from pulumi_embedded_engine.steps.steps import (
    Delete,
    Forget,
    Same,
    asks_provider,
    untouched,
)

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
    depths = _depths([step.old.record for step in steps])
    groups: list[list[Deletion]] = [[] for _ in range(max(depths, default=-1) + 1)]
    for step, depth in zip(steps, depths, strict=True):
        groups[depth].append(step)
    return groups[::-1]


def _depths(records: Sequence[Resource]) -> list[int]:
    """How many groups must go after each; `records` are in the order of the state: each needs earlier ones only."""
    parents = {record.urn: record.parent for record in records}
    components = {record.urn for record in records if not record.custom}
    own: dict[str, int] = {}
    below: dict[str, int] = {}  # the deepest of all in a component
    found = []
    for record in records:
        before = [own.get(record.parent, -1)]
        for urn in needs(record, parent=False):
            before.append(own.get(urn, -1))
            if urn in components:
                before.append(below.get(urn, -1))
        depth = max(before) + 1
        found.append(depth)
        own[record.urn] = max(depth, own.get(record.urn, -1))
        above = record.parent
        while above and below.get(above, -1) < depth:
            below[above] = depth
            above = parents.get(above, "")
    return found


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


def delete_leftovers(
    work: Work, executor: Executor, errored: Callable[[], list[Old]]
) -> None:
    """Delete it, dependents first, once the program has ended; `errored` gives what has failed so far."""
    executor.drain()
    ledger, scope = work.ledger, work.scope
    allowed = scope.deletable(ledger)
    if scope.targets.constrained:
        _ask_dependents(work, allowed or set())
    kept, going = deletions(work.book, ledger, allowed)
    if _refused(work, going) and not work.dry_run:
        return
    _load_providers(work, going)
    executor.submit(kept).result()
    for layer in layers(going):
        left = set(spared(ledger, errored(), going))
        executor.layer([step for step in layer if step in left])


def _ask_dependents(work: Work, urns: set[str]) -> None:
    # before targets are deleted, as the CLI does: the answers change nothing
    for old in list(work.ledger.all()):
        if old.record.urn in urns:
            dependents_of(work, old)


def _load_providers(work: Work, going: Sequence[Deletion]) -> None:
    # A missing plugin is told before anything is deleted, in a preview too; the dynamic host is never missing.
    for step in going:
        record = step.record
        if asks_provider(record) and package_of(record.type) != DYNAMIC_PACKAGE:
            work.registry.of(record)


def _refused(work: Work, going: Sequence[Deletion]) -> bool:
    scope = work.scope
    if scope.target_dependents:
        return False
    strange = [step.urn for step in going if not scope.targets.contains(step.urn)]
    for urn in strange:
        work.telling.failed = True
        work.telling.error(
            f"Resource '{urn}' will be destroyed but was not specified in --target "
            "list.\nEither include resource in --target list or pass "
            "--target-dependents to proceed.",
            urn,
        )
    return bool(strange)
