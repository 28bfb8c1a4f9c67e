"""The steps of a replacement, in both orders; asks providers only who else must go."""

from concurrent.futures import Future
from dataclasses import replace

from pulumi_embedded_engine.model.diff import Diff, with_replace_on_changes
from pulumi_embedded_engine.model.property_values import UNKNOWN
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import provider_urn
from pulumi_embedded_engine.planning.comparison import (
    checked,
    delete_first,
    replace_asked,
)
from pulumi_embedded_engine.planning.urn_claims import Wanted
from pulumi_embedded_engine.providers.provider import Call
from pulumi_embedded_engine.run.resource_index import Old
from pulumi_embedded_engine.run.run_state import Fate, Work
from pulumi_embedded_engine.steps.read_steps import ask_diff
from pulumi_embedded_engine.steps.steps import Create, Delete, Replace, Step

Keys = tuple[str, ...]


def dependents_of(work: Work, root: Old) -> list[tuple[Old, Keys]]:
    """All records to be deleted before `root`: those that need it, in the state's order, then those bound to it.

    With each the inputs that are the reason.
    """
    if root.index is None:
        return []
    urn = root.record.urn
    ledger, decided = work.ledger, work.book.fates
    behind = ledger.depending_on(root.index, decided.__contains__, children=False)
    going = {urn}
    found: list[tuple[Old, Keys]] = []
    for old in behind:
        keys = _reason(work, old.record, going)
        if keys is not None:
            going.add(old.record.urn)
            found.append((old, keys))
    return [*found, *((old, ()) for old in behind if _bound(old.record, urn))]


def _reason(work: Work, record: Resource, going: set[str]) -> Keys | None:
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


def replacement(work: Work, wanted: Wanted, old: Old, diff: Diff) -> list[Step]:
    """The steps, once nothing speaks against it."""
    _refuse(work, wanted, old)
    work.book.fates[wanted.urn] = Fate("replace")
    if wanted.provider is not None and not replace_asked(work, wanted):
        # The new object is another one: nothing of the old one's inputs may be taken over.
        asked = wanted.goal.record.inputs
        inputs = checked(work, wanted.provider, wanted.new, asked, {})
        wanted = wanted.with_(new=wanted.new.with_(inputs=inputs))
    if not delete_first(wanted.goal, diff):
        return _created(wanted, old, diff, keep_old=True)
    steps = _told(work, [*_delete_dependents(work, old), *_delete(work, old)], old)
    create, whole = _created(wanted, old, diff)
    return [*steps, whole, create]


def recreation(work: Work, wanted: Wanted, old: Old) -> list[Step]:
    """The steps for what was deleted earlier in this run, because something it needs was deleted first."""
    why = Diff("some", replaces=work.book.fates[wanted.urn].keys)
    work.book.fates[wanted.urn] = Fate("replace")
    create, _ = _created(wanted, old, why)
    return [Replace(old=old, new=wanted.new), create]


def adoption(work: Work, wanted: Wanted, old: Old) -> list[Step]:
    """The steps for what somebody else managed until now: made anew, the other one is forgotten."""
    work.book.fates[wanted.urn] = Fate("create")
    return _created(wanted, old, None, keep_old=True)


def _created(
    wanted: Wanted, old: Old, why: Diff | None, *, keep_old: bool = False
) -> list[Step]:
    new = wanted.new
    create = Create(
        new=new,
        reply=wanted.reply,
        old=old,
        why=why,
        replacing=True,
        keep_old=keep_old,
    )
    return [create, Replace(old=old, new=new, why=why)]


def _told(work: Work, steps: list[Delete], root: Old) -> list[Delete]:
    """Let the last deletion tell those that wait to be made anew: one within another is gone only with that."""
    waiting = {step.urn for step in steps if step.recreated} - {root.record.urn}
    if not waiting:
        return steps
    gone = Future[bool]()
    for urn in waiting:
        work.book.wait(urn, gone)
    return [*steps[:-1], replace(steps[-1], gone=gone)]


def _delete_dependents(work: Work, old: Old) -> list[Delete]:
    steps: list[Delete] = []
    for target, keys in reversed(dependents_of(work, old)):
        urn = target.record.urn
        if target.index is None or target.index in work.book.deleted_early:
            continue
        if target.record.protect and not target.record.delete:
            message = _protected_dependent(urn, old.record.urn)
            work.telling.bail(message, urn)
        work.book.delete(urn, keys)
        work.book.deleted_early.add(target.index)
        again = not target.record.delete
        steps.append(Delete(old=target, replacing=again, recreated=again))
    return steps


def _delete(work: Work, old: Old) -> list[Delete]:
    if old.record.pending_replacement:
        return []
    work.book.delete(old.record.urn)
    return [Delete(old=old, replacing=True, recreated=True)]


def _refuse(work: Work, wanted: Wanted, old: Old) -> None:
    urn = wanted.urn
    if wanted.new.protect and old.record.protect:
        work.telling.refuse(_protected(urn), urn)
    if wanted.goal.record.import_id:
        work.telling.warn_or_bail(
            "previously-imported resources that still specify an ID may not be "
            "replaced; please remove the `import` declaration from your program",
            urn,
        )


def _protected(urn: str) -> str:
    return (
        f'unable to replace resource "{urn}"\nas it is currently marked for '
        "protection. To unprotect the resource, remove the `protect` flag from the "
        "resource in your Pulumi program and run `up`"
    )


def _protected_dependent(urn: str, cause: str) -> str:
    return (
        f'unable to replace resource "{urn}" as part of replacing "{cause}" as it is '
        "currently marked for protection. To unprotect the resource, remove the "
        "`protect` flag from the resource in your Pulumi program and run `up`, or use "
        f"the command:\n`pulumi state unprotect '{urn}'`"
    )
