"""Running a plan again: Stop if it runs, back to the first URL, Start; decides not whether."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from pulumi_esa_prefetch.api.errors import AnotherId, EsaError
from pulumi_esa_prefetch.api.models import GOING_ON, Plan
from pulumi_esa_prefetch.provider.decision import Act, Decision, at_rerun
from pulumi_esa_prefetch.provider.errors import NotStarted, PrefetchError, looking_up
from pulumi_esa_prefetch.provider.hook_deadline import Laps, Work
from pulumi_esa_prefetch.provider.models import PlanInputs
from pulumi_esa_prefetch.provider.plan_ref import Target
from pulumi_esa_prefetch.provider.preflight import refuse_denied
from pulumi_esa_prefetch.provider.session import tell
from pulumi_esa_prefetch.provider.start import AT_REST, Started, start_plan
from pulumi_esa_prefetch.provider.stop import stop_plan


def rerun_plan(
    work: Work, target: Target, before: Plan, declared: PlanInputs
) -> Started:
    """Run the plan again and answer what ESA says of it then.

    The caller has the job's turn, and has looked in it. All that can be refused is refused before Stop.
    A plan that this process has run again for these triggers stays as it is: another record declares it too.
    Raises PrefetchError, which says so if the plan is stopped now; the old triggers then stay in state,
    and the next up does the rest.
    """
    known = work.session.reruns.known(target.plan_id, declared.trigger_text)
    if known is not None:
        return Started(known, starts=0)
    return _rerun(work, target, before, declared)


def _rerun(work: Work, target: Target, before: Plan, declared: PlanInputs) -> Started:
    others = _others(work, target) if declared.rerun == "from_start" else []
    decided = _decide(work, target, before, declared, others)
    rewinds = decided.act is Act.RERUN
    refuse_denied(work, target, rewinds=rewinds)
    if decided.tell:
        tell(f"{target} {decided.why}")
    beside = others if rewinds else None
    if before.status == "running":
        return _stop_and_start(work, target, declared, beside)
    return _start(work, target, declared, beside)


def _others(work: Work, target: Target) -> list[Plan]:
    with looking_up(target):
        return work.session.lists.others(
            target.job_id or "", target.plan_id, work.look()
        )


def _decide(
    work: Work,
    target: Target,
    before: Plan,
    declared: PlanInputs,
    others: Sequence[Plan],
) -> Decision:
    """Whether the job goes back to its first URL (RERUN); PrefetchError if it has to, and may not."""
    if declared.rerun == "resume":
        return Decision(Act.START, "runs on from where its job is")
    running = [plan.id for plan in others if plan.status == "running"]
    # A plan that has come to rest since the Reset may have used the list up.
    going = {plan.id for plan in others if plan.status in GOING_ON}
    since_reset = work.session.reruns.since_reset(target.job_id or "")
    decided = at_rerun(before, running, was_reset=bool(going & since_reset))
    if decided.act is Act.REFUSE:
        raise PrefetchError(f"{target} {decided.why}")
    return decided


def _stop_and_start(
    work: Work,
    target: Target,
    declared: PlanInputs,
    beside: Sequence[Plan] | None,
) -> Started:
    plan = stop_plan(work, target, starts_again=True)
    if plan.status == "running":
        raise PrefetchError(
            f"{target} was not started again: ESA accepted Stop and says that the plan still runs; "
            "run up again"
        )
    target = Target.of(plan, target.job_id or "")
    try:
        return _start(work, target, declared, beside)
    except NotStarted as error:
        raise NotStarted(f"{error}{_left_as(plan.status)}") from None


def _left_as(status: str | None) -> str:
    """Go on, after the reason why the plan was not started, with what is so after its Stop and what to do."""
    if not status:
        return ""
    what_to_do = (
        ": run up again; if you put the triggers back, run up --refresh"
        if status == "stopped"
        else ""
    )
    return f"; the plan is {status} now{what_to_do}"


def _start(
    work: Work,
    target: Target,
    declared: PlanInputs,
    beside: Sequence[Plan] | None,
) -> Started:
    """Start the plan; ``beside``: the job's other plans as they are before its Reset, None if there is to be none."""
    reruns, job_id = work.session.reruns, target.job_id or ""
    if beside is not None:
        _reset(work, target)
        reruns.reset(job_id)
        _tell_set_going(work, target, beside)
    try:
        started = start_plan(work, target, restart_failed=declared.restart_failed)
    except NotStarted:
        raise
    except PrefetchError as error:
        reruns.started(job_id, target.plan_id)  # for all that is known
        reruns.end(target.plan_id, declared.trigger_text, error)
        raise
    reruns.started(job_id, target.plan_id)
    reruns.end(target.plan_id, declared.trigger_text, started.plan)
    return started


def _tell_set_going(work: Work, target: Target, before: Sequence[Plan]) -> None:
    """Name the other plans that the Reset has set going: whether it does so is left open by ESA's pages.

    They are only told of: what is declared of them, if anything, is not known here.
    """
    if not before:
        return
    look = replace(work.look(), lasting=False)
    lists, job_id = work.session.lists, target.job_id or ""
    with suppress(EsaError):
        lists.look_again(job_id, target.plan_id, look)
        rested = {plan.id for plan in before if plan.status in AT_REST}
        going = [
            f"{plan.id} ({plan.status})"
            for plan in lists.others(job_id, target.plan_id, look)
            if plan.id in rested and plan.status in GOING_ON
        ]
        if going:
            tell(
                f"{target}: the Reset of its job has set other plans of the job going: "
                f"{', '.join(going)}; stop what is not to run"
            )


def _reset(work: Work, target: Target) -> None:
    """Set the job back.

    No plan of it runs, so that a second Reset does no harm if an answer is lost.

    One that may still be on its way would: it may come after the Start.
    """
    laps = Laps(work)
    while True:
        try:
            work.client().reset_scheduled_preload_job(job_id=target.job_id or "")
        except (
            AnotherId
        ) as error:  # nothing of the answer is used but that there is one
            work.session.warn_once(f"{target}: ESA accepted Reset: {error}")
        except EsaError as error:
            if error.ambiguous and not error.under_way and laps.again(error):
                continue
            raise NotStarted(
                f"{target} was not started again, its job could not be reset: {error}"
            ) from None
        return
