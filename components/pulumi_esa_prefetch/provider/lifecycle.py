"""Carries a decision out and says what the state then is; decides nothing and knows no host."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pulumi_esa_prefetch.api.errors import EsaError, NotFound
from pulumi_esa_prefetch.api.models import STATUSES, Plan
from pulumi_esa_prefetch.provider import decision
from pulumi_esa_prefetch.provider.decision import Act, Decision
from pulumi_esa_prefetch.provider.errors import PlanGone, PrefetchError, looking_up
from pulumi_esa_prefetch.provider.hook_deadline import Work
from pulumi_esa_prefetch.provider.models import PlanInputs, PlanState
from pulumi_esa_prefetch.provider.plan_cache import Look
from pulumi_esa_prefetch.provider.plan_ref import Target
from pulumi_esa_prefetch.provider.preflight import denies, refuse_denied
from pulumi_esa_prefetch.provider.rerun import rerun_plan
from pulumi_esa_prefetch.provider.session import WARNING, Session, tell
from pulumi_esa_prefetch.provider.start import Started, start_plan
from pulumi_esa_prefetch.provider.stop import stop_plan

Decide = Callable[[Plan | None], Decision]
Ask = Callable[[str, str, Look], Plan | None]
"""One of the ways in which PlanLists tells of a plan, by job and plan id."""

FRESH_SECONDS = 1.0
"""How old a list may be that shows a plan right before its Start."""


def create(session: Session, declared: PlanInputs) -> PlanState:
    """Bring a plan that is declared for the first time to what is declared. Raises PrefetchError."""
    work = Work(session)
    if declared.job_id is None:
        return _create_without_job(work, declared)

    def decide(plan: Plan | None) -> Decision:
        return decision.at_create(declared, plan)

    target = _find_new(work, Target(declared.plan_id, declared.job_id))
    state = PlanState.of(declared, declared.job_id)
    return _carry_out(work, decide, target, declared, state)


def update(session: Session, declared: PlanInputs, recorded: PlanState) -> PlanState:
    """Bring a plan to a changed declaration, or back to an unchanged one. Raises PrefetchError."""
    state = recorded.declaring(declared)
    if not decision.needs_look(declared, recorded):
        return state
    recorded = recorded.model_copy(update={"job_id": state.job_id})
    work = Work(session)

    def decide(plan: Plan | None) -> Decision:
        return decision.at_update(declared, recorded, plan, session.clock.now())

    target = _recall(work, recorded)
    if decide(target.before).act is Act.REFUSE:
        # The list may be older than the plan: another resource may have moved its window since.
        target = _look_again(work, target)
    return _carry_out(work, decide, target, declared, state)


def refresh(session: Session, recorded: PlanState) -> PlanState | None:
    """The record as ESA sees the plan now; None if both are gone. Raises PrefetchError."""
    target = _recall(Work(session), recorded)
    plan = target.before
    decided = decision.at_read(recorded, plan)
    if decided.act is Act.REFUSE:
        raise PrefetchError(f"{target} {decided.why}")
    if decided.tell:
        tell(f"{target} {decided.why}")
    if decided.act is Act.DROP:
        return None
    return recorded.seen_as(plan) if plan else recorded


def look_at(
    session: Session, job_id: str, plan_id: str, *, on_record: bool
) -> dict[str, Any] | None:
    """A plan that somebody else runs, as properties; None: gone since it was put on record.

    Raises PrefetchError, also if there is no such plan and never was one on record.
    """
    target = _look(Work(session), Target(plan_id, job_id), session.lists.find)
    if not on_record and target.before and target.before.job_id != job_id:
        target = replace(target, before=None)
    if target.before is None:
        if on_record:
            return None
        raise PrefetchError(f"{target} {decision.MISSING}")
    state = PlanState(plan_id=plan_id, job_id=job_id).seen_as(target.before)
    return {"plan_id": plan_id, **state.facts()}


def delete(session: Session, recorded: PlanState) -> None:
    """Do what the record declares for its end. Raises PrefetchError."""
    target = Target(recorded.plan_id, recorded.job_id)
    decided = decision.before_delete(recorded, kept=session.keeps(recorded.plan_id))
    work, now = Work(session), session.clock.now()
    if decided is None:
        target = _recall(work, recorded)
        if decision.is_doubtful(target.before, now):
            target = _look_again(work, target)
        decided = decision.at_delete(recorded, target.before)
    _tell_end(target, decided, target.before, now)
    ends = decided.act in {Act.STOP, Act.DELETE}
    if ends and decision.may_run(recorded, target.status):
        _stop_for_good(work, recorded, target)
    if decided.act is Act.DELETE:
        _delete(work, target)


def _create_without_job(work: Work, declared: PlanInputs) -> PlanState:
    """No job, no look-up: the answer to Start or Stop is the first that is known of the plan."""
    target = Target(declared.plan_id)
    if declared.desired_state == "stopped":
        plan, starts = _stop(work, target), 0
    else:
        started = _start_without_job(work, target, declared)
        plan, starts = started.plan, started.starts
    state = PlanState.of(declared, plan.job_id or "")
    return state.after(plan, starts=starts)


def _start_without_job(work: Work, target: Target, declared: PlanInputs) -> Started:
    refuse_denied(work, target)
    with work.session.turns.beside(target, work.left):
        started = start_plan(work, target, restart_failed=declared.restart_failed)
    tell(
        f"{target} was started without a look at it, for its job_id is not given: a finished "
        f"plan would have run again; declare job_id {started.plan.job_id}"
    )
    return started


def _carry_out(
    work: Work, decide: Decide, target: Target, declared: PlanInputs, state: PlanState
) -> PlanState:
    """Carry out what is decided; what sets the plan going has a turn, and is decided anew in it.

    A rerun is alone with its job also where it goes on from where that is: a second record of the same
    plan then finds it done.
    """
    decided = decide(target.before)
    if decided.act not in {Act.START, Act.RERUN}:
        return _do(work, decided, target, declared, state)
    turns = work.session.turns
    turn = turns.alone if decided.act is Act.RERUN else turns.beside
    with turn(target, work.left):
        rewinds = decided.act is Act.RERUN and declared.rerun == "from_start"
        target = _look_in_turn(work, target, anew=rewinds or denies(work.session))
        return _do(work, decide(target.before), target, declared, state)


def _look_in_turn(work: Work, target: Target, *, anew: bool) -> Target:
    """The plan as it is when its turn has come: that may have been long in coming.

    A plan whose window may be open runs, and finishes, by itself: Start would run it once more. So it is
    looked at again, unless that has been done within the last second: a thousand plans are a few lists.
    """
    session = work.session
    if anew:
        return _look_again(work, target)
    if decision.is_doubtful(target.before, session.clock.now()):
        moment = session.clock.monotonic() - FRESH_SECONDS
        return _look(work, target, partial(session.lists.recall_after, moment))
    return _look(work, target, session.lists.recall)


def _do(
    work: Work,
    decided: Decision,
    target: Target,
    declared: PlanInputs,
    state: PlanState,
) -> PlanState:
    before = target.before
    if decided.act is Act.REFUSE or before is None:
        raise PrefetchError(f"{target} {decided.why}")
    if decided.act is Act.START:
        refuse_denied(work, target)
        started = start_plan(work, target, restart_failed=declared.restart_failed)
        return state.after(started.plan, starts=started.starts)
    if decided.act is Act.RERUN:
        started = rerun_plan(work, target, before, declared)
        return state.after(started.plan, starts=started.starts)
    if decided.act is Act.STOP:
        return state.after(_stop(work, target))
    return state.seen_as(before)


def _recall(work: Work, recorded: PlanState) -> Target:
    """A plan on record, which any list of this run is young enough for that holds it."""
    if recorded.job_id is None:
        raise PrefetchError(
            f"plan {recorded.plan_id} cannot be looked up, for its record names no job that can be read: declare "
            "job_id and run up"
        )
    target = Target(recorded.plan_id, recorded.job_id)
    target = _look(work, target, work.session.lists.recall)
    if decision.contradicts(recorded, target.before):
        moment = work.session.lag.outwait_record()
        ask = partial(work.session.lists.recall_after, moment)
        target = _look(work, target, ask)
    return target


def _find_new(work: Work, target: Target) -> Target:
    """A plan that may have been made a moment ago."""
    with looking_up(target):
        plan = work.find_new(target.job_id or "", target.plan_id)
    return replace(target, before=plan)


def _look_again(work: Work, target: Target) -> Target:
    """The plan as it is now: what is remembered does not count."""
    return _look(work, target, work.session.lists.look_again)


def _look(work: Work, target: Target, ask: Ask) -> Target:
    with looking_up(target):
        plan = ask(target.job_id or "", target.plan_id, work.look())
    return replace(target, before=plan)


def _stop(work: Work, target: Target) -> Plan:
    plan = stop_plan(work, target)
    if plan.status == "waiting":
        raise PrefetchError(f"{target} {decision.WAITING_CANNOT_STOP}")
    _tell_if_running(target, plan)
    return plan


def _stop_for_good(work: Work, recorded: PlanState, target: Target) -> None:
    """Stop a plan that is declared no more: one that is gone is done, one that waits is told."""
    try:
        plan = stop_plan(work, target)
    except PlanGone:
        work.session.lists.forget(target.job_id or "")
        return
    if plan.status in STATUSES:
        now = work.session.clock.now()
        _tell_end(target, decision.at_delete(recorded, plan), plan, now)
    _tell_if_running(target, plan)


def _tell_if_running(target: Target, plan: Plan) -> None:
    if plan.status == "running":
        tell(f"{WARNING}{target}: ESA accepted Stop and says that the plan still runs")


def _tell_end(
    target: Target, decided: Decision, plan: Plan | None, now: datetime
) -> None:
    if decided.tell:
        then = decision.what_then(plan.status, plan.start_time, now) if plan else ""
        label = WARNING if then else ""
        tell(f"{label}{target} {decided.why}{then}")


def _delete(work: Work, target: Target) -> None:
    try:
        work.client().delete_scheduled_preload_execution(plan_id=target.plan_id)
    except NotFound:
        pass
    except EsaError as error:
        raise PrefetchError(f"{target} was not deleted: {error}") from None
    finally:
        work.session.lists.forget(target.job_id or "")
