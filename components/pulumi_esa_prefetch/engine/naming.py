"""Giving each registration its URN, and finding the record it had; makes no steps."""

from collections.abc import Sequence

from pulumi_esa_prefetch.engine.aliases import Aliases
from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import Diagnostic
from pulumi_esa_prefetch.engine.goals import Alias
from pulumi_esa_prefetch.engine.ledger import Ledger, Old
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.rules import Bail, Rules, Tell
from pulumi_esa_prefetch.engine.urns import make_urn


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
            self._refuse(
                urn, f"Duplicate resource URN '{urn}'; try giving it a unique name"
            )
        self._book.urns.add(urn)
        return urn

    def find(
        self, urn: str, name: str, type_: str, parent: str, aliases: Sequence[Alias]
    ) -> tuple[Old | None, str]:
        """The record of that URN, or of the first alias that has one, and that alias."""
        taken = self._book.renamed_to.get(urn)
        if taken:
            self._refuse(
                urn,
                f"Duplicate resource URN '{urn}' conflicting with alias on resource "
                f"with URN '{taken}'",
            )
        old = self._ledger.old(urn)
        if old is not None:
            return old, ""
        for alias in self._aliases.candidates(name, type_, parent, aliases):
            old = self._ledger.old(alias)
            if old is not None:
                self._take(urn, alias)
                return old, alias if alias != urn else ""
        return None, ""

    def _take(self, urn: str, alias: str) -> None:
        if alias == urn:
            return
        other = self._book.renamed_to.get(alias)
        if alias in self._book.urns or other:
            self._refuse(
                urn,
                f"Duplicate resource alias '{alias}' applied to resource with URN "
                f"'{urn}' conflicting with resource with URN '{other or alias}'",
            )
        self._book.renamed_to[alias] = urn
        self._book.renamed[urn] = alias
        self._registry.rename(urn, alias)

    def _refuse(self, urn: str, message: str) -> None:
        self._tell(Diagnostic("error", message, urn))
        raise Bail(message)
