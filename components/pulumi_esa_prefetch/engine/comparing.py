"""What differs between a registration and its record: options, provider, the provider's answer; makes no steps."""

from pulumi_esa_prefetch.engine.book import Book
from pulumi_esa_prefetch.engine.checks import Checks
from pulumi_esa_prefetch.engine.decide import trigger_changed
from pulumi_esa_prefetch.engine.diff import NO_DIFF, Diff
from pulumi_esa_prefetch.engine.events import Diagnostic
from pulumi_esa_prefetch.engine.ledger import Ledger
from pulumi_esa_prefetch.engine.providers import Call, DiffUnavailable
from pulumi_esa_prefetch.engine.reads import ask_diff
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.rules import Rules, Tell
from pulumi_esa_prefetch.engine.targets import Targets
from pulumi_esa_prefetch.engine.urns import provider_urn
from pulumi_esa_prefetch.engine.values import equal
from pulumi_esa_prefetch.engine.wanted import Wanted


class Comparison:
    """Asks in the order of what counts most."""

    def __init__(
        self,
        rules: Rules,
        book: Book,
        ledger: Ledger,
        registry: Registry,
        checks: Checks,
        tell: Tell,
    ) -> None:
        self._dry_run = rules.dry_run
        self._replace = Targets(rules.replace)
        self._book = book
        self._ledger = ledger
        self._registry = registry
        self._checks = checks
        self._tell = tell

    def replace_asked(self, wanted: Wanted) -> bool:
        """Whether the command line, or a mark in the state, asks for a replacement."""
        asked = self._replace.constrained and self._replace.contains(wanted.urn)
        return asked or (wanted.old is not None and wanted.old.record.taint)

    def triggered(self, new: Resource, old: Resource) -> bool:
        """Whether the option replacementTrigger asks for a replacement."""
        return trigger_changed(new.replacement_trigger, old.replacement_trigger)

    def diff(self, wanted: Wanted, old: Resource) -> Diff:
        """What differs."""
        asked = self._asked(wanted, old)
        if asked:
            return Diff("some", replaces=[asked])
        new = wanted.new
        if wanted.provider is None:
            inputs = self._checks.ignoring(new, old)
            return NO_DIFF if equal(old.inputs, inputs) else Diff("some")
        call = Call(
            new.urn,
            old.id,
            old.inputs,
            old.outputs,
            new.inputs,
            new.ignore_changes,
            preview=self._dry_run,
        )
        try:
            return ask_diff(wanted.provider, call)
        except DiffUnavailable as error:
            self._tell(Diagnostic("warning", str(error), new.urn))
            return Diff("some")

    def _asked(self, wanted: Wanted, old: Resource) -> str:
        new, replaces = wanted.new, self._book.replaces
        if self.replace_asked(wanted):
            return "id"
        if not replaces.isdisjoint(new.replace_with):
            return "replaceWith"
        if new.deleted_with in replaces:
            return "deletedWith"
        return "provider" if self._provider_changed(old, new) else ""

    def _provider_changed(self, old: Resource, new: Resource) -> bool:
        if old.provider == new.provider:
            return False
        if not old.provider or not new.provider:
            return True
        old_urn, new_urn = provider_urn(old.provider), provider_urn(new.provider)
        if self._book.renamed_to.get(old_urn) == new_urn:
            return False
        provider = self._registry.get(new.provider)
        before = self._ledger.old(old_urn)
        after = self._book.providers.get(new_urn)
        if provider is None or before is None or after is None:
            return True
        call = Call(
            new_urn,
            before.record.id,
            before.record.inputs,
            before.record.outputs,
            after.inputs,
            preview=True,
        )
        return provider.diff_config(call).replacing
