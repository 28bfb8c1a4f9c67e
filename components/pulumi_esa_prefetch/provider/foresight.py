"""What can be said of a plan before anything is done; it only reads.

``check`` asks early and is never in the way; what a limit denies is refused again right before the Start,
for drift, a missing job_id or a look that failed may have kept it from ``check``.
A plan that is about to be created is looked up once, so that a pull request says that it does not exist.
Where the stack has limits (``esa-prefetch:limits``) a plan that is about to start is judged by them.
``check`` looks briefly: one attempt, 5 seconds. Any failure but 'not found' is no answer and turns the looks off
for the run, with one line.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.load import Judgement, Kind, Limits, Run, judge_start, refused
from pulumi_esa_prefetch.provider.decision import MISSING, Act, at_create
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.models import PlanInputs, one_spelling
from pulumi_esa_prefetch.provider.session import Session
from pulumi_esa_prefetch.provider.target import Target

CHECK_SECONDS = 5.0


def objections(
    session: Session, olds: Mapping[str, Any], declared: PlanInputs
) -> list[str]:
    """What stands against the plan, each a sentence; warnings are told, once each."""
    if declared.job_id is None or not session.verify:
        return []
    try:
        return _objections(session, one_spelling(olds), declared, declared.job_id)
    except EsaError as error:
        session.stop_verifying(error)
        return []


def refuse_denied(session: Session, target: Target, *, rewinds: bool = False) -> None:
    """Raise PrefetchError if a limit denies the Start that is about to be made.

    Nothing is asked where no limit denies anything: warnings are for ``check``.
    """
    if session.limits is None or not _denies(session.limits, session.clock.now()):
        return
    unjudged = f"{target} was not started: esa-prefetch:limits deny, and the plan cannot be judged"
    if target.job_id is None or target.before is None:
        raise PrefetchError(f"{unjudged} without its job: give job_id")
    try:
        job = session.job(
            target.job_id,
            lambda wanted: session.client.get_scheduled_preload_job(job_id=wanted),
        )
        judged = _judged(session, session.limits, target.before, job, rewinds=rewinds)
    except EsaError as error:
        raise PrefetchError(f"{unjudged}: {error}") from None
    reasons = "; ".join(reason.rstrip(".") for reason in refused(judged))
    if reasons:
        raise PrefetchError(
            f"{target} was not started, for esa-prefetch:limits deny it: {reasons}"
        )


def _denies(limits: Limits, now: datetime) -> bool:
    """Whether any limit that may still matter is hard."""
    kinds: list[Kind] = ["fit", "past"]
    if limits.max_origin_urls_per_second is not None:
        kinds.append("rate")
    if any(freeze.window.end > now for freeze in limits.freeze):
        kinds.append("freeze")
    return any(limits.level(kind) == "deny" for kind in kinds)


def _objections(
    session: Session, olds: Mapping[str, Any], declared: PlanInputs, job_id: str
) -> list[str]:
    is_new = olds.get("plan_id") != declared.plan_id
    if not is_new and (session.limits is None or not _runs_anew(olds, declared)):
        return []
    brief = session.client.limited(attempts=1, seconds=CHECK_SECONDS)
    plan = session.lists.find(
        job_id,
        declared.plan_id,
        lambda job: brief.list_scheduled_preload_executions(job_id=job),
    )
    if plan is None:
        missing = f"{Target(declared.plan_id, job_id)} {MISSING}"
        return [missing] if is_new else []
    if session.limits is None or (is_new and not _starts(declared, plan)):
        return []
    job = session.job(
        job_id, lambda wanted: brief.get_scheduled_preload_job(job_id=wanted)
    )
    rewinds = not is_new and declared.rerun == "from_start"
    judged = _judged(session, session.limits, plan, job, rewinds=rewinds)
    for judgement in judged:
        if judgement.level == "warn":
            session.tell_once(judgement.text)
    return refused(judged)


def _starts(declared: PlanInputs, plan: Plan) -> bool:
    return at_create(declared, plan).act is Act.START


def _runs_anew(olds: Mapping[str, Any], declared: PlanInputs) -> bool:
    try:
        before = PlanInputs.parse(olds)
    except ValidationError:
        return False
    changed = before.trigger_text != declared.trigger_text
    return declared.desired_state == "running" and (
        changed or before.desired_state == "stopped"
    )


def _judged(
    session: Session, limits: Limits, plan: Plan, job: Job, *, rewinds: bool
) -> list[Judgement]:
    run = _run(plan)
    if run is None:
        return []
    others = [
        other
        for each in session.lists.others(job.id, plan.id)
        if each.status in {"waiting", "running"} and (other := _run(each))
    ]
    return judge_start(
        run,
        others,
        limits,
        session.clock.now(),
        urls=job.url_count,
        submitted=0 if rewinds else job.task_submitted or 0,
        origins=[name for name in (job.domains or "").split(",") if name],
    )


def _run(plan: Plan) -> Run | None:
    if not plan.interval or not plan.slice_len:
        return None
    return Run(
        f"plan {plan.id}",
        plan.interval,
        plan.slice_len,
        plan.start_time,
        plan.end_time,
        running=plan.status == "running",
    )
