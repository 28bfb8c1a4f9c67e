"""What steps may use while they are done: providers, the clock, what else is being deleted; holds no decisions."""

from datetime import datetime

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.ledger import Ledger
from pulumi_esa_prefetch.engine.providers import ResourceProvider
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.urns import is_provider_type


class RunWork:
    """One run's, used by all workers; `deletes` is the generator's own set."""

    def __init__(
        self, registry: Registry, ledger: Ledger, clock: Clock, *, dry_run: bool
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._clock = clock
        self._dry_run = dry_run
        self.deletes: set[str] = set()

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be changed."""
        return self._dry_run

    def provider(self, record: Resource) -> ResourceProvider:
        """The provider of a record, made ready from the state if the program has not registered it."""
        if is_provider_type(record.type):
            return self._registry
        return self._registry.ensure(record.provider, self._ledger.provider_record)

    def same_provider(self, record: Resource) -> None:
        """Make a provider record that has not changed ready."""
        self._registry.same(record)

    def deleting(self, urn: str) -> bool:
        """Whether this run deletes that URN."""
        return urn in self.deletes

    def now(self) -> datetime:
        """The present moment."""
        return self._clock.now()
