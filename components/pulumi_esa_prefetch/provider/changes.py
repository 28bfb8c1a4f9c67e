"""Carries a decision out and says what the state then is; decides nothing and knows no host."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pulumi_esa_prefetch.api.errors import EsaError, NotFound
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.api.times import render_time
from pulumi_esa_prefetch.provider import decision
from pulumi_esa_prefetch.provider.decision import Act, Decision
from pulumi_esa_prefetch.provider.errors import PlanGone, PrefetchError
from pulumi_esa_prefetch.provider.foresight import refuse_denied
from pulumi_esa_prefetch.provider.models import PlanInputs, PlanState
from pulumi_esa_prefetch.provider.rerun import rerun_plan
from pulumi_esa_prefetch.provider.session import Session, tell
from pulumi_esa_prefetch.provider.start import start_plan
from pulumi_esa_prefetch.provider.stop import stop_plan
from pulumi_esa_prefetch.provider.target import Target


def create(session: Session, declared: PlanInputs) -> PlanState:
    """Bring a plan that is declared for the first time to what is declared. Raises PrefetchError."""
    if declared.job_id is None:
        return _create_without_job(session, declared)
    target = _look(session, Target(declared.plan_id, declared.job_id))
    decided = decision.at_create(declared, target.before)
    return _carry_out(
        session, decided, target, declared, PlanState.of(declared, declared.job_id)
    )


def update(session: Session, declared: PlanInputs, recorded: PlanState) -> PlanState:
    """Bring a plan to a changed declaration, or back to an unchanged one. Raises PrefetchError."""
    state = recorded.declaring(declared)
    if not decision.needs_look(declared, recorded):
        return state
    target = _recall(session, recorded)
    decided = decision.at_update(declared, recorded, target.before, session.clock.now())
    if decided.act is Act.REFUSE:
        # The list may be older than the plan: another resource may have moved its window since.
        session.lists.forget(recorded.job_id or "")
        target = _recall(session, recorded)
        decided = decision.at_update(
            declared, recorded, target.before, session.clock.now()
        )
    return _carry_out(session, decided, target, declared, state)


def refresh(session: Session, recorded: PlanState) -> PlanState | None:
    """The record as ESA sees the plan now; None if both are gone. Raises PrefetchError."""
    target = _recall(session, recorded)
    plan = target.before
    decided = decision.at_read(recorded, plan)
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
    target = _look(session, Target(plan_id, job_id))
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
    if decided is None:
        target = _recall(session, recorded)
        decided = decision.at_delete(recorded, target.before)
    _tell_end(target, decided, target.before)
    if decided.act in {Act.STOP, Act.DELETE} and target.status == "running":
        _stop_for_good(session, recorded, target)
    if decided.act is Act.DELETE:
        _delete(session, target)


def _create_without_job(session: Session, declared: PlanInputs) -> PlanState:
    """No job, no look-up: the answer to Start or Stop is the first that is known of the plan."""
    target = Target(declared.plan_id)
    if declared.desired_state == "stopped":
        plan, starts = _stop(session, target), 0
    else:
        refuse_denied(session, target)
        plan, starts = (
            start_plan(session, target, restart_failed=declared.restart_failed),
            1,
        )
        tell(
            f"{target} was started without a look at it, for its job_id is not given: a finished "
            f"plan would have run again; declare job_id {plan.job_id}"
        )
    state = PlanState.of(declared, plan.job_id or "")
    return state.after(plan, starts=starts)


def _carry_out(
    session: Session,
    decided: Decision,
    target: Target,
    declared: PlanInputs,
    state: PlanState,
) -> PlanState:
    if decided.act is Act.REFUSE or target.before is None:
        raise PrefetchError(f"{target} {decided.why}")
    if decided.act in {Act.START, Act.RERUN}:
        rewinds = decided.act is Act.RERUN and declared.rerun == "from_start"
        refuse_denied(session, target, rewinds=rewinds)
    if decided.act is Act.START:
        plan = start_plan(session, target, restart_failed=declared.restart_failed)
        return state.after(plan, starts=1)
    if decided.act is Act.RERUN:
        return state.after(rerun_plan(session, target, declared), starts=1)
    if decided.act is Act.STOP:
        return state.after(_stop(session, target))
    return state.seen_as(target.before)


def _recall(session: Session, recorded: PlanState) -> Target:
    """A plan on record, which any list of this run is young enough for."""
    target = Target(recorded.plan_id, recorded.job_id)
    with _looking(target):
        plan = session.lists.recall(recorded.job_id or "", recorded.plan_id)
    return replace(target, before=plan)


def _look(session: Session, target: Target) -> Target:
    with _looking(target):
        plan = session.lists.find(target.job_id or "", target.plan_id)
    return replace(target, before=plan)


@contextmanager
def _looking(target: Target) -> Iterator[None]:
    try:
        yield
    except EsaError as error:
        raise PrefetchError(f"{target} cannot be looked up: {error}") from None


def _stop(session: Session, target: Target) -> Plan:
    plan = stop_plan(session, target)
    if plan.status == "waiting":
        raise PrefetchError(f"{target} {decision.WAITING_CANNOT_STOP}")
    _tell_if_running(target, plan)
    return plan


def _stop_for_good(session: Session, recorded: PlanState, target: Target) -> None:
    """Stop a plan that is declared no more: one that is gone is done, one that waits is told."""
    try:
        plan = stop_plan(session, target)
    except PlanGone:
        session.lists.forget(target.job_id or "")
        return
    _tell_end(target, decision.at_delete(recorded, plan), plan)
    _tell_if_running(target, plan)


def _tell_if_running(target: Target, plan: Plan) -> None:
    if plan.status == "running":
        tell(f"{target}: ESA accepted Stop and says that the plan still runs")


def _tell_end(target: Target, decided: Decision, plan: Plan | None) -> None:
    if decided.tell:
        tell(f"{target} {decided.why}{_what_then(plan)}")


def _delete(session: Session, target: Target) -> None:
    try:
        session.client.delete_scheduled_preload_execution(plan_id=target.plan_id)
    except NotFound:
        pass
    except EsaError as error:
        raise PrefetchError(f"{target} was not deleted: {error}") from None
    finally:
        session.lists.forget(target.job_id or "")


def _what_then(plan: Plan | None) -> str:
    """What a plan will do that is left waiting."""
    if plan is None or plan.status != "waiting":
        return ""
    start = plan.start_time
    when = f"at {render_time(start)}" if start else "when ESA lets it"
    return f': it will still start {when}; declare on_destroy="delete" to have it deleted instead'
