"""Running a plan again: Stop if it runs, back to the first URL, Start; decides not whether."""

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.laps import Laps
from pulumi_esa_prefetch.provider.models import PlanInputs
from pulumi_esa_prefetch.provider.session import Session
from pulumi_esa_prefetch.provider.start import start_plan
from pulumi_esa_prefetch.provider.stop import stop_plan
from pulumi_esa_prefetch.provider.target import Target


def rerun_plan(session: Session, target: Target, declared: PlanInputs) -> Plan:
    """Run the plan again and answer what ESA says of it then.

    All that can be refused is refused before Stop. Raises PrefetchError, which says so if the plan
    is stopped now; the old triggers then stay in state, and the next up does the rest.
    """
    if declared.rerun == "resume":
        return _rerun(session, target, declared)
    with session.turn(target.job_id or ""):
        _refuse_beside_others(session, target)
        return _rerun(session, target, declared)


def _rerun(session: Session, target: Target, declared: PlanInputs) -> Plan:
    stopped = target.status == "running"
    if stopped:
        target = _stopped(session, target)
    try:
        if declared.rerun == "from_start":
            _reset(session, target)
        return start_plan(session, target, restart_failed=declared.restart_failed)
    except PrefetchError as error:
        now = "; the plan is stopped now" if stopped else ""
        raise PrefetchError(f"{error}{now}") from None


def _refuse_beside_others(session: Session, target: Target) -> None:
    others = session.lists.others(target.job_id or "", target.plan_id)
    running = [plan.id for plan in others if plan.status == "running"]
    if running:
        raise PrefetchError(
            f"{target} cannot run again from the first URL while another plan of the job runs "
            f"({', '.join(running)}), for the place in the URL list is the job's: wait for it, stop "
            'it, or declare rerun="resume"'
        )


def _stopped(session: Session, target: Target) -> Target:
    plan = stop_plan(session, target)
    if plan.status == "running":
        raise PrefetchError(
            f"{target} was not started again: ESA accepted Stop and says that the plan still runs; "
            "run up again"
        )
    return Target.of(plan, target.job_id or "")


def _reset(session: Session, target: Target) -> None:
    """No plan of the job runs, so that a second Reset does no harm if an answer is lost."""
    laps = Laps(session)
    while True:
        try:
            laps.client().reset_scheduled_preload_job(job_id=target.job_id or "")
        except EsaError as error:
            if error.ambiguous and laps.again(error):
                continue
            raise PrefetchError(
                f"{target} was not started again, its job could not be reset: {error}"
            ) from None
        return
