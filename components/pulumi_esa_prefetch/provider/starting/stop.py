"""Stops a plan, also when ESA refuses or the answer is lost; whether to stop it is decided elsewhere.

Stop on a plan that does not run changes nothing, so it may be repeated. After a refusal the plan is looked up, because
ESA's documentation leaves open what it answers then (StopScheduledPreloadExecution).
"""

from pulumi_esa_prefetch.api.errors import BadAnswer, EsaError, NotFound
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.errors import PlanGone, PrefetchError
from pulumi_esa_prefetch.provider.hook_call import Attempts, HookCall
from pulumi_esa_prefetch.provider.plan_ref import PlanRef


def stop_plan(hook: HookCall, ref: PlanRef, *, starts_again: bool = False) -> Plan:
    """Stop the plan and return it as ESA shows it then; it may have ended by itself.

    Raises PlanGone if it does not exist, PrefetchError if it may still run. ``starts_again``: the caller will start
    it; then PrefetchError is also raised if ESA may still carry out a Stop, which would stop the new run.
    """
    attempts, warned = Attempts(hook), False
    while True:
        try:
            answer = hook.client().stop_scheduled_preload_execution(plan_id=ref.plan_id)
            return _accepted(hook, ref, answer)
        except EsaError as error:
            job_id = ref.job_id or hook.session.plan_cache.job_of(ref.plan_id)
            ref = ref.with_job(job_id)
            if isinstance(error, BadAnswer):
                _refuse_unknown_job(ref, error)
                if not warned:  # once: each answer has its own request id
                    hook.session.warn_once(_unusable(ref, error))
                warned = True
            plan = _settle(hook, ref, error)
            if starts_again and error.under_way and not _has_stopped(plan):
                raise _not_stopped(ref, error) from None
            if plan is not None:
                return plan
            if not (error.ambiguous and attempts.wait_before_next(error)):
                raise _not_stopped(ref, error) from None


def _unusable(ref: PlanRef, error: EsaError) -> str:
    return f"{ref}: ESA accepted Stop, and its answer cannot be used: {error}"


def _refuse_unknown_job(ref: PlanRef, error: EsaError) -> None:
    """Do not repeat a Stop that ESA has accepted: without a job, its effect cannot be looked up."""
    if ref.job_id is None:
        raise PrefetchError(
            f"{_unusable(ref, error)}; give job_id and run up again"
        ) from None


def _accepted(hook: HookCall, ref: PlanRef, answer: Plan) -> Plan:
    plan, contradiction = ref.completed_with(answer), ref.contradiction(answer)
    if plan.job_id is None:
        job_id = hook.session.plan_cache.job_of(plan.id)
        plan = plan.model_copy(update={"job_id": job_id})
    hook.session.warn_once(contradiction)
    if plan.job_id is not None and plan.status is not None:
        hook.session.plan_cache.store(plan)
        return plan
    if plan.job_id is not None:
        try:
            return _seen(hook, ref.with_job(plan.job_id)) or plan
        except EsaError as error:
            raise PrefetchError(
                f"ESA accepted Stop for {ref}, and its status cannot be read since: {error}; run this again"
            ) from None
    raise PrefetchError(
        f"ESA accepted Stop for {ref}, but its answer names no job{' that can be read' if contradiction else ''}: "
        "give job_id and run up again"
    )


def _settle(hook: HookCall, ref: PlanRef, error: EsaError) -> Plan | None:
    """The plan if it no longer runs; None if Stop may have to be sent again."""
    if isinstance(error, NotFound):
        raise PlanGone(f"{ref} does not exist: {error}") from None
    if ref.job_id is None:
        return None
    try:
        seen = _seen(hook, ref)
    except EsaError:
        return None
    if seen is None:
        raise PlanGone(f"{ref} does not exist any more") from None
    return None if seen.status == "running" else seen


def _has_stopped(plan: Plan | None) -> bool:
    """Whether Stop had its effect; otherwise the plan may have ended by itself."""
    return plan is not None and plan.status == "stopped"


def _seen(hook: HookCall, ref: PlanRef) -> Plan | None:
    """The plan, by a list that is requested after the Stop."""
    plan_cache, job_id = hook.session.plan_cache, ref.job_id or ""
    plan_cache.invalidate(job_id)
    seen = plan_cache.get(job_id, ref.plan_id, hook.last_list_call(), max_age=0)
    return ref.in_known_job(seen) if seen else None


def _not_stopped(ref: PlanRef, error: EsaError) -> PrefetchError:
    if ref.job_id:
        return PrefetchError(f"{ref} was not stopped: {error}")
    what = (
        f"it is not known whether {ref} was stopped"
        if error.ambiguous
        else f"{ref} was not stopped"
    )
    return PrefetchError(
        f"{what}: {error}; give job_id, so that the plan's status can be looked up"
    )
