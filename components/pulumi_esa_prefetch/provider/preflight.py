"""What can be said of a plan before anything is done; it only reads.

``check`` asks early and is never in the way: 5 seconds for all its looks, one attempt each. Any failure but
'not found' is no answer and turns the looks off for the run, with one line.
A plan that is about to be created is looked up, so that a pull request says that it does not exist, or that
ESA will not do what is declared. Of one on record whose update will be refused there is a warning.
Where the stack has limits (``esa-prefetch:limits``) a plan that is about to start is judged by them. A plan on
record is only warned of then: its window in ESA may be about to be changed by another resource of the same run,
unless the triggers say the new one, as those of a ``SitePrefetch`` do.
What a limit denies is refused right before the Start, by what ESA says then.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import GOING_ON, Job, Plan
from pulumi_esa_prefetch.load import Judgement, Kind, Limits, Run, judge_start, refused
from pulumi_esa_prefetch.provider.decision import (
    MISSING,
    Act,
    at_create,
    at_update,
    is_doubtful,
)
from pulumi_esa_prefetch.provider.errors import NotStarted
from pulumi_esa_prefetch.provider.hook_deadline import Work
from pulumi_esa_prefetch.provider.models import (
    Declaration,
    PlanInputs,
    PlanState,
    one_spelling,
)
from pulumi_esa_prefetch.provider.plan_cache import StillAsking
from pulumi_esa_prefetch.provider.plan_ref import Target
from pulumi_esa_prefetch.provider.session import WARNING, Session


def objections(
    session: Session, olds: Mapping[str, Any], declaration: Declaration
) -> list[str]:
    """What stands against the plan, each a sentence; warnings are told, once each."""
    declared, olds = declaration.inputs, one_spelling(olds)
    if declared is None:
        return []
    if _is_contradicted(session, olds, declaration, declared):
        target = Target(declared.plan_id, declared.job_id)
        return [
            f"{target} is declared running and stopped by two resources: declare it once"
        ]
    if declared.job_id is None or not session.verify:
        return []
    work = Work.brief(session)
    try:
        if olds.get("plan_id") != declared.plan_id:
            return _of_a_new_one(work, declared, declared.job_id)
        return _of_one_on_record(work, olds, declaration, declared.job_id)
    except StillAsking:
        pass
    except EsaError as error:
        session.stop_verifying(error)
    return []


def denies(session: Session) -> bool:
    """Whether any limit that may still matter is hard."""
    limits = session.limits
    if limits is None:
        return False
    kinds: list[Kind] = ["fit", "past"]
    if limits.max_origin_urls_per_second is not None:
        kinds.append("rate")
    now = session.clock.now()
    if any(freeze.window.end > now for freeze in limits.freeze):
        kinds.append("freeze")
    return any(limits.level(kind) == "deny" for kind in kinds)


def refuse_denied(work: Work, target: Target, *, rewinds: bool = False) -> None:
    """Raise NotStarted if a limit denies the Start that is about to be made.

    The caller has just looked at the plan; the job is looked at here. Nothing is asked where no limit
    denies anything: warnings are for ``check``.
    """
    limits = work.session.limits
    if limits is None or not denies(work.session):
        return
    unjudged = f"{target} was not started: esa-prefetch:limits deny, and the plan cannot be judged"
    if target.job_id is None or target.before is None:
        raise NotStarted(f"{unjudged} without its job: give job_id")
    run = _run(target.before)
    if run is None:
        raise NotStarted(f"{unjudged}: ESA does not say its Interval and SliceLen")
    try:
        job = work.client().get_scheduled_preload_job(job_id=target.job_id)
        judged = _judged(work, limits, target.before, run, job, rewinds=rewinds)
    except EsaError as error:
        raise NotStarted(f"{unjudged}: {error}") from None
    reasons = "; ".join(refused(judged))
    if reasons:
        raise NotStarted(
            f"{target} was not started, for esa-prefetch:limits deny it: {reasons}"
        )


def _is_contradicted(
    session: Session,
    olds: Mapping[str, Any],
    declaration: Declaration,
    declared: PlanInputs,
) -> bool:
    """Whether another resource wants the plan otherwise: each ``up --refresh`` would undo what the last did.

    Nothing tells two resources apart here, so that two equal declarations pass. A record that becomes one of
    another plan is checked once more, as a new one, and only then without what the program ignores
    (``ignore_changes``).
    """
    will_be_checked_again = olds.get("plan_id", declared.plan_id) != declared.plan_id
    if will_be_checked_again or "desired_state" in declaration.unknown:
        return False
    return session.contradicts(declared.plan_id, declared.desired_state)


def _of_a_new_one(work: Work, declared: PlanInputs, job_id: str) -> list[str]:
    session = work.session
    # Plans may be made by the dozen: those who ask in the meantime wait too, at the same time.
    plan = work.find_new(job_id, declared.plan_id, waits=session.doubts_absence)
    if plan is None:
        session.believe_absence()
        return [f"{Target(declared.plan_id, job_id)} {MISSING}"]
    decided = at_create(declared, plan)
    if decided.act is Act.REFUSE and not is_doubtful(plan, session.clock.now()):
        return [f"{Target(declared.plan_id, job_id)} {decided.why}"]
    run = _run(plan)
    if session.limits is None or run is None or decided.act is not Act.START:
        return []
    job = _job(work, job_id)
    judged = _judged(work, session.limits, plan, run, job, rewinds=False)
    _warn(session, [each.text for each in judged if each.level == "warn"])
    return refused(judged)


def _of_one_on_record(
    work: Work, olds: Mapping[str, Any], declaration: Declaration, job_id: str
) -> list[str]:
    declared, before = declaration.inputs, _read(olds)
    if declared is None or before is None:
        return []
    limits = work.session.limits if _runs_anew(before, declared) else None
    if limits is None and not _may_be_refused(before, declared):
        return []
    plan = work.session.lists.find(job_id, declared.plan_id, work.look())
    if plan is None:
        return []
    if not declaration.unknown:
        _warn(work.session, _refusal(work.session, before, declared, plan))
    return _limited(work, declared, plan, limits) if limits else []


def _limited(work: Work, declared: PlanInputs, plan: Plan, limits: Limits) -> list[str]:
    announced = _announced(declared)
    run = announced or _run(plan)
    if run is None:
        return []
    rewinds = declared.rerun == "from_start"
    job = _job(work, declared.job_id or "")
    judged = _judged(work, limits, plan, run, job, rewinds=rewinds)
    # Whether the list fits hangs on the other plans too, whose windows may be about to change.
    sure = [each for each in judged if announced is not None and each.kind != "fit"]
    denied = refused(sure)
    _warn(work.session, [_for_now(each) for each in judged if each.text not in denied])
    return denied


def _refusal(
    session: Session, before: PlanInputs, declared: PlanInputs, plan: Plan
) -> list[str]:
    """What the update will be refused for, unless this run changes it first, as ``SitePrefetch`` does."""
    now, target = session.clock.now(), Target(declared.plan_id, declared.job_id)
    if is_doubtful(plan, now) or _announced(declared) is not None:
        return []
    recorded = PlanState.of(before, declared.job_id or "")
    decided = at_update(declared, recorded, plan, now)
    if decided.act is not Act.REFUSE:
        return []
    return [
        f"{target} {decided.why}; its update will be refused unless this run changes that first"
    ]


def _for_now(judgement: Judgement) -> str:
    if judgement.level == "warn":
        return judgement.text
    return (
        f"{judgement.text}: esa-prefetch:limits deny it as it stands; this is judged again right before "
        "the Start"
    )


def _warn(session: Session, sentences: list[str]) -> None:
    for sentence in sentences:
        session.tell_once(f"{WARNING}{sentence}")


def _job(work: Work, job_id: str) -> Job:
    return work.session.job(
        job_id,
        lambda wanted: work.client().get_scheduled_preload_job(job_id=wanted),
    )


def _read(olds: Mapping[str, Any]) -> PlanInputs | None:
    try:
        return PlanInputs.parse(olds)
    except ValidationError:
        return None


def _runs_anew(before: PlanInputs, declared: PlanInputs) -> bool:
    changed = before.trigger_text != declared.trigger_text
    return declared.desired_state == "running" and (
        changed or before.desired_state == "stopped"
    )


def _may_be_refused(before: PlanInputs, declared: PlanInputs) -> bool:
    """Whether the change is one of those that not every plan allows: a rerun, or a Stop."""
    if declared.desired_state == "stopped":
        return before.desired_state == "running"
    return before.trigger_text != declared.trigger_text


def _announced(declared: PlanInputs) -> Run | None:
    """The window that the triggers say the plan will have, in the form SitePrefetch gives it."""
    window = declared.triggers.get("window")
    if not isinstance(window, dict):
        return None
    try:
        return _run(Plan.model_validate(window | {"id": declared.plan_id}))
    except ValidationError:
        return None


def _run(plan: Plan) -> Run | None:
    return Run.of(plan, f"plan {plan.id}")


def _judged(
    work: Work, limits: Limits, plan: Plan, run: Run, job: Job, *, rewinds: bool
) -> list[Judgement]:
    session = work.session
    others = [
        other
        for each in session.lists.others(job.id, plan.id, work.look())
        if each.status in GOING_ON and (other := _run(each))
    ]
    return judge_start(
        run,
        others,
        limits,
        session.clock.now(),
        urls=job.url_count,
        submitted=0 if rewinds else job.task_submitted or 0,
        origins=job.origins,
    )
