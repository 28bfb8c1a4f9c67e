"""Running a plan again: Stop if it runs, Reset of its job, Start; whether it should is decided elsewhere."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from pulumi_esa_prefetch.api.errors import AnotherId, EsaError
from pulumi_esa_prefetch.api.models import ACTIVE, Plan
from pulumi_esa_prefetch.provider.errors import NotStarted, PrefetchError, looking_up
from pulumi_esa_prefetch.provider.hook_call import Attempts, HookCall
from pulumi_esa_prefetch.provider.messages import warn
from pulumi_esa_prefetch.provider.outcome_words import PlanOperation
from pulumi_esa_prefetch.provider.plan_decision import Act, Decision, at_rerun
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from pulumi_esa_prefetch.provider.preflight import enforce_limits
from pulumi_esa_prefetch.provider.starting.start import StartResult, start_plan
from pulumi_esa_prefetch.provider.starting.start_decision import INACTIVE
from pulumi_esa_prefetch.provider.starting.stop import stop_plan


def rerun_plan(
    hook: HookCall, ref: PlanRef, before: Plan, declared: PlanInputs
) -> StartResult:
    """Run the plan again and return it as ESA shows it then.

    The caller holds the job's lock and has listed the plan under it. All that can be refused is refused before Stop.
    A plan that this process has already run again for these triggers is left as it is: another resource declares
    it too. Raises PrefetchError, which says if the plan is stopped now. The old triggers then stay in the state, and
    the next up does the rest.
    """
    known = hook.session.rerun_log.result(ref.plan_id, declared.trigger_text)
    if known is not None:
        return StartResult(known, starts=0, operations=(PlanOperation.ADOPT,))
    return _rerun(hook, ref, before, declared)


def _rerun(
    hook: HookCall, ref: PlanRef, before: Plan, declared: PlanInputs
) -> StartResult:
    others = _others(hook, ref) if declared.rerun == "from_start" else []
    decided = _decide(hook, ref, before, declared, others)
    rewinds = decided.act is Act.RERUN
    enforce_limits(hook, ref, rewinds=rewinds)
    if decided.notify:
        warn(f"{ref}: {decided.why}")
    before_reset = others if rewinds else None
    if before.status == "running":
        return _stop_and_start(hook, ref, declared, before_reset)
    return _start(hook, ref, declared, before_reset)


def _others(hook: HookCall, ref: PlanRef) -> list[Plan]:
    with looking_up(ref):
        return hook.session.plan_cache.other_plans(
            ref.job_id or "", ref.plan_id, hook.list_call()
        )


def _decide(
    hook: HookCall,
    ref: PlanRef,
    before: Plan,
    declared: PlanInputs,
    others: Sequence[Plan],
) -> Decision:
    """Decide whether the job is reset (RERUN) or not (START); raises PrefetchError if the rerun is refused."""
    if declared.rerun == "resume":
        return Decision(Act.START, "runs on from where its job is")
    running = [plan.id for plan in others if plan.status == "running"]
    # Only active ones count: a plan that has ended since the Reset may have used up the URL list.
    active = {plan.id for plan in others if plan.status in ACTIVE}
    since_reset = hook.session.rerun_log.started_since_reset(ref.job_id or "")
    decided = at_rerun(before, running, was_reset=bool(active & since_reset))
    if decided.act is Act.REFUSE:
        raise PrefetchError(f"{ref} {decided.why}")
    return decided


def _stop_and_start(
    hook: HookCall,
    ref: PlanRef,
    declared: PlanInputs,
    before_reset: Sequence[Plan] | None,
) -> StartResult:
    plan = stop_plan(hook, ref, starts_again=True)
    if plan.status == "running":
        raise PrefetchError(
            f"{ref} was not started again: ESA accepted Stop and says that the plan still runs; "
            "run up again"
        )
    ref = PlanRef.of(plan, ref.job_id or "")
    try:
        started = _start(hook, ref, declared, before_reset)
        operations = (PlanOperation.STOP, *started.operations)
        return replace(started, operations=operations)
    except NotStarted as error:
        stopped = NotStarted(f"{error}{_stopped_as(plan.status)}")
        stopped.left_as = plan
        raise stopped from None


def _stopped_as(status: str | None) -> str:
    """The end of a sentence about a plan that was stopped but not started: its status, and what to do."""
    if not status:
        return ""
    what_to_do = (
        ": run up again; if you put the triggers back, run up --refresh"
        if status == "stopped"
        else ""
    )
    return f"; the plan is {status} now{what_to_do}"


def _start(
    hook: HookCall,
    ref: PlanRef,
    declared: PlanInputs,
    before_reset: Sequence[Plan] | None,
) -> StartResult:
    """Start the plan; ``before_reset``: the job's other plans before its Reset, None if the job is not reset."""
    rerun_log, job_id = hook.session.rerun_log, ref.job_id or ""
    if before_reset is not None:
        _reset(hook, ref)
        rerun_log.note_reset(job_id)
        _notify_started_by_reset(hook, ref, before_reset)
    try:
        started = start_plan(hook, ref, restart_failed=declared.restart_failed)
    except NotStarted:
        raise
    except PrefetchError as error:
        rerun_log.note_started(job_id, ref.plan_id)  # it may have been started
        rerun_log.note_result(ref.plan_id, declared.trigger_text, error)
        raise
    rerun_log.note_started(job_id, ref.plan_id)
    rerun_log.note_result(ref.plan_id, declared.trigger_text, started.plan)
    if before_reset is None:
        return started
    return replace(started, operations=(PlanOperation.RESET, *started.operations))


def _notify_started_by_reset(
    hook: HookCall, ref: PlanRef, before: Sequence[Plan]
) -> None:
    """Name the other plans that the Reset has started: ESA's documentation leaves open whether it does that.

    They are only named: whether and how they are declared is not known here.
    """
    if not before:
        return
    call = replace(hook.list_call(), cache_failure=False)
    plan_cache, job_id = hook.session.plan_cache, ref.job_id or ""
    with suppress(EsaError):
        plan_cache.get(job_id, ref.plan_id, call, max_age=0)
        inactive = {plan.id for plan in before if plan.status in INACTIVE}
        started = [
            f"{plan.id} ({plan.status})"
            for plan in plan_cache.other_plans(job_id, ref.plan_id, call)
            if plan.id in inactive and plan.status in ACTIVE
        ]
        if started:
            warn(
                f"{ref}: the Reset of its job has started other plans of the job: "
                f"{', '.join(started)}; stop those that should not run"
            )


def _reset(hook: HookCall, ref: PlanRef) -> None:
    """Set the job back to its first URL.

    No plan of the job runs, so if an answer is lost a second Reset does no harm. But nothing is sent after a Reset
    that ESA may still carry out: it could come after the Start.
    """
    attempts = Attempts(hook)
    while True:
        try:
            hook.client().reset_scheduled_preload_job(job_id=ref.job_id or "")
        except AnotherId as error:
            # Nothing in the answer is needed.
            hook.session.warn_once(f"{ref}: ESA accepted Reset: {error}")
        except EsaError as error:
            if (
                error.ambiguous
                and not error.under_way
                and attempts.wait_before_next(error)
            ):
                continue
            raise NotStarted(
                f"{ref} was not started again, its job could not be reset: {error}"
            ) from None
        return
