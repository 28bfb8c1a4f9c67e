"""What becomes of records that the program has not named: kept, deleted in layers, looked up; registers nothing."""

from collections.abc import Callable, Sequence

from pulumi_esa_prefetch.engine.deletions import (
    Deletion,
    deletions,
    layers,
    spared,
)
from pulumi_esa_prefetch.engine.executor import Executor
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.replacing import dependents_of
from pulumi_esa_prefetch.engine.steps import asks_provider
from pulumi_esa_prefetch.engine.urns import DYNAMIC_PACKAGE, package_of
from pulumi_esa_prefetch.engine.work import Work


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
