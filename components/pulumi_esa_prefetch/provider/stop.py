"""Stopping a plan, whatever becomes of the answers; decides not whether it should be stopped.

Stop on a plan that does not run changes nothing, so it may be repeated; what a refusal means is
looked up, for ESA's documentation leaves open how it answers then (StopScheduledPreloadExecution).
"""

from pulumi_esa_prefetch.api.errors import EsaError, NotFound
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.errors import PlanGone, PrefetchError
from pulumi_esa_prefetch.provider.laps import Laps
from pulumi_esa_prefetch.provider.session import Session
from pulumi_esa_prefetch.provider.target import Target


def stop_plan(session: Session, target: Target) -> Plan:
    """Stop the plan and answer what ESA says of it then; it may not be running for another reason.

    Raises PlanGone if it does not exist, PrefetchError if it may still run.
    """
    laps = Laps(session)
    while True:
        try:
            answer = laps.client().stop_scheduled_preload_execution(
                plan_id=target.plan_id
            )
            return _accepted(session, target, target.filled(answer))
        except EsaError as error:
            plan = _settle(session, target, error)
            if plan is not None:
                return plan
            if not (error.ambiguous and laps.again(error)):
                raise _not_stopped(target, error) from None


def _accepted(session: Session, target: Target, plan: Plan) -> Plan:
    if plan.job_id is not None and plan.status is not None:
        session.lists.note(plan)
        return plan
    if plan.job_id is not None:
        session.lists.forget(plan.job_id)
        seen = session.lists.look_again(plan.job_id, plan.id)
        return seen or plan
    raise PrefetchError(
        f"ESA accepted Stop for {target}, but its answer names no job: give job_id and run up "
        "again"
    )


def _settle(session: Session, target: Target, error: EsaError) -> Plan | None:
    """The plan if it runs no longer after all; None if Stop is still to be done."""
    if isinstance(error, NotFound):
        raise PlanGone(f"{target} does not exist: {error}") from None
    if target.job_id is None:
        return None
    session.lists.forget(target.job_id)
    try:
        seen = session.lists.look_again(target.job_id, target.plan_id)
    except EsaError:
        return None
    if seen is None:
        raise PlanGone(f"{target} does not exist any more") from None
    return None if seen.status == "running" else seen


def _not_stopped(target: Target, error: EsaError) -> PrefetchError:
    hint = (
        ""
        if target.job_id
        else "; give job_id, so that the plan's status can be looked up"
    )
    return PrefetchError(f"{target} was not stopped: {error}{hint}")
