"""What differs between a registration and its record: options, provider, the provider's answer; makes no steps."""

from pulumi_esa_prefetch.engine.checks import ignoring
from pulumi_esa_prefetch.engine.diff import NO_DIFF, Diff
from pulumi_esa_prefetch.engine.providers import Call, DiffUnavailable
from pulumi_esa_prefetch.engine.reads import ask_diff
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.urns import provider_urn
from pulumi_esa_prefetch.engine.values import equal
from pulumi_esa_prefetch.engine.wanted import Wanted
from pulumi_esa_prefetch.engine.work import Work


def replace_asked(work: Work, wanted: Wanted) -> bool:
    """Whether the command line, or a mark in the state, asks for a replacement."""
    asked = work.replace
    if asked.constrained and asked.contains(wanted.urn):
        return True
    return wanted.old is not None and wanted.old.record.taint


def difference(work: Work, wanted: Wanted, old: Resource) -> Diff:
    """What differs."""
    asked = _asked(work, wanted, old)
    if asked:
        return Diff("some", replaces=[asked])
    new = wanted.new
    if wanted.provider is None:
        inputs = ignoring(work, new, old)
        return NO_DIFF if equal(old.inputs, inputs) else Diff("some")
    call = Call.on(
        old.with_(urn=new.urn),
        inputs=new.inputs,
        ignore_changes=new.ignore_changes,
        preview=work.dry_run,
    )
    try:
        return ask_diff(wanted.provider, call)
    except DiffUnavailable as error:
        work.telling.warn(str(error), new.urn)
        return Diff("some")


def _asked(work: Work, wanted: Wanted, old: Resource) -> str:
    new, replaced = wanted.new, work.book.replaced
    if replace_asked(work, wanted):
        return "id"
    if any(map(replaced, new.replace_with)):
        return "replaceWith"
    if replaced(new.deleted_with):
        return "deletedWith"
    return "provider" if _provider_changed(work, old, new) else ""


def _provider_changed(work: Work, old: Resource, new: Resource) -> bool:
    if old.provider == new.provider:
        return False
    if not old.provider or not new.provider:
        return True
    old_urn, new_urn = provider_urn(old.provider), provider_urn(new.provider)
    if work.book.renamed_to.get(old_urn) == new_urn:
        return False
    provider = work.registry.get(new.provider)
    before = work.ledger.old(old_urn)
    after = work.book.providers.get(new_urn)
    if provider is None or before is None or after is None:
        return True
    earlier = before.record.with_(urn=new_urn)
    call = Call.on(earlier, inputs=after.inputs, preview=True)
    return provider.diff_config(call).replacing
