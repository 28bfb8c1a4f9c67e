"""Giving each registration its URN, and finding the record it had; makes no steps."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_esa_prefetch.engine.aliases import Aliases
from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import Diagnostic
from pulumi_esa_prefetch.engine.goals import Alias
from pulumi_esa_prefetch.engine.ledger import Ledger, Old
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.rules import Bail, Rules, Tell
from pulumi_esa_prefetch.engine.urns import make_urn


@dataclass(frozen=True, slots=True)
class Found:
    """What is recorded of a resource, under which other name, and whether nobody else has claimed that name."""

    old: Old | None
    alias: str = ""
    valid: bool = True


class Naming:
    """Every URN is given once in a run, every record found once."""

    def __init__(
        self, rules: Rules, book: Book, ledger: Ledger, registry: Registry, tell: Tell
    ) -> None:
        self._rules = rules
        self._book = book
        self._ledger = ledger
        self._registry = registry
        self._tell = tell
        self._aliases = Aliases(rules.stack, rules.project, book.renamed)

    def claim(self, parent: str, type_: str, name: str) -> str:
        """The URN of a resource that is registered now."""
        if parent and parent not in self._book.urns:
            raise EngineError(f"could not find parent resource {parent}")
        urn = make_urn(self._rules.stack, self._rules.project, parent, type_, name)
        if urn in self._book.urns:
            message = f"Duplicate resource URN '{urn}'; try giving it a unique name"
            self._tell(Diagnostic("error", message, urn))
            raise Bail(message)
        self._book.urns.add(urn)
        return urn

    def find(
        self, urn: str, name: str, type_: str, parent: str, aliases: Sequence[Alias]
    ) -> Found:
        """The record of that URN, or of the first alias that has one."""
        taken = self._book.renamed_to.get(urn)
        if taken:
            self._conflict(
                urn,
                f"Duplicate resource URN '{urn}' conflicting with alias on resource "
                f"with URN '{taken}'",
            )
        old = self._ledger.old(urn)
        if old is not None:
            return Found(old, valid=not taken)
        for alias in self._aliases.candidates(name, type_, parent, aliases):
            old = self._ledger.old(alias)
            if old is not None:
                free = self._take(urn, alias)
                return Found(old, alias, valid=free and not taken)
        return Found(None, valid=not taken)

    def _take(self, urn: str, alias: str) -> bool:
        other = self._book.renamed_to.get(alias)
        free = alias not in self._book.urns and not other
        if not free:
            self._conflict(
                urn,
                f"Duplicate resource alias '{alias}' applied to resource with URN "
                f"'{urn}' conflicting with resource with URN '{other or alias}'",
            )
        self._book.renamed_to[alias] = urn
        self._book.renamed[urn] = alias
        self._registry.rename(urn, alias)
        return free

    def _conflict(self, urn: str, message: str) -> None:
        self._tell(Diagnostic("error", message, urn))
