"""The outputs that a preview shows for a plan; what nobody can know before the deployment stays unknown.

It looks at the plan as ``check`` does: briefly, and only where the settings allow it.
"""

from datetime import datetime
from typing import Any

from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.native.property_names import INPUTS, PROPERTIES
from pulumi_esa_prefetch.provider import plan_decision
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.plan_decision import Act, Decision
from pulumi_esa_prefetch.provider.plan_properties import PlanState, read_declaration
from pulumi_esa_prefetch.provider.session import ProviderSession

Props = dict[str, Any]

_FACTS = tuple(n for camel, n in PROPERTIES.items() if camel not in INPUTS)
_STARTS = {Act.START, Act.RERUN}
_AS_IT_IS = {Act.ADOPT, Act.KEEP, Act.RECORD}


def created(session: ProviderSession, news: Props) -> Props:
    """The outputs that a create would record."""
    declaration = read_declaration(news)
    declared = declaration.inputs
    if declared is None or declaration.unknown or declared.job_id is None:
        return unknown(dict(declaration.props), news.get("job_id", UNKNOWN))
    state = PlanState.of(declared, declared.job_id)
    plan = _find(session, declared.job_id, declared.plan_id)
    decided = plan_decision.at_create(declared, plan)
    return _after(decided, state, plan, session.clock.now())


def updated(session: ProviderSession, recorded: PlanState, news: Props) -> Props:
    """The outputs that an update would record."""
    declaration = read_declaration(news)
    declared = declaration.inputs
    if declared is None or declaration.unknown:
        return unknown(dict(declaration.props), recorded.job_id or UNKNOWN)
    state = recorded.declaring(declared)
    if not plan_decision.needs_lookup(declared, recorded):
        return state.outputs()
    if state.job_id is None:
        return unknown(state.props(), UNKNOWN)
    plan = _find(session, state.job_id, state.plan_id)
    now = session.clock.now()
    decided = plan_decision.at_update(declared, recorded, plan, now)
    return _after(decided, state, plan, now)


def _after(
    decided: Decision, state: PlanState, plan: Plan | None, now: datetime
) -> Props:
    if plan is None or decided.act not in {*_STARTS, *_AS_IT_IS, Act.STOP}:
        return unknown(state.props(), state.job_id)
    known = state.seen_as(plan).outputs()
    if decided.act in _AS_IT_IS:
        return known
    after: Props = {"status": "stopped", "request_id": UNKNOWN}
    if decided.act in _STARTS:
        after |= {"status": _status_after_start(plan, now), "starts": state.starts + 1}
    return known | after


def unknown(declared: Props, job_id: Any) -> Props:
    """The outputs if the plan was not looked at: the declaration, its job if that is known, and nothing of ESA."""
    return declared | dict.fromkeys(_FACTS, UNKNOWN) | {"job_id": job_id}


def _find(session: ProviderSession, job_id: str, plan_id: str) -> Plan | None:
    """The plan as ESA lists it; None if it is not listed, or was not looked at."""
    if not session.verify:
        return None
    hook = HookCall.brief(session)
    try:
        return session.plan_cache.find(job_id, plan_id, hook.list_call())
    except EsaError:
        return None


def _status_after_start(plan: Plan, now: datetime) -> Any:
    """Running in its window, waiting before it; unknown without a window, or where ESA's documentation is silent."""
    is_over = plan.end_time is not None and plan.end_time <= now
    if plan.start_time is None or is_over or plan.status in {"failed", "finished"}:
        return UNKNOWN
    return "running" if plan.start_time <= now else "waiting"
