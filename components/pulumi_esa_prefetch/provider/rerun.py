"""Running a plan again: Stop if it runs, back to the first URL, Start; decides not whether."""

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.decision import Act, Decision, at_rerun
from pulumi_esa_prefetch.provider.errors import NotStarted, PrefetchError, looking_up
from pulumi_esa_prefetch.provider.foresight import refuse_denied
from pulumi_esa_prefetch.provider.laps import Laps
from pulumi_esa_prefetch.provider.models import PlanInputs
from pulumi_esa_prefetch.provider.session import tell
from pulumi_esa_prefetch.provider.start import Started, start_plan
from pulumi_esa_prefetch.provider.stop import stop_plan
from pulumi_esa_prefetch.provider.target import Target
from pulumi_esa_prefetch.provider.work import Work


def rerun_plan(
    work: Work, target: Target, before: Plan, declared: PlanInputs
) -> Started:
    """Run the plan again and answer what ESA says of it then.

    The caller has the job's turn, and has looked in it. All that can be refused is refused before Stop.
    Raises PrefetchError, which says so if the plan is stopped now; the old triggers then stay in state,
    and the next up does the rest.
    """
    decided = _decide(work, target, before, declared)
    rewinds = decided.act is Act.RERUN
    refuse_denied(work, target, rewinds=rewinds)
    if decided.tell:
        tell(f"{target} {decided.why}")
    if before.status == "running":
        return _stop_and_start(work, target, declared, rewinds=rewinds)
    return _start(work, target, declared, rewinds=rewinds)


def _decide(work: Work, target: Target, before: Plan, declared: PlanInputs) -> Decision:
    """Whether the job goes back to its first URL (RERUN); PrefetchError if it has to, and may not."""
    if declared.rerun == "resume":
        return Decision(Act.START, "runs on from where its job is")
    with looking_up(target):
        others = work.session.lists.others(
            target.job_id or "", target.plan_id, work.look()
        )
    running = [plan.id for plan in others if plan.status == "running"]
    decided = at_rerun(before, running)
    if decided.act is Act.REFUSE:
        raise PrefetchError(f"{target} {decided.why}")
    return decided


def _stop_and_start(
    work: Work, target: Target, declared: PlanInputs, *, rewinds: bool
) -> Started:
    plan = stop_plan(work, target, starts_again=True)
    if plan.status == "running":
        raise PrefetchError(
            f"{target} was not started again: ESA accepted Stop and says that the plan still runs; "
            "run up again"
        )
    target = Target.of(plan, target.job_id or "")
    try:
        return _start(work, target, declared, rewinds=rewinds)
    except NotStarted as error:
        now = f"; the plan is {plan.status} now" if plan.status else ""
        raise NotStarted(f"{error}{now}") from None


def _start(
    work: Work, target: Target, declared: PlanInputs, *, rewinds: bool
) -> Started:
    if rewinds:
        _reset(work, target)
    return start_plan(work, target, restart_failed=declared.restart_failed)


def _reset(work: Work, target: Target) -> None:
    """No plan of the job runs, so that a second Reset does no harm if an answer is lost.

    One that may still be on its way would: it may come after the Start.
    """
    laps = Laps(work)
    while True:
        try:
            work.client().reset_scheduled_preload_job(job_id=target.job_id or "")
        except EsaError as error:
            if error.ambiguous and not error.under_way and laps.again(error):
                continue
            raise NotStarted(
                f"{target} was not started again, its job could not be reset: {error}"
            ) from None
        return
