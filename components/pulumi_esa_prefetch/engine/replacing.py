"""Who else must go when an object is deleted before its replacement exists; deletes nothing."""

from dataclasses import dataclass

from pulumi_esa_prefetch.engine.diff import with_replace_on_changes
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.providers import Call
from pulumi_esa_prefetch.engine.reads import ask_diff
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.urns import provider_urn
from pulumi_esa_prefetch.engine.values import UNKNOWN
from pulumi_esa_prefetch.engine.work import Work


@dataclass(frozen=True, slots=True)
class Dependent:
    """A record that is deleted too, and the inputs that are the reason."""

    old: Old
    keys: tuple[str, ...] = ()


def dependents_of(work: Work, root: Old) -> list[Dependent]:
    """All records to be deleted before `root`: those that need it, in the state's order, then those bound to it."""
    if root.index is None:
        return []
    urn = root.record.urn
    ledger, decided = work.ledger, work.book.fates
    behind = ledger.depending_on(root.index, decided.__contains__, children=False)
    going = {urn}
    found: list[Dependent] = []
    for old in behind:
        keys = _reason(work, old.record, going)
        if keys is not None:
            going.add(old.record.urn)
            found.append(Dependent(old, keys))
    bound = (Dependent(old) for old in behind if _bound(old.record, urn))
    return [*found, *bound]


def _reason(work: Work, record: Resource, going: set[str]) -> tuple[str, ...] | None:
    if not record.custom or record.external:
        return None
    if record.provider and provider_urn(record.provider) in going:
        return ()
    if record.deleted_with in going:
        return ()
    inputs = _without(record, going)
    if inputs is None:
        return None
    ignored = record.ignore_changes
    call = Call.on(record, inputs=inputs, ignore_changes=ignored, preview=True)
    diff = ask_diff(work.registry.of(record), call)
    diff = with_replace_on_changes(diff, record.replace_on_changes, init_errors=False)
    return tuple(diff.replaces) if diff.replacing else None


def _bound(record: Resource, root: str) -> bool:
    return record.deleted_with == root or root in record.replace_with


def _without(record: Resource, going: set[str]) -> dict[str, object] | None:
    lost = {
        key
        for key in record.inputs
        if not going.isdisjoint(record.property_dependencies.get(key, ()))
    }
    if not lost:
        return None
    return {
        key: UNKNOWN if key in lost else value for key, value in record.inputs.items()
    }
