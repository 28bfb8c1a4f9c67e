"""What differs between a registration and its record: options, provider, the provider's answer; makes no steps."""

from pulumi_esa_prefetch.engine.checks import Checks
from pulumi_esa_prefetch.engine.diff import NO_DIFF, Diff
from pulumi_esa_prefetch.engine.providers import Call, DiffUnavailable
from pulumi_esa_prefetch.engine.reads import ask_diff
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.urns import provider_urn
from pulumi_esa_prefetch.engine.values import equal
from pulumi_esa_prefetch.engine.wanted import Wanted
from pulumi_esa_prefetch.engine.work import Work


class Comparison:
    """Asks in the order of what counts most."""

    def __init__(self, work: Work, checks: Checks) -> None:
        self._work = work
        self._book = work.book
        self._checks = checks

    def replace_asked(self, wanted: Wanted) -> bool:
        """Whether the command line, or a mark in the state, asks for a replacement."""
        asked = self._work.replace
        if asked.constrained and asked.contains(wanted.urn):
            return True
        return wanted.old is not None and wanted.old.record.taint

    def diff(self, wanted: Wanted, old: Resource) -> Diff:
        """What differs."""
        asked = self._asked(wanted, old)
        if asked:
            return Diff("some", replaces=[asked])
        new = wanted.new
        if wanted.provider is None:
            inputs = self._checks.ignoring(new, old)
            return NO_DIFF if equal(old.inputs, inputs) else Diff("some")
        call = Call.on(
            old.with_(urn=new.urn),
            inputs=new.inputs,
            ignore_changes=new.ignore_changes,
            preview=self._work.dry_run,
        )
        try:
            return ask_diff(wanted.provider, call)
        except DiffUnavailable as error:
            self._work.telling.warn(str(error), new.urn)
            return Diff("some")

    def _asked(self, wanted: Wanted, old: Resource) -> str:
        new, replaced = wanted.new, self._book.replaced
        if self.replace_asked(wanted):
            return "id"
        if any(map(replaced, new.replace_with)):
            return "replaceWith"
        if replaced(new.deleted_with):
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
        provider = self._work.registry.get(new.provider)
        before = self._work.ledger.old(old_urn)
        after = self._book.providers.get(new_urn)
        if provider is None or before is None or after is None:
            return True
        earlier = before.record.with_(urn=new_urn)
        call = Call.on(earlier, inputs=after.inputs, preview=True)
        return provider.diff_config(call).replacing
