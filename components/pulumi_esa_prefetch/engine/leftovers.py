"""What becomes of records that the program has not named: kept, deleted in layers, looked up; registers nothing."""

from collections.abc import Callable, Sequence

from pulumi_esa_prefetch.engine.deletions import (
    Deletion,
    deletions,
    layers,
    spared,
)
from pulumi_esa_prefetch.engine.executor import Executor
from pulumi_esa_prefetch.engine.generator import Generator
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.machinery import Machinery
from pulumi_esa_prefetch.engine.steps import asks_provider
from pulumi_esa_prefetch.engine.targets import Scope
from pulumi_esa_prefetch.engine.urns import DYNAMIC_PACKAGE, package_of


class Leftovers:
    """Comes after the program's end; `errored` gives what has failed so far."""

    def __init__(
        self,
        machinery: Machinery,
        scope: Scope,
        generator: Generator,
        executor: Executor,
        errored: Callable[[], list[Old]],
    ) -> None:
        self._machinery = machinery
        self._scope = scope
        self._generator = generator
        self._executor = executor
        self._errored = errored

    def delete(self) -> bool:
        """Delete it, dependents first; whether it was allowed."""
        self._executor.drain()
        ledger, book = self._machinery.ledger, self._generator.book
        allowed = self._scope.deletable(ledger)
        if self._scope.targets.constrained:
            self._generator.ask_dependents(allowed or set())
        kept, going = deletions(book, ledger, allowed)
        strange = self._strange([step.urn for step in going])
        if strange and not self._machinery.request.dry_run:
            return False
        self._load_providers(going)
        self._executor.submit(kept).result()
        for layer in layers(going):
            left = set(spared(ledger, self._errored(), going))
            self._executor.layer([step for step in layer if step in left])
        return not strange

    def _load_providers(self, going: Sequence[Deletion]) -> None:
        # A missing plugin is told before anything is deleted, in a preview too; the dynamic host is never missing.
        find = self._machinery.ledger.provider_record
        for step in going:
            record = step.old.record
            dynamic = package_of(record.type) == DYNAMIC_PACKAGE
            if asks_provider(record) and not dynamic:
                self._machinery.registry.ensure(record.provider, find)

    def _strange(self, urns: Sequence[str]) -> list[str]:
        if self._machinery.request.target_dependents:
            return []
        strange = [urn for urn in urns if not self._scope.targets.contains(urn)]
        for urn in strange:
            self._machinery.telling.error(
                f"Resource '{urn}' will be destroyed but was not specified in --target "
                "list.\nEither include resource in --target list or pass "
                "--target-dependents to proceed.",
                urn,
            )
        return strange
