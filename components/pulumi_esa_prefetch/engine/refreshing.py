"""The phase that looks up what the state records, before or without the program; changes nothing at providers."""

from collections.abc import Sequence

from pulumi_esa_prefetch.engine.executor import Executor
from pulumi_esa_prefetch.engine.journal import Rebased
from pulumi_esa_prefetch.engine.machinery import Machinery
from pulumi_esa_prefetch.engine.reads import Refresh
from pulumi_esa_prefetch.engine.records import Snapshot
from pulumi_esa_prefetch.engine.refresh import (
    rebuilt,
    refreshes,
)
from pulumi_esa_prefetch.engine.rules import Bail
from pulumi_esa_prefetch.engine.steps import Step, asks_provider
from pulumi_esa_prefetch.engine.targets import Scope, Targets, missing_targets


def scope_of(machinery: Machinery) -> Scope:
    """What the request is about."""
    request = machinery.request
    return Scope(
        request.targets,
        request.spares,
        target_dependents=request.target_dependents,
    )


def refuse_unrecorded(machinery: Machinery, *asked: Targets) -> None:
    """Bail if the command line names records that the state does not have."""
    known = {record.urn for record in machinery.ledger.base}
    for targets in asked:
        if refuse_unknown(machinery, targets, known):
            raise Bail("one or more targets could not be found in the stack")


def refuse_unknown(machinery: Machinery, targets: Targets, known: set[str]) -> bool:
    """Tell which URNs of the command line nobody has heard of; whether there are some."""
    missing = missing_targets(targets, known)
    for urn in missing:
        hint = "" if "$" in urn else " Did you forget to escape $ in your shell?"
        machinery.telling.error(
            f"Target '{urn}' could not be found in the stack.{hint}"
        )
    return bool(missing)


def refresh_phase(machinery: Machinery) -> bool:
    """Look up all records the request is about and go on from what was found; whether all could be read."""
    ledger = machinery.ledger
    if not ledger.base:
        return True
    scope = scope_of(machinery)
    refuse_unrecorded(machinery, scope.targets)
    good = do_refreshes(machinery, refreshes(ledger, scope))
    if not machinery.cancellation.aborted:
        _rebase(machinery)
    return good


def do_refreshes(machinery: Machinery, steps: Sequence[Refresh]) -> bool:
    """Do these refreshes, all of them whatever fails; whether all went well."""
    ledger, failed = machinery.ledger, list[Step]()
    for step in steps:
        if asks_provider(step.old.record):
            reference = step.old.record.provider
            machinery.registry.ensure(reference, ledger.provider_record)

    def perform(step: Step) -> bool:
        if machinery.performer.perform(step) is not None:
            failed.append(step)
        return True

    executor = Executor(machinery.request.parallel, perform)
    machinery.cancellation.when_requested(executor.stop)
    executor.layer(steps)
    executor.join()
    return not failed


def _rebase(machinery: Machinery) -> None:
    ledger = machinery.ledger
    records = [r for r in rebuilt(ledger.base, ledger.gone) if r is not None]
    ledger.rebase(records)
    base = machinery.context.base
    pending = tuple(o for o in base.pending_operations if o.type == "creating")
    if machinery.request.clear_pending_creates:
        pending = ()
    if machinery.journal is not None:
        snapshot = Snapshot(tuple(records), pending, base.metadata)
        machinery.journal.write(Rebased(snapshot))
