"""Decides between update, replacement and no change, by comparing a registration with its record; makes no steps."""

import json
from collections.abc import Callable
from typing import Any, Literal

from pulumi_embedded_engine.model.diff import NO_DIFF, Diff
from pulumi_embedded_engine.model.events import Diagnostic
from pulumi_embedded_engine.model.goals import Goal
from pulumi_embedded_engine.model.property_paths import reset_ignored
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
from pulumi_embedded_engine.planning.urn_claims import Registration
from pulumi_embedded_engine.providers.provider import (
    CheckFailure,
    CheckResult,
    DiffUnavailable,
    ProviderCall,
)
from pulumi_embedded_engine.run.run_state import RunAborted, RunState
from pulumi_embedded_engine.steps.read_steps import diff_from_provider


def check_inputs(
    run_state: RunState,
    check: Callable[[ProviderCall], CheckResult],
    record: Resource,
    inputs: Properties,
    old: Properties,
) -> Properties:
    """The inputs as the provider returns them from `check`.

    RunAborted if it rejects some: nothing that depends on the resource could be right.
    """
    call = ProviderCall(
        record.urn, old_inputs=old, inputs=inputs, preview=run_state.dry_run
    )
    answer = check(call)
    for failure in answer.failures:
        run_state.events.error(_failure_message(record, failure, inputs), record.urn)
    if answer.failures:
        raise RunAborted(f"resource {record.urn} is invalid")
    return answer.inputs


def inputs_with_ignored_changes(
    run_state: RunState, new: Resource, old: Resource
) -> Properties:
    """The new inputs, with the old values at the paths of the option ignoreChanges."""
    inputs, unmatched = reset_ignored(new.inputs, old.inputs, new.ignore_changes)
    if unmatched:
        paths = ", ".join(unmatched)
        message = (
            f'cannot ignore changes in added or removed elements of the path: "{paths}"'
        )
        run_state.events.send(Diagnostic("info", message, new.urn))
    return inputs


def _failure_message(
    record: Resource, failure: CheckFailure, inputs: Properties
) -> str:
    subject = f"{record.type} resource '{name_of(record.urn)}'"
    if not failure.property:
        return f"{subject} has a problem: {failure.reason}"
    value = _displayed(inputs.get(failure.property))
    return (
        f"{subject}: property {failure.property} value {{{value}}} has a problem: "
        f"{failure.reason}"
    )


def _displayed(value: Any) -> str:
    if isinstance(value, Secret):
        return "[secret]"
    if value is UNKNOWN:
        return "unknown"
    if value is None:
        return "<nil>"
    return (
        value
        if isinstance(value, str)
        else json.dumps(value, default=_displayed_inside)
    )


def _displayed_inside(value: Any) -> str:
    return "[secret]" if isinstance(value, Secret) else "unknown"


StepKind = Literal["same", "update", "replace"]


def replacement_triggered(new: Any, old: Any) -> bool:
    """Whether the option replacementTrigger asks for a replacement: its values differ, or one is unknown."""
    if has_unknown(new) or has_unknown(old):
        return True
    # As CLI 3.260: a secret trigger in the state counts as none, because it is compared before it is decrypted.
    if new is None or old is None or isinstance(old, Secret):
        return False
    return not equal(reveal(new), reveal(old))


def step_kind(diff: Diff, old: Resource, *, triggered: bool) -> StepKind:
    """The kind of step that follows from a diff; the resource's options are already applied to the diff."""
    if diff.changes == "some" or old.pending_replacement:
        replacing = diff.replacing or triggered or old.pending_replacement
        return "replace" if replacing else "update"
    # An object that failed to initialize is updated until it succeeds.
    return "update" if old.init_errors else "same"


def deletes_before_replace(goal: Goal, diff: Diff) -> bool:
    """Whether a replacement deletes before it creates; the program's option overrides the provider's answer."""
    if goal.delete_before_replace is not None:
        return goal.delete_before_replace
    return diff.delete_before_replace


def replacement_requested(run_state: RunState, registration: Registration) -> bool:
    """Whether the command line (--replace), or a taint mark in the state, asks for a replacement."""
    asked = run_state.replace
    if asked.constrained and asked.contains(registration.urn):
        return True
    return registration.old is not None and registration.old.record.taint


def diff_of(run_state: RunState, registration: Registration, old: Resource) -> Diff:
    """The difference between registration and record."""
    asked = _replace_reason(run_state, registration, old)
    if asked:
        return Diff("some", replaces=[asked])
    new = registration.new
    if registration.provider is None:
        inputs = inputs_with_ignored_changes(run_state, new, old)
        return NO_DIFF if equal(old.inputs, inputs) else Diff("some")
    call = ProviderCall.on(
        old.with_(urn=new.urn),
        inputs=new.inputs,
        ignore_changes=new.ignore_changes,
        preview=run_state.dry_run,
    )
    try:
        return diff_from_provider(registration.provider, call)
    except DiffUnavailable as error:
        run_state.events.warn(str(error), new.urn)
        return Diff("some")


def _replace_reason(
    run_state: RunState, registration: Registration, old: Resource
) -> str:
    new, replaced = registration.new, run_state.generator_state.is_replaced
    if replacement_requested(run_state, registration):
        return "id"
    if any(map(replaced, new.replace_with)):
        return "replaceWith"
    if replaced(new.deleted_with):
        return "deletedWith"
    return "provider" if _provider_changed(run_state, old, new) else ""


def _provider_changed(run_state: RunState, old: Resource, new: Resource) -> bool:
    if old.provider == new.provider:
        return False
    if not old.provider or not new.provider:
        return True
    old_urn, new_urn = provider_urn(old.provider), provider_urn(new.provider)
    if run_state.generator_state.current_urns.get(old_urn) == new_urn:
        return False
    provider = run_state.registry.get(new.provider)
    before = run_state.resources.previous(old_urn)
    after = run_state.generator_state.providers.get(new_urn)
    if provider is None or before is None or after is None:
        return True
    earlier = before.record.with_(urn=new_urn)
    call = ProviderCall.on(earlier, inputs=after.inputs, preview=True)
    return provider.diff_config(call).replacing
