"""The phase that looks up what the state records, before or without the program; changes nothing at providers."""

from collections.abc import Sequence

from pulumi_esa_prefetch.engine.executor import Executor
from pulumi_esa_prefetch.engine.journal import Rebased
from pulumi_esa_prefetch.engine.ledger import Ledger, mended
from pulumi_esa_prefetch.engine.machinery import Machinery
from pulumi_esa_prefetch.engine.reads import Refresh
from pulumi_esa_prefetch.engine.records import Snapshot
from pulumi_esa_prefetch.engine.steps import Step, asks_provider
from pulumi_esa_prefetch.engine.targets import Scope, Targets, missing_targets
from pulumi_esa_prefetch.engine.work import Bail


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
        machinery.telling.failed = True
        hint = "" if "$" in urn else " Did you forget to escape $ in your shell?"
        machinery.telling.error(
            f"Target '{urn}' could not be found in the stack.{hint}"
        )
    return bool(missing)


def refresh_phase(machinery: Machinery) -> None:
    """Look up all records the request is about, whatever fails, and go on from what was found."""
    ledger = machinery.ledger
    if not ledger.base:
        return
    scope = Scope.of(machinery.request)
    refuse_unrecorded(machinery, scope.targets)
    _do_refreshes(machinery, refreshes(ledger, scope))
    if not machinery.cancellation.aborted:
        _rebase(machinery)


def refreshes(ledger: Ledger, scope: Scope) -> list[Refresh]:
    """The records to look up, in the order of the state."""
    chosen: list[Refresh] = []
    for old in ledger.all():
        included = scope.includes(old.record)
        scope.note(old.record, included=included)
        if included:
            chosen.append(Refresh(old=old, new=old.record))
    return chosen


def _do_refreshes(machinery: Machinery, steps: Sequence[Refresh]) -> None:
    for step in steps:
        if asks_provider(step.new):
            machinery.registry.of(step.new)

    def perform(step: Step) -> bool:
        if machinery.performer.perform(step) is not None:
            machinery.telling.failed = True
        return True

    executor = Executor(machinery.request.parallel, perform)
    machinery.cancellation.when_requested(executor.stop)
    executor.layer(steps)
    executor.join()


def _rebase(machinery: Machinery) -> None:
    ledger = machinery.ledger
    records = mended(ledger.base, ledger.gone)
    ledger.rebase(records)
    base = machinery.context.base
    pending = tuple(o for o in base.pending_operations if o.type == "creating")
    if machinery.request.clear_pending_creates:
        pending = ()
    if machinery.journal is not None:
        machinery.journal.write(Rebased(Snapshot(records, pending, base.metadata)))
