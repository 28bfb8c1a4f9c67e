"""What ``check`` can say of a plan before anything is done; it only reads, and is never in the way.

A plan that is about to be created is looked up once, so that a pull request says that it does not exist.
Where the stack has limits (``esa-prefetch:limits``) a plan that is about to start is judged by them.
Looks are brief: one attempt, 5 seconds. Any failure but 'not found' is no answer and turns the looks off
for the run, with one line.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.load import Judgement, Limits, Run, judge_start, refused
from pulumi_esa_prefetch.provider.decision import MISSING, Act, at_create
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
