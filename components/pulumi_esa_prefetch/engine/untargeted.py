"""Records that an operation with targets leaves as they are, in the order they must be kept in; asks no provider."""

from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.goals import Reply
from pulumi_esa_prefetch.engine.ledger import Old, needs
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.steps import Same, Step, untouched
from pulumi_esa_prefetch.engine.work import Work


class Untargeted:
    """A record may only refer to earlier ones: what a kept or changed record needs is kept before it."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._book, self._ledger = work.book, work.ledger
        self._queue: list[Same] = []
        self._queued: set[str] = set()

    def kept(self, old: Old, reply: Reply) -> list[Step]:
        """The steps that keep a registered record with all it needs."""
        provider = old.record.provider
        if provider and self._work.registry.get(provider) is None:
            self._refuse_new_provider(old.record)
        return self._closure(old, reply)

    def _closure(self, old: Old, reply: Reply | None) -> list[Step]:
        record = old.record
        if record.delete:
            return []
        self._book.claimed.add(record.urn)
        self._book.keep(record.urn)
        steps: list[Step] = []
        for urn in sorted(needs(record, parent=True)):
            if self._settled(urn):
                continue
            needed = self._ledger.old(urn)
            if needed is None:
                raise EngineError(
                    f"{urn}, which untargeted resource {record.urn} needs, is not in "
                    "the state"
                )
            steps += self._closure(needed, None)
        steps.append(untouched(old, reply))
        return steps

    def queue_needs(self, record: Resource) -> None:
        """Keep what a targeted record needs, should the program not have registered it."""
        if self._work.scope.targets.constrained:
            for urn in sorted(needs(record, parent=True, provider=False)):
                self._enqueue(urn)

    def queue_provider(self, record: Resource) -> None:
        """Keep a provider record that the program did not register."""
        old = self._ledger.old(record.urn)
        if old is not None and record.urn not in self._queued:
            self._queued.add(record.urn)
            self._queue.append(untouched(Old(record, old.index)))

    def take(self) -> list[Step]:
        """What was queued and still has no step."""
        queued, self._queue = self._queue, []
        steps: list[Step] = []
        for step in queued:
            if not self._settled(step.urn):
                self._book.claimed.add(step.urn)
                self._book.keep(step.urn)
                steps.append(step)
        return steps

    def _settled(self, urn: str) -> bool:
        return urn in self._book.fates or self._book.lives(urn)

    def _enqueue(self, urn: str) -> None:
        old = self._ledger.old(urn)
        if old is None or urn in self._book.fates or urn in self._queued:
            return
        self._queued.add(urn)
        for needed in sorted(needs(old.record, parent=True)):
            self._enqueue(needed)
        self._queue.append(untouched(old))

    def _refuse_new_provider(self, record: Resource) -> None:
        if self._ledger.provider_record(record.provider) is None:
            raise EngineError(f"could not find provider {record.provider} in the state")
        raise EngineError(
            f"provider {record.provider} for resource {record.urn} has not been "
            "registered yet, due to a change of providers mixed with --target; change "
            "your program back to the original providers"
        )
