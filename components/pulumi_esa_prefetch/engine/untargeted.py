"""Records that an operation with targets leaves as they are, in the order they must be kept in; asks no provider."""

from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.goals import Reply
from pulumi_esa_prefetch.engine.ledger import Ledger, Old, needs
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.steps import Same, Step
from pulumi_esa_prefetch.engine.targets import Scope


class Untargeted:
    """A record may only refer to earlier ones: what a kept or changed record needs is kept before it."""

    def __init__(
        self, book: Book, ledger: Ledger, scope: Scope, registry: Registry
    ) -> None:
        self._book = book
        self._ledger = ledger
        self._scope = scope
        self._registry = registry
        self._queue: list[Same] = []

    def kept(self, old: Old, reply: Reply) -> list[Step]:
        """The steps that keep a registered record with all it needs."""
        provider = old.record.provider
        if provider and self._registry.get(provider) is None:
            self._refuse_new_provider(old.record)
        return self._closure(old, reply)

    def _closure(self, old: Old, reply: Reply | None) -> list[Step]:
        record = old.record
        if record.delete:
            return []
        self._book.urns.add(record.urn)
        self._book.sames.add(record.urn)
        steps: list[Step] = []
        for urn in sorted(needs(record, parent=True)):
            if self._book.decided(urn) or self._book.operated_on(urn):
                continue
            needed = self._ledger.old(urn)
            if needed is None:
                raise EngineError(
                    f"{urn}, which untargeted resource {record.urn} needs, is not in "
                    "the state"
                )
            steps += self._closure(needed, None)
        steps.append(Same(old, record.with_(id=""), reply, untouched=True))
        return steps

    def queue_needs(self, record: Resource) -> None:
        """Keep what a targeted record needs, should the program not have registered it."""
        if self._scope.targets.constrained:
            for urn in sorted(needs(record, parent=True, provider=False)):
                self._enqueue(urn)

    def queue_provider(self, record: Resource) -> None:
        """Keep a provider record that the program did not register."""
        old = self._ledger.old(record.urn)
        if old is not None and record.urn not in self._book.untouched:
            self._book.untouched.add(record.urn)
            self._queue.append(Same(old, record.with_(id=""), untouched=True))

    def take(self) -> list[Step]:
        """What was queued and still has no step."""
        queued, self._queue = self._queue, []
        steps: list[Step] = []
        for step in queued:
            if not self._book.decided(step.urn) and not self._book.operated_on(
                step.urn
            ):
                self._book.urns.add(step.urn)
                self._book.sames.add(step.urn)
                steps.append(step)
        return steps

    def _enqueue(self, urn: str) -> None:
        if self._book.decided(urn) or urn in self._book.untouched:
            return
        old = self._ledger.old(urn)
        if old is None:
            return
        self._book.untouched.add(urn)
        for needed in sorted(needs(old.record, parent=True)):
            self._enqueue(needed)
        self._queue.append(Same(old, old.record.with_(id=""), untouched=True))

    def _refuse_new_provider(self, record: Resource) -> None:
        if self._ledger.provider_record(record.provider) is None:
            raise EngineError(f"could not find provider {record.provider} in the state")
        raise EngineError(
            f"provider {record.provider} for resource {record.urn} has not been "
            "registered yet, due to a change of providers mixed with --target; change "
            "your program back to the original providers"
        )
