"""The hooks of the native ScheduledPrefetch, on properties in the schema's names; `resource_hooks` does the work.

What only this face can do is here: the difference by property, the outputs of a preview, inputs for an import, a
failure that is recorded in part, and the update that takes a dynamic resource over.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi.output import UNKNOWN
from pydantic import ValidationError

from pulumi_esa_prefetch.native import plan_preview
from pulumi_esa_prefetch.native.detailed_diff import Kind, detailed_diff
from pulumi_esa_prefetch.native.property_names import (
    in_provider,
    in_schema,
    is_dynamic,
    sentence_in_schema,
    unknown_inputs,
)
from pulumi_esa_prefetch.provider import resource_hooks
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.messages import note
from pulumi_esa_prefetch.provider.outcome_words import TAKEN_OVER
from pulumi_esa_prefetch.provider.plan_decision import UNRECORDED, Act
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs, PlanState
from pulumi_esa_prefetch.provider.resource_hooks import CheckedPlan
from pulumi_esa_prefetch.provider.session import ProviderSession

Props = dict[str, Any]


class RecordedInPart(Exception):
    """A create or update failed, and what it has done is to be recorded with the reason."""

    def __init__(self, id_: str, outputs: Props, inputs: Props, reason: str) -> None:
        super().__init__(reason)
        self.id = id_
        self.outputs = outputs
        self.inputs = inputs
        self.reason = reason


@dataclass(frozen=True)
class PlanDiff:
    """How a declaration differs from the state."""

    changes: bool
    replaces: bool = False
    properties: Mapping[str, Kind] = field(default_factory=dict)


def check(session: ProviderSession, olds: Props, news: Props) -> CheckedPlan:
    """Name each wrong property."""
    wrong = unknown_inputs(news)
    if wrong:
        return CheckedPlan(news, tuple(wrong))
    checked = resource_hooks.check(session, in_provider(olds), in_provider(news))
    failures = [
        (sentence_in_schema(name), sentence_in_schema(reason))
        for name, reason in checked.failures
    ]
    return CheckedPlan(in_schema(checked.props), tuple(failures))


def diff(
    session: ProviderSession, id_: str, olds: Props, old_inputs: Props, news: Props
) -> PlanDiff:
    """Compare the declaration with the state; the first one after the dynamic face is always a change."""
    act = resource_hooks.diff(session, id_, in_provider(olds), in_provider(news)).act
    if act is Act.KEEP and is_dynamic(olds):
        session.planned_lines.keep(f"will be {TAKEN_OVER}")
        return PlanDiff(changes=True)
    replaces = act is Act.REPLACE
    before = in_schema(old_inputs)
    properties = detailed_diff(before, news, replaces=replaces) if before else {}
    return PlanDiff(act is not Act.KEEP, replaces, properties)


def preview_create(session: ProviderSession, news: Props) -> Props:
    """The outputs that a create would record; says what would be done."""
    _say_what_would_be_done(session)
    return in_schema(plan_preview.created(session, in_provider(news)))


def create(hook: HookCall, news: Props) -> tuple[str, Props]:
    """Bring a plan to the declared state: its id and outputs. Raises RecordedInPart and PrefetchError."""
    props = in_provider(news)
    try:
        state = resource_hooks.create(hook, props)
    except PrefetchError as error:
        _record_unknown_start(props, news, error)
        raise
    _record_unknown_status(state, news)
    return state.id, in_schema(state.outputs())


def read(
    hook: HookCall, id_: str, props: Props, inputs: Props
) -> tuple[str, Props, Props] | None:
    """The plan's id, outputs and inputs as ESA lists it; None if it is gone. For an import both are empty at first."""
    before = in_provider(props)
    found = resource_hooks.read(hook, id_, before)
    if found is None:
        return None
    known_id, outs = found
    if "desired_state" not in outs:
        declared = _as_found(outs)
        return known_id, in_schema(declared.props() | outs), in_schema(_given(declared))
    return (
        known_id,
        in_schema(outs),
        in_schema(in_provider(inputs) or _declared_in(outs)),
    )


def preview_update(
    session: ProviderSession, id_: str, olds: Props, news: Props
) -> Props:
    """The outputs that an update would record; says what would be done."""
    _say_what_would_be_done(session)
    try:
        state = resource_hooks.recorded(id_, in_provider(olds))
    except (PrefetchError, ValidationError):
        return in_schema(plan_preview.unknown(in_provider(news), UNKNOWN))
    outputs = plan_preview.updated(session, state, in_provider(news))
    return in_schema(resource_hooks.in_recorded_case(in_provider(olds), outputs))


def update(hook: HookCall, id_: str, olds: Props, news: Props) -> Props:
    """Bring the plan to the changed declaration: its outputs. Raises RecordedInPart and PrefetchError."""
    before = in_provider(olds)
    state = resource_hooks.recorded(id_, before)
    declared = resource_hooks.declared(in_provider(news))
    if is_dynamic(olds) and _is_as_recorded(id_, before, in_provider(news)):
        note(TAKEN_OVER)
        hook.session.mark_declared(declared.plan_id)
        return _outputs(before, state.declaring(declared))
    try:
        after = resource_hooks.update(hook, declared, state)
    except PrefetchError as error:
        _record_failed_rerun(id_, before, declared, state, news, error)
        raise
    _record_unknown_status(after, news, was=state.starts)
    return _outputs(before, after)


def delete(hook: HookCall, id_: str, props: Props) -> None:
    """Do what ``onDestroy`` declares."""
    resource_hooks.delete(hook, id_, in_provider(props))


def _declared_in(outs: Props) -> Props:
    return {name: outs[name] for name in PlanInputs.model_fields if name in outs}


def _outputs(before: Props, state: PlanState) -> Props:
    return in_schema(resource_hooks.in_recorded_case(before, state.outputs()))


def _is_as_recorded(id_: str, before: Props, news: Props) -> bool:
    return resource_hooks.diff(None, id_, before, news).act is Act.KEEP


def _as_found(outs: Props) -> PlanInputs:
    """The declaration of a plan that is imported as ESA lists it: nothing is done to it."""
    rests = outs.get("status") in {"stopped", "failed"}
    return PlanInputs(
        plan_id=outs["plan_id"],
        job_id=outs["job_id"],
        desired_state="stopped" if rests else "running",
    )


def _given(declared: PlanInputs) -> Props:
    """What a program has to give; the rest has its defaults, and is not worth a line of the program."""
    defaults = PlanInputs(plan_id=declared.plan_id).props()
    given = declared.props().items()
    return {n: v for n, v in given if n == "plan_id" or v != defaults.get(n)}


def _say_what_would_be_done(session: ProviderSession) -> None:
    line = session.planned_lines.take()
    if line:
        note(line)


def _record_unknown_status(state: PlanState, news: Props, *, was: int = 0) -> None:
    """Fail after a Start that ESA accepted and whose effect could not be read, so that the next up looks again.

    ``was``: how often the plan had been started before.
    """
    if state.status == UNRECORDED and state.starts > was:
        reason = (
            f"plan {state.id} was started, and its status could not be read: the next up reads it, "
            "and starts the plan only if it does not run"
        )
        unsettled = state.model_copy(update={"attempted": state.triggers})
        raise RecordedInPart(state.id, in_schema(unsettled.outputs()), news, reason)


def _record_unknown_start(props: Props, news: Props, error: PrefetchError) -> None:
    """Record a plan of a create whose Start may have had an effect, so that a destroy stops it.

    Not one that had finished before: the next up could take it for done.
    """
    before = error.left_as
    declared = PlanInputs.parse(props)
    if not error.start_is_unknown or before is None or before.status == "finished":
        return
    if declared.job_id is not None:
        seen = PlanState.of(declared, declared.job_id).seen_as(before)
        known = {"status": UNRECORDED, "starts": 1, "attempted": declared.triggers}
        state = seen.model_copy(update=known)
        raise RecordedInPart(state.id, in_schema(state.outputs()), news, str(error))


def _record_failed_rerun(
    id_: str,
    before: Props,
    declared: PlanInputs,
    state: PlanState,
    news: Props,
    error: PrefetchError,
) -> None:
    """Record how a rerun that failed after its Stop has left the plan, with the old triggers.

    The next up then starts it; if a Start may have had an effect, only if the plan does not run.
    """
    left = error.left_as
    if left is None or declared.trigger_text == state.trigger_text:
        return
    after = state.seen_as(left)
    if error.start_is_unknown:
        known = {
            "status": left.status if left.status == "finished" else UNRECORDED,
            "starts": state.starts + 1,
            "attempted": declared.triggers,
        }
        after = after.model_copy(update=known)
    raise RecordedInPart(id_, _outputs(before, after), news, str(error))
