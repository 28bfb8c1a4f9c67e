"""Starts, stops and reruns plans by hand, by the functions of the hooks: what they refuse is refused here too.

A lost answer is looked up, the limits of the stack hold, nothing is done twice. A plan by hand is a plan that is
declared for the first time: a start is a `create` with `desired_state` running, a stop one with stopped, and a rerun
an `update` with new triggers.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Literal

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.load import LimitsError
from pulumi_esa_prefetch.operations.hand_words import by_hand
from pulumi_esa_prefetch.operations.plan_words import ChosenPlan
from pulumi_esa_prefetch.provider import lifecycle, plan_decision
from pulumi_esa_prefetch.provider.errors import PrefetchError, looking_up
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.messages import heard_by
from pulumi_esa_prefetch.provider.outcome_words import (
    PlanOperation,
    operations_of,
    planned,
)
from pulumi_esa_prefetch.provider.plan_decision import Act, Decision
from pulumi_esa_prefetch.provider.plan_properties import (
    PlanInputs,
    PlanState,
    read_declaration,
)
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from pulumi_esa_prefetch.provider.preflight import preflight_errors, start_problems
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.provider.starting.start_decision import INACTIVE
from pulumi_esa_prefetch.settings.settings import SettingsError

BY_HAND: Final = {"byHand": True}
"""The triggers of a rerun; the plan is taken as one that was started without any."""
FINISHED: Final = (
    "is finished: give --restart-finished, or `plan rerun` to begin at the first URL"
)


class HandAct(StrEnum):
    """What is asked for."""

    START = "start"
    STOP = "stop"
    RERUN = "rerun"


@dataclass(frozen=True, slots=True)
class Request:
    """An act, and how it is done."""

    act: HandAct
    restart_finished: bool = False
    rerun: Literal["from_start", "resume"] = "from_start"

    def may_run_finished(self, plan: ChosenPlan) -> bool:
        """Whether a finished plan would run again unseen: a Start without its job is not preceded by a look."""
        starts = self.act is HandAct.START and not self.restart_finished
        return starts and plan.job_id is None

    def declared(self, plan: ChosenPlan) -> PlanInputs:
        """The declaration that the act carries out."""
        stops = self.act is HandAct.STOP
        return PlanInputs(
            plan_id=plan.plan_id,
            job_id=plan.job_id,
            desired_state="stopped" if stops else "running",
            triggers=dict(BY_HAND) if self.act is HandAct.RERUN else {},
            rerun=self.rerun,
            restart_finished=self.restart_finished,
        )


class Outcome(StrEnum):
    """What became, or will become, of one plan."""

    DONE = "done"
    UNCHANGED = "unchanged"
    """It was as it is wanted; nothing was sent."""
    FAILED = "failed"
    UNKNOWN = "unknown"
    """The command was interrupted during its call."""
    NOT_BEGUN = "notBegun"
    """The command was interrupted before."""


@dataclass(frozen=True, slots=True)
class PlanResult:
    """What was done, or will be done, to a plan, in a sentence; `warnings`: what a person should know besides."""

    plan: ChosenPlan
    outcome: Outcome
    text: str
    status: str | None = None
    warnings: tuple[str, ...] = ()
    also_reset: tuple[Plan, ...] = ()
    """The job's other plans, which a Reset puts back too."""
    may_be_old: bool = False
    """Whether it rests on a list that has to be read again, because a list may lag behind a Start or Stop."""


_ERRORS = (EsaError, LimitsError, PrefetchError, SettingsError, ValidationError)


def foresee(session: ProviderSession, plan: ChosenPlan, request: Request) -> PlanResult:
    """What the act would do; it only reads. A refusal that is sure is an outcome FAILED."""
    warnings: list[str] = []
    with heard_by(lambda _severity, text: warnings.append(by_hand(text))):
        try:
            result = _foresee(session, plan, request)
        except _ERRORS as error:
            result = PlanResult(plan, Outcome.FAILED, by_hand(str(error)))
    return replace(result, warnings=tuple(warnings))


def foresee_all(
    session: ProviderSession,
    plans: Sequence[ChosenPlan],
    request: Request,
    read_again: Callable[[], None],
) -> list[PlanResult]:
    """What the act would do to each plan; what a list that lags could change is read again.

    A list lags behind a Start or Stop of a moment ago. To believe it would leave a plan that was just started to run
    on, or reset a job while its plan runs. `read_again` is called before that wait of some seconds.
    """
    began = session.clock.monotonic()
    found = [foresee(session, plan, request) for plan in plans]
    doubtful = [one.plan for one in found if one.may_be_old]
    if not doubtful:
        return found
    read_again()
    session.read_after_write.wait(began)
    forget_lists(session, doubtful)
    return [_again(session, one, request) if one.may_be_old else one for one in found]


def _again(session: ProviderSession, first: PlanResult, request: Request) -> PlanResult:
    """Foresee once more; a warning is said once in a session, so that the first ones are kept."""
    again = foresee(session, first.plan, request)
    warnings = dict.fromkeys((*first.warnings, *again.warnings))
    return replace(again, warnings=tuple(warnings))


def carry_out(
    session: ProviderSession, plan: ChosenPlan, request: Request
) -> PlanResult:
    """Do it, and say what was done. Never raises an error of the provider."""
    notes: list[str] = []
    warnings: list[str] = []

    def hear(severity: str, text: str) -> None:
        (warnings if severity == "WARNING" else notes).append(by_hand(text))

    with heard_by(hear):
        try:
            result = _result(_carry_out(session, plan, request), plan, notes, warnings)
        except _ERRORS as error:
            result = PlanResult(plan, Outcome.FAILED, by_hand(str(error)))
    return replace(result, warnings=tuple(warnings))


def forget_lists(session: ProviderSession, plans: Sequence[ChosenPlan]) -> None:
    """Look at the plans anew before they are changed: what was foreseen may be old."""
    for job_id in {plan.job_id for plan in plans if plan.job_id}:
        session.plan_cache.invalidate(job_id)


def _carry_out(
    session: ProviderSession, plan: ChosenPlan, request: Request
) -> PlanState:
    declared, hook = request.declared(plan), HookCall(session)
    if request.act is not HandAct.RERUN:
        return lifecycle.create(hook, declared)
    return lifecycle.update(hook, declared, _before_rerun(plan))


def _before_rerun(plan: ChosenPlan) -> PlanState:
    return PlanState(plan_id=plan.plan_id, job_id=plan.job_id)


def _result(
    state: PlanState, plan: ChosenPlan, notes: list[str], warnings: list[str]
) -> PlanResult:
    plan = replace(plan, job_id=state.job_id)
    # Without a job, what was done is said as a warning.
    text = (notes or warnings[-1:] or [f"is {state.status}"])[-1]
    if text in warnings:
        warnings.remove(text)
    unchanged = text.startswith(by_hand(f"{PlanOperation.ADOPT}: "))
    if unchanged and state.desired_state == "running" and state.status == "finished":
        return PlanResult(plan, Outcome.FAILED, FINISHED, state.status)
    if not unchanged and _is_contradicted(state):
        status = plan_decision.has_status(state.status)
        text = f"{status}, although ESA accepted the call ({text})"
        return PlanResult(plan, Outcome.FAILED, text, state.status)
    outcome = Outcome.UNCHANGED if unchanged else Outcome.DONE
    return PlanResult(plan, outcome, text, state.status)


def _is_contradicted(state: PlanState) -> bool:
    """Whether ESA accepted a call, and shows the plan as if it had not."""
    if state.desired_state == "stopped":
        return state.status == "running"
    return state.status in INACTIVE


def _foresee(
    session: ProviderSession, plan: ChosenPlan, request: Request
) -> PlanResult:
    hook, declared = HookCall(session), request.declared(plan)
    if plan.job_id is None:
        return _unseen(plan, request)
    ref = PlanRef(plan.plan_id, plan.job_id)
    with looking_up(ref):
        seen = hook.find_new_plan(
            plan.job_id, plan.plan_id, waits=session.waits_for_missing
        )
    if seen is None:
        session.confirm_missing()
        raise PrefetchError(f"{ref} {hook.missing(plan.job_id)}")
    decided, others = _decide(hook, declared, request, seen)
    result = PlanResult(
        plan,
        Outcome.UNCHANGED,
        "",
        seen.status,
        may_be_old=_may_be_old(decided, declared),
    )
    if decided.act is Act.REFUSE:
        text = by_hand(f"{ref} {decided.why}")
        return replace(result, outcome=Outcome.FAILED, text=text)
    if decided.act is Act.ADOPT:
        if seen.status == "finished" and request.act is HandAct.START:
            return replace(result, outcome=Outcome.FAILED, text=FINISHED)
        return replace(result, text=f"is left as it is: {decided.why}")
    if request.act is HandAct.START:
        _check(session, declared)
    elif request.act is HandAct.RERUN:
        _check_rerun(session, ref, seen, rewinds=_rewinds(decided, declared))
    operations = operations_of(decided, declared, seen.status)
    return replace(
        result,
        outcome=Outcome.DONE,
        text=by_hand(planned(operations, decided.why)),
        also_reset=tuple(others) if PlanOperation.RESET in operations else (),
    )


def _may_be_old(decided: Decision, declared: PlanInputs) -> bool:
    """Whether an older list would be believed: where nothing is sent, and for the plans that a Reset puts back."""
    return _rewinds(decided, declared) or decided.act in {Act.ADOPT, Act.REFUSE}


def _rewinds(decided: Decision, declared: PlanInputs) -> bool:
    return decided.act is Act.RERUN and declared.rerun == "from_start"


def _decide(
    hook: HookCall, declared: PlanInputs, request: Request, seen: Plan
) -> tuple[Decision, Sequence[Plan]]:
    """What would be done, and the job's other plans, if it is a rerun."""
    if request.act is not HandAct.RERUN:
        return plan_decision.at_create(declared, seen), ()
    plan = ChosenPlan(declared.plan_id, declared.job_id)
    now = hook.session.clock.now()
    decided = plan_decision.at_update(declared, _before_rerun(plan), seen, now)
    if decided.act is not Act.RERUN or declared.rerun == "resume":
        return decided, ()
    cache, job_id = hook.session.plan_cache, declared.job_id or ""
    others = cache.other_plans(job_id, declared.plan_id, hook.list_call())
    running = [other.id for other in others if other.status == "running"]
    return plan_decision.at_rerun(seen, running), others


def _unseen(plan: ChosenPlan, request: Request) -> PlanResult:
    """A plan without its job: its Start or Stop is the look-up."""
    operation = (
        PlanOperation.STOP if request.act is HandAct.STOP else PlanOperation.START
    )
    text = planned([operation], "without a look before, because --job is not given")
    if operation is PlanOperation.START:
        text += "; a finished plan would run again"
    return PlanResult(plan, Outcome.DONE, text)


def _check_rerun(
    session: ProviderSession, ref: PlanRef, seen: Plan, *, rewinds: bool
) -> None:
    """The same of a rerun. What cannot be read is judged right before the Start. Raises PrefetchError."""
    reasons: list[str] = []
    if session.verify:
        hook = HookCall.brief(session)
        with suppress(EsaError):
            reasons = start_problems(hook, seen, ref.job_id or "", rewinds=rewinds)
    if reasons:
        raise PrefetchError("; ".join(reasons))


def _check(session: ProviderSession, declared: PlanInputs) -> None:
    """Warn of limits and of a job without URLs, as a preview does. Raises PrefetchError for what is denied."""
    declaration = read_declaration(declared.props())
    reasons = preflight_errors(session, {}, declaration)
    if reasons:
        raise PrefetchError("; ".join(reasons))
