"""Carries out decisions and returns the new state; decides nothing and does not depend on the host."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from pulumi_esa_prefetch.api.errors import EsaError, NotFound
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider import plan_decision
from pulumi_esa_prefetch.provider.errors import PlanGone, PrefetchError, looking_up
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.messages import note, warn
from pulumi_esa_prefetch.provider.outcome_words import (
    PlanOperation,
    done,
    operations_of,
)
from pulumi_esa_prefetch.provider.plan_cache import ListCall
from pulumi_esa_prefetch.provider.plan_decision import Act, Decision
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs, PlanState
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from pulumi_esa_prefetch.provider.preflight import (
    enforce_limits,
    has_hard_limits,
    warn_of_job,
)
from pulumi_esa_prefetch.provider.starting.rerun import rerun_plan
from pulumi_esa_prefetch.provider.starting.start import StartResult, start_plan
from pulumi_esa_prefetch.provider.starting.stop import stop_plan

Decide = Callable[[Plan | None], Decision]
Lookup = Callable[[str, str, ListCall], Plan | None]
"""A method of PlanCache that returns a plan by job id and plan id."""

FRESH_SECONDS = 1.0
"""How old a list may be that shows a plan right before its Start, in seconds."""


def create(hook: HookCall, declared: PlanInputs) -> PlanState:
    """Bring a plan that is not in the state yet to the declared state. Raises PrefetchError."""
    if declared.job_id is None:
        return _create_without_job(hook, declared)

    def decide(plan: Plan | None) -> Decision:
        return plan_decision.at_create(declared, plan)

    ref = _find_new(hook, PlanRef(declared.plan_id, declared.job_id))
    if ref.before is None:
        raise PrefetchError(f"{ref} {hook.missing(declared.job_id)}")
    state = PlanState.of(declared, declared.job_id)
    return _carry_out(hook, decide, ref, declared, state)


def update(hook: HookCall, declared: PlanInputs, recorded: PlanState) -> PlanState:
    """Bring a plan to a changed declaration, or back to an unchanged one. Raises PrefetchError."""
    state = recorded.declaring(declared)
    if not plan_decision.needs_lookup(declared, recorded):
        decided = plan_decision.without_lookup(declared, recorded)
        _note_done(decided, declared, recorded.status)
        return state
    recorded = recorded.model_copy(update={"job_id": state.job_id})

    def decide(plan: Plan | None) -> Decision:
        now = hook.session.clock.now()
        return plan_decision.at_update(declared, recorded, plan, now)

    ref = _find_recorded(hook, recorded)
    if decide(ref.before).act is Act.REFUSE:
        # Another resource of this run may have moved the plan's window since the list was read.
        ref = _look_again(hook, ref)
    return _carry_out(hook, decide, ref, declared, state)


def refresh(hook: HookCall, recorded: PlanState) -> PlanState | None:
    """The state by what ESA lists now; None if the plan is to be dropped. Raises PrefetchError."""
    ref = _find_recorded(hook, recorded)
    plan = ref.before
    decided = plan_decision.at_read(recorded, plan)
    if decided.act is Act.REFUSE:
        raise PrefetchError(f"{ref} {decided.why}")
    if decided.notify:
        warn(f"{ref} {decided.why}")
    if decided.act is Act.DROP:
        return None
    if plan is None:
        return recorded
    seen = recorded.seen_as(plan)
    if recorded.attempted is None:
        return seen
    if plan_decision.has_arrived(recorded, plan.status):
        settled = {"triggers": recorded.attempted, "attempted": None}
        return seen.model_copy(update=settled)
    return seen.model_copy(update={"status": recorded.status})


def look_at(
    hook: HookCall, job_id: str, plan_id: str, *, recorded_before: bool
) -> dict[str, Any] | None:
    """A plan that somebody else runs, as properties; None if it was recorded before and is gone.

    Raises PrefetchError, also if the plan does not exist and was not recorded before.
    """
    ref = _look(hook, PlanRef(plan_id, job_id), hook.session.plan_cache.find)
    if not recorded_before and ref.before and ref.before.job_id != job_id:
        ref = replace(ref, before=None)
    if ref.before is None:
        if recorded_before:
            return None
        raise PrefetchError(f"{ref} {hook.missing(job_id)}")
    state = PlanState(plan_id=plan_id, job_id=job_id).seen_as(ref.before)
    return {"plan_id": plan_id, **state.facts()}


def delete(hook: HookCall, recorded: PlanState) -> None:
    """Do what ``on_destroy`` declares. Raises PrefetchError."""
    ref = PlanRef(recorded.plan_id, recorded.job_id)
    decided = plan_decision.before_delete(
        recorded, still_declared=hook.session.is_declared(recorded.plan_id)
    )
    now = hook.session.clock.now()
    if decided is None:
        ref = _find_recorded(hook, recorded)
        if plan_decision.may_be_stale(ref.before, now):
            ref = _look_again(hook, ref)
        decided = plan_decision.at_delete(recorded, ref.before)
    operations = operations_of(decided, recorded, ref.status)
    plan = ref.before
    if PlanOperation.STOP in operations:
        plan = _stop_for_good(hook, ref)
    if PlanOperation.DELETE in operations:
        _delete(hook, ref)
    elif PlanOperation.STOP in operations and _has_not_stopped(plan):
        decided = plan_decision.at_delete(recorded, plan)
    _note_end(decided, recorded, ref.status, plan, now)


def _has_not_stopped(plan: Plan | None) -> bool:
    """Whether Stop found nothing to stop; ``plan``: the plan after Stop, None if it is gone."""
    return plan is None or plan.status == "waiting"


def _create_without_job(hook: HookCall, declared: PlanInputs) -> PlanState:
    """Create without a job id: no list can be read, so the answer to Start or Stop is the look-up."""
    ref = PlanRef(declared.plan_id)
    if declared.desired_state == "stopped":
        plan, starts = _stop(hook, ref), 0
        note(
            done(
                [PlanOperation.STOP],
                "without a look before, because job_id is not given",
            )
        )
    else:
        started = _start_without_job(hook, ref, declared)
        plan, starts = started.plan, started.starts
    state = PlanState.of(declared, plan.job_id or "")
    return state.after(plan, starts=starts)


def _start_without_job(
    hook: HookCall, ref: PlanRef, declared: PlanInputs
) -> StartResult:
    enforce_limits(hook, ref)
    with hook.session.job_locks.shared(ref, hook.seconds_left):
        started = start_plan(hook, ref, restart_failed=declared.restart_failed)
    why = (
        "without a look before, because job_id is not given; a finished plan would have run again: declare job_id "
        f"{started.plan.job_id}"
    )
    warn(done(started.operations, why))
    return started


def _carry_out(
    hook: HookCall, decide: Decide, ref: PlanRef, declared: PlanInputs, state: PlanState
) -> PlanState:
    """Carry out a decision; before a Start or rerun, take the job's lock and decide again under it.

    A rerun takes the lock alone, even without a Reset: a second resource of the same plan then finds that it
    was done.
    """
    decided = decide(ref.before)
    if decided.act not in {Act.START, Act.RERUN}:
        return _do(hook, decided, ref, declared, state)
    if not has_hard_limits(hook.session):  # they read the job themselves
        # Not between the look under the lock, the Start and its record: this may take seconds.
        warn_of_job(HookCall.brief(hook.session), ref.job_id or "")
    job_locks = hook.session.job_locks
    lock = job_locks.exclusive if decided.act is Act.RERUN else job_locks.shared
    with lock(ref, hook.seconds_left):
        rewinds = decided.act is Act.RERUN and declared.rerun == "from_start"
        ref = _look_under_lock(hook, ref, anew=rewinds or has_hard_limits(hook.session))
        return _do(hook, decide(ref.before), ref, declared, state)


def _look_under_lock(hook: HookCall, ref: PlanRef, *, anew: bool) -> PlanRef:
    """The plan as it is once the lock is held, which may have taken long.

    A plan whose window may be open runs, and finishes, by itself, and a Start would run it once more. So it is
    listed again, unless the list is less than a second old: a thousand plans then need only a few lists.
    """
    session = hook.session
    if anew:
        return _look_again(hook, ref)
    if plan_decision.may_be_stale(ref.before, session.clock.now()):
        recent = partial(session.plan_cache.get, max_age=FRESH_SECONDS)
        return _look(hook, ref, recent)
    return _look(hook, ref, partial(session.plan_cache.find, recorded=True))


def _do(
    hook: HookCall,
    decided: Decision,
    ref: PlanRef,
    declared: PlanInputs,
    state: PlanState,
) -> PlanState:
    before = ref.before
    if decided.act is Act.REFUSE or before is None:
        raise PrefetchError(f"{ref} {decided.why}")
    if decided.act in {Act.START, Act.RERUN}:
        started = _start(hook, decided, ref, declared)
        _note_started(started, decided, before)
        return state.after(started.plan, starts=started.starts)
    state = (
        state.after(_stop(hook, ref))
        if decided.act is Act.STOP
        else state.seen_as(before)
    )
    _note_done(decided, declared, before.status)
    return state


def _start(
    hook: HookCall, decided: Decision, ref: PlanRef, declared: PlanInputs
) -> StartResult:
    if decided.act is Act.RERUN and ref.before is not None:
        return rerun_plan(hook, ref, ref.before, declared)
    enforce_limits(hook, ref)
    return start_plan(hook, ref, restart_failed=declared.restart_failed)


def _note_started(started: StartResult, decided: Decision, before: Plan) -> None:
    """Say what was done; a plan that ran already, when it was to be started, was only adopted."""
    if started.starts:
        note(done(started.operations, decided.why, repeats=decided.repeats))
    else:
        why = plan_decision.has_status(started.plan.status or before.status)
        note(done(started.operations, why))


def _note_done(decided: Decision, declared: PlanInputs, status: str | None) -> None:
    operations = operations_of(decided, declared, status)
    if operations:
        note(done(operations, decided.why, repeats=decided.repeats))


def _find_recorded(hook: HookCall, recorded: PlanState) -> PlanRef:
    """Find a plan that is in the state; any list of this run that holds it is recent enough."""
    if recorded.job_id is None:
        raise PrefetchError(
            f"plan {recorded.plan_id} cannot be looked up, because its record in the state names no job that can be "
            "read: declare job_id and run up"
        )
    ref = PlanRef(recorded.plan_id, recorded.job_id)
    ref = _look(hook, ref, partial(hook.session.plan_cache.find, recorded=True))
    if plan_decision.may_predate_state(recorded, ref.before):
        moment = hook.session.read_after_write.wait_for_recorded()
        lookup = partial(hook.session.plan_cache.get, not_before=moment)
        ref = _look(hook, ref, lookup)
    return ref


def _find_new(hook: HookCall, ref: PlanRef) -> PlanRef:
    """Find a plan that may have been created a moment ago."""
    with looking_up(ref):
        plan = hook.find_new_plan(ref.job_id or "", ref.plan_id)
    return replace(ref, before=plan)


def _look_again(hook: HookCall, ref: PlanRef) -> PlanRef:
    """Find the plan in a new list; a cached one does not count."""
    return _look(hook, ref, partial(hook.session.plan_cache.get, max_age=0))


def _look(hook: HookCall, ref: PlanRef, lookup: Lookup) -> PlanRef:
    with looking_up(ref):
        plan = lookup(ref.job_id or "", ref.plan_id, hook.list_call())
    return replace(ref, before=plan)


def _stop(hook: HookCall, ref: PlanRef) -> Plan:
    plan = stop_plan(hook, ref)
    if plan.status == "waiting":
        raise PrefetchError(f"{ref} {plan_decision.WAITING_CANNOT_STOP}")
    _warn_if_running(ref, plan)
    return plan


def _stop_for_good(hook: HookCall, ref: PlanRef) -> Plan | None:
    """Stop a plan that is no longer declared, and return it as it is then; None if it is gone."""
    try:
        plan = stop_plan(hook, ref)
    except PlanGone:
        hook.session.plan_cache.invalidate(ref.job_id or "")
        return None
    _warn_if_running(ref, plan)
    return plan


def _warn_if_running(ref: PlanRef, plan: Plan) -> None:
    if plan.status == "running":
        warn(f"{ref}: ESA accepted Stop and says that the plan still runs")


def _note_end(
    decided: Decision,
    recorded: PlanState,
    status: str | None,
    plan: Plan | None,
    now: datetime,
) -> None:
    """Say what became of a plan that is no longer declared: stopped, deleted, or left although it may start.

    ``status``: the status before; ``plan``: as it is now, if it is known.
    """
    if decided.act is Act.LEAVE and not decided.notify:
        return
    text = done(operations_of(decided, recorded, status), decided.why)
    then = plan_decision.what_then(plan.status, plan.start_time, now) if plan else ""
    if decided.act is Act.LEAVE and then:
        warn(f"{text}{then}")
    else:
        note(text)


def _delete(hook: HookCall, ref: PlanRef) -> None:
    try:
        hook.client().delete_scheduled_preload_execution(plan_id=ref.plan_id)
    except NotFound:
        pass
    except EsaError as error:
        raise PrefetchError(f"{ref} was not deleted: {error}") from None
    finally:
        hook.session.plan_cache.invalidate(ref.job_id or "")
