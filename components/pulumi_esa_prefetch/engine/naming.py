"""Giving each registration its URN, and finding the record it had; makes no steps."""

from dataclasses import dataclass

from pulumi_esa_prefetch.engine.aliases import Aliases
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.goals import Goal
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.urns import make_urn
from pulumi_esa_prefetch.engine.work import Work


@dataclass(frozen=True, slots=True)
class Found:
    """What is recorded of a resource, under which other name, and whether nobody else has claimed that name."""

    old: Old | None
    alias: str = ""
    valid: bool = True


class Naming:
    """Every URN is given once in a run, every record found once."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._book, self._ledger = work.book, work.ledger
        self._aliases = Aliases(work.stack, work.project, work.book.renamed)

    def claim(self, parent: str, type_: str, name: str) -> str:
        """The URN of a resource that is registered now."""
        claimed, work = self._book.claimed, self._work
        if parent and parent not in claimed:
            raise EngineError(f"could not find parent resource {parent}")
        urn = make_urn(work.stack, work.project, parent, type_, name)
        if urn in claimed:
            message = f"Duplicate resource URN '{urn}'; try giving it a unique name"
            work.telling.bail(message, urn)
        claimed.add(urn)
        return urn

    def find(self, urn: str, goal: Goal) -> Found:
        """The record of that URN, or of the first alias that has one."""
        taken = self._book.renamed_to.get(urn)
        if taken:
            self._work.telling.error(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource "
                f"with URN '{taken}'",
                urn,
            )
        old = self._ledger.old(urn)
        if old is not None:
            return Found(old, valid=not taken)
        for alias in self._aliases.candidates(
            goal.name, goal.record.type, goal.record.parent, goal.aliases
        ):
            old = self._ledger.old(alias)
            if old is not None:
                free = self._take(urn, alias)
                return Found(old, alias, valid=free and not taken)
        return Found(None, valid=not taken)

    def _take(self, urn: str, alias: str) -> bool:
        other = self._book.renamed_to.get(alias)
        free = alias not in self._book.claimed and not other
        if not free:
            self._work.telling.error(
                f"Duplicate resource alias '{alias}' applied to resource with URN "
                f"'{urn}' conflicting with resource with URN '{other or alias}'",
                urn,
            )
        self._book.renamed_to[alias] = urn
        self._book.renamed[urn] = alias
        self._work.registry.rename(urn, alias)
        return free
