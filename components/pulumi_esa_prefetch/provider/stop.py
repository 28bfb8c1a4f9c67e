"""Stopping a plan, whatever becomes of the answers; decides not whether it should be stopped.

Stop on a plan that does not run changes nothing, so it may be repeated; what a refusal means is
looked up, for ESA's documentation leaves open how it answers then (StopScheduledPreloadExecution).
"""

from pulumi_esa_prefetch.api.errors import BadAnswer, EsaError, NotFound
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.errors import PlanGone, PrefetchError
from pulumi_esa_prefetch.provider.hook_deadline import Laps, Work
from pulumi_esa_prefetch.provider.plan_ref import Target


def stop_plan(work: Work, target: Target, *, starts_again: bool = False) -> Plan:
    """Stop the plan and answer what ESA says of it then; it may not be running for another reason.

    Raises PlanGone if it does not exist, PrefetchError if it may still run; for one that ``starts_again``
    also if a Stop may still be on its way, for it would stop what is started after it.
    """
    laps, warned = Laps(work), False
    while True:
        try:
            answer = work.client().stop_scheduled_preload_execution(
                plan_id=target.plan_id
            )
            return _accepted(work, target, answer)
        except EsaError as error:
            job_id = target.job_id or work.session.lists.job_of(target.plan_id)
            target = target.in_job(job_id)
            if isinstance(error, BadAnswer):
                _refuse_unknown_job(target, error)
                if not warned:  # each answer has another request id
                    work.session.warn_once(_unusable(target, error))
                warned = True
            plan = _settle(work, target, error)
            if starts_again and error.under_way and not _has_stopped(plan):
                raise _not_stopped(target, error) from None
            if plan is not None:
                return plan
            if not (error.ambiguous and laps.again(error)):
                raise _not_stopped(target, error) from None


def _unusable(target: Target, error: EsaError) -> str:
    return f"{target}: ESA accepted Stop, and its answer cannot be used: {error}"


def _refuse_unknown_job(target: Target, error: EsaError) -> None:
    """Repeat no Stop that ESA has accepted: without a job nothing shows what came of it."""
    if target.job_id is None:
        raise PrefetchError(
            f"{_unusable(target, error)}; give job_id and run up again"
        ) from None


def _accepted(work: Work, target: Target, answer: Plan) -> Plan:
    plan, contradiction = target.filled(answer), target.contradiction(answer)
    if plan.job_id is None:
        job_id = work.session.lists.job_of(plan.id)
        plan = plan.model_copy(update={"job_id": job_id})
    work.session.warn_once(contradiction)
    if plan.job_id is not None and plan.status is not None:
        work.session.lists.note(plan)
        return plan
    if plan.job_id is not None:
        return _seen(work, target.in_job(plan.job_id)) or plan
    raise PrefetchError(
        f"ESA accepted Stop for {target}, but its answer names no job{' that can be read' if contradiction else ''}: "
        "give job_id and run up again"
    )


def _settle(work: Work, target: Target, error: EsaError) -> Plan | None:
    """The plan if it runs no longer after all; None if Stop is still to be done."""
    if isinstance(error, NotFound):
        raise PlanGone(f"{target} does not exist: {error}") from None
    if target.job_id is None:
        return None
    try:
        seen = _seen(work, target)
    except EsaError:
        return None
    if seen is None:
        raise PlanGone(f"{target} does not exist any more") from None
    return None if seen.status == "running" else seen


def _has_stopped(plan: Plan | None) -> bool:
    """Whether the Stop itself has been carried out: a plan may come to its end without it."""
    return plan is not None and plan.status == "stopped"


def _seen(work: Work, target: Target) -> Plan | None:
    """The plan, by a list asked for after the Stop: what was known before it is worth nothing."""
    lists, job_id = work.session.lists, target.job_id or ""
    lists.forget(job_id)
    seen = lists.look_again(job_id, target.plan_id, work.last_look())
    return target.own(seen) if seen else None


def _not_stopped(target: Target, error: EsaError) -> PrefetchError:
    if target.job_id:
        return PrefetchError(f"{target} was not stopped: {error}")
    what = (
        f"it is not known whether {target} was stopped"
        if error.ambiguous
        else f"{target} was not stopped"
    )
    return PrefetchError(
        f"{what}: {error}; give job_id, so that the plan's status can be looked up"
    )
