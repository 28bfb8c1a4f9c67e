"""What differs between a registration, as its provider wants it, and its record, and what follows; makes no steps."""

import json
from typing import Any, Literal

from pulumi_embedded_engine.model.diff import NO_DIFF, Diff
from pulumi_embedded_engine.model.events import Diagnostic
from pulumi_embedded_engine.model.goals import Goal
from pulumi_embedded_engine.model.property_paths import ignored
from pulumi_embedded_engine.model.property_values import (
    UNKNOWN,
    Properties,
    Secret,
    equal,
    has_unknown,
    reveal,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import name_of, provider_urn
from pulumi_embedded_engine.planning.urn_claims import Wanted
from pulumi_embedded_engine.providers.provider import (
    Call,
    DiffUnavailable,
    Failure,
    ResourceProvider,
)
from pulumi_embedded_engine.run.run_state import Bail, Work
from pulumi_embedded_engine.steps.read_steps import ask_diff


def checked(
    work: Work,
    provider: ResourceProvider,
    record: Resource,
    inputs: Properties,
    old: Properties,
) -> Properties:
    """The inputs as the provider wants them; Bail if it refuses some, for nothing that depends on it could be right."""
    call = Call(record.urn, old_inputs=old, inputs=inputs, preview=work.dry_run)
    answer = provider.check(call)
    for failure in answer.failures:
        work.telling.error(_sentence(record, failure, inputs), record.urn)
    if answer.failures:
        raise Bail(f"resource {record.urn} is invalid")
    return answer.inputs


def ignoring(work: Work, new: Resource, old: Resource) -> Properties:
    """The new inputs with the old values where the program says that changes do not count."""
    inputs, strange = ignored(new.inputs, old.inputs, new.ignore_changes)
    if strange:
        paths = ", ".join(strange)
        message = (
            f'cannot ignore changes in added or removed elements of the path: "{paths}"'
        )
        work.telling(Diagnostic("info", message, new.urn))
    return inputs


def _sentence(record: Resource, failure: Failure, inputs: Properties) -> str:
    subject = f"{record.type} resource '{name_of(record.urn)}'"
    if not failure.property:
        return f"{subject} has a problem: {failure.reason}"
    value = _shown(inputs.get(failure.property))
    return (
        f"{subject}: property {failure.property} value {{{value}}} has a problem: "
        f"{failure.reason}"
    )


def _shown(value: Any) -> str:
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return "unknown"
    if value is None:
        return "<nil>"
    return value if isinstance(value, str) else json.dumps(value, default=_inner)


def _inner(value: Any) -> str:
    return "[secret]" if isinstance(value, Secret) else "unknown"


Decision = Literal["same", "update", "replace"]


def trigger_changed(new: Any, old: Any) -> bool:
    """Whether the option replacementTrigger asks for a replacement: both are there and differ, or cannot be known."""
    if has_unknown(new) or has_unknown(old):
        return True
    # the CLI 3.260 takes a secret one of the state for none: it looks before it decrypts
    if new is None or old is None or isinstance(old, Secret):
        return False
    return not equal(reveal(new), reveal(old))


def decide(diff: Diff, old: Resource, *, triggered: bool) -> Decision:
    """What a diff, already narrowed by the resource's options, leads to."""
    if diff.changes == "some" or old.pending_replacement:
        replacing = diff.replacing or triggered or old.pending_replacement
        return "replace" if replacing else "update"
    # An object that did not become ready is updated until it does.
    return "update" if old.init_errors else "same"


def delete_first(goal: Goal, diff: Diff) -> bool:
    """Whether a replacement deletes before it creates: the program's word over the provider's."""
    if goal.delete_before_replace is not None:
        return goal.delete_before_replace
    return diff.delete_before_replace


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
