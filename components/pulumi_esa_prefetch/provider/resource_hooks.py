"""What each hook of a ScheduledPrefetch does, for both faces of the provider; makes no decision itself.

``hooks`` calls it from the dynamic host, ``native`` from the plugin. Properties have their names of the state
(``plan_id``). ``check`` only reads. ``diff`` calls nothing and raises nothing, because an error there cancels
the whole deployment.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import LONGEST_SENTENCE, EsaError
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.load import LimitsError
from pulumi_esa_prefetch.provider import lifecycle, plan_decision
from pulumi_esa_prefetch.provider.errors import PrefetchError, unreadable
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.plan_decision import Act, Decision
from pulumi_esa_prefetch.provider.plan_properties import (
    PlanInputs,
    PlanState,
    read_declaration,
    split_id,
)
from pulumi_esa_prefetch.provider.preflight import keep_planned_line, preflight_errors
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.settings.settings import SettingsError
from pulumi_esa_prefetch.tracing.hook_spans import about_plan

Props = dict[str, Any]


@dataclass(frozen=True)
class CheckedPlan:
    """The properties in one spelling, and pairs of a property's name and what is wrong with it, in a sentence."""

    props: Props
    failures: tuple[tuple[str, str], ...]


@contextmanager
def one_sentence() -> Iterator[None]:
    """Raise every error that a person can mend as a PrefetchError of one sentence.

    It has no cause: the host would print the whole chain.
    """
    try:
        yield
    except ValidationError as error:
        raise unreadable(error) from None
    except PrefetchError as error:
        shown = PrefetchError(one_line(error, LONGEST_SENTENCE))
        shown.left_as, shown.start_is_unknown = error.left_as, error.start_is_unknown
        raise shown from None
    except (EsaError, LimitsError, SettingsError) as error:
        raise PrefetchError(one_line(error, LONGEST_SENTENCE)) from None


def check(session: ProviderSession | None, olds: Props, news: Props) -> CheckedPlan:
    """Name each wrong property, and report early if a plan does not exist or is declared in two ways.

    Each plan that is checked is marked as declared: it is left as it is if another resource of it is deleted.
    """
    declaration = read_declaration(news)
    failures = [
        (name, one_line(f"{name} {reason}")) for name, reason in declaration.failures
    ]
    if declaration.inputs is not None:
        about_plan(None, declaration.inputs.plan_id)
    if declaration.inputs is not None and session is not None:
        session.mark_declared(declaration.inputs.plan_id)
        reasons = preflight_errors(session, olds, declaration)
        failures = [("plan_id", reason) for reason in reasons]
        if failures:
            session.planned_lines.forget()
    return CheckedPlan(dict(declaration.props), tuple(failures))


def diff(
    session: ProviderSession | None, id_: str, olds: Props, news: Props
) -> Decision:
    """Compare the declaration with the state; every act but KEEP is a change."""
    _trace(id_)
    try:
        state = recorded(id_, olds)
    except (PrefetchError, ValidationError):
        return Decision(Act.AWAIT, "its record in the state cannot be read")
    declaration = read_declaration(news)
    decided = plan_decision.at_diff(declaration, state)
    keep_planned_line(session, decided, declaration.inputs, state.status)
    return decided


def create(hook: HookCall, props: Props) -> PlanState:
    """Bring a plan to the declared state, and return what is to be recorded."""
    hook.session.planned_lines.drop()
    inputs = declared(props)
    about_plan(None, inputs.plan_id)
    state = lifecycle.create(hook, inputs)
    hook.session.mark_declared(state.plan_id)
    about_plan(state.job_id, state.plan_id)
    return state


def read(hook: HookCall, id_: str, props: Props) -> tuple[str, Props] | None:
    """The plan's id and outputs as ESA lists it; None if it is not found, which alone removes it from the state."""
    _trace(id_)
    if "desired_state" in props:
        state = lifecycle.refresh(hook, recorded(id_, props))
        outs = state.outputs() if state else None
    else:  # somebody else's plan, read by ScheduledPrefetch.get; with a status, it is a refresh
        before = "status" in props
        outs = lifecycle.look_at(hook, *ids(id_), recorded_before=before)
    if not outs:
        return None
    return _recorded_id(id_, outs), in_recorded_case(props, outs)


def update(hook: HookCall, new: PlanInputs, state: PlanState) -> PlanState:
    """Bring the plan to the changed declaration, or back to the unchanged one after a drift."""
    hook.session.planned_lines.drop()
    about_plan(state.job_id, state.plan_id)
    updated = lifecycle.update(hook, new, state)
    hook.session.mark_declared(updated.plan_id)
    return updated


def delete(hook: HookCall, id_: str, props: Props) -> None:
    """Do what ``on_destroy`` declares."""
    hook.session.planned_lines.drop()
    _trace(id_)
    lifecycle.delete(hook, recorded(id_, props))


def ids(id_: str) -> tuple[str, str]:
    """The job's and the plan's id in a resource id. Raises PrefetchError."""
    job_id, plan_id = split_id(id_)
    if job_id is None or plan_id is None:
        raise PrefetchError(f"{id_!r} is not a plan's resource id: <job_id>:<plan_id>")
    return job_id, plan_id


def declared(props: Props) -> PlanInputs:
    """What is declared. Raises PrefetchError, and ValidationError for properties that ``check`` refuses."""
    if "plan_id" not in props:
        raise PrefetchError(
            "plan_id has no value: the output that it comes from is empty"
        )
    return PlanInputs.parse(props)


def recorded(id_: str, props: Props) -> PlanState:
    """What is in the state. Raises PrefetchError or ValidationError if it cannot be read."""
    job_id, plan_id = split_id(id_)
    if job_id is None:
        # Older versions recorded any job id that ESA returned; the properties may hold the right one.
        job_id, plan_id = map(object_id, (props.get("job_id"), props.get("plan_id")))
    if plan_id is None:
        ids(id_)
    return PlanState.parse(props | {"job_id": job_id, "plan_id": plan_id})


def in_recorded_case(known: Props, outs: Props) -> Props:
    """The outputs with ids in the case in which the state has them: case makes no difference."""
    names = ("job_id", "plan_id")
    return outs | {n: known[n] for n in names if object_id(known.get(n)) == outs[n]}


def _trace(id_: str) -> None:
    """Name the plan in the span of the running hook, if the id is one."""
    job_id, plan_id = split_id(id_)
    about_plan(job_id, plan_id if job_id else None)


def _recorded_id(id_: str, outs: Props) -> str:
    """The id as it is in the state; if it cannot be read, the one from the outputs."""
    return id_ if split_id(id_)[0] else f"{outs['job_id']}:{outs['plan_id']}"
