"""What plan and steps of one run share: what it is about, what is recorded, what was decided; decides nothing."""

from dataclasses import dataclass
from datetime import datetime

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.ledger import Ledger
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.targets import Scope, Targets
from pulumi_esa_prefetch.engine.telling import Telling


@dataclass(frozen=True, slots=True)
class Work:
    """One run's; in a `dry_run` nothing may be changed; `replace` is what its user wants to replace in any case."""

    stack: str
    project: str
    dry_run: bool
    replace: Targets
    scope: Scope
    book: Book
    ledger: Ledger
    registry: Registry
    telling: Telling
    clock: Clock

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()
