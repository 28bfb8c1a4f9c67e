"""Checks of a plan before anything is done; it only reads.

``check`` runs them early and must not delay a run: 5 seconds for all its lists, one attempt each. Keys that ESA
refuses, and keys that are missing, are an error of each plan that is looked up: its Start would fail too. Any other
failure, also of a source of keys that does not answer, turns the checks off for the run, with one warning.

- A plan that will be created is looked up. So a pull request shows that it does not exist, or that ESA will
  not do what is declared. What will be done is kept as the line of a preview.
- A job without URLs, or with URLs that ESA refused, is a warning where one of its plans will be started.
- For a plan that is in the state and whose update will be refused, there is a warning. It is an error if
  ``esa-prefetch:answers`` prove that ESA refuses it.
- If the stack has limits (``esa-prefetch:limits``), a plan that is about to start is checked against them. If it is in
  the state, there is only a warning: another resource of the same run may be about to change its window in ESA.
  It is an error if the triggers hold the new window, as those of a ``SitePrefetch`` do.

Right before each Start, `enforce_limits` refuses what a limit denies, by what ESA returns then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import (
    BadCredentials,
    EsaError,
    KeysNotFetched,
    NoCredentials,
    PlanUnreadable,
)
from pulumi_esa_prefetch.api.models import ACTIVE, Job, Plan
from pulumi_esa_prefetch.load import (
    Kind,
    LimitFinding,
    Limits,
    Run,
    check_start,
    denied_sentences,
)
from pulumi_esa_prefetch.provider.errors import NotStarted
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.outcome_words import (
    PlanOperation,
    job_problem,
    operations_of,
    planned,
)
from pulumi_esa_prefetch.provider.plan_cache import ListInProgress
from pulumi_esa_prefetch.provider.plan_decision import (
    Act,
    Decision,
    at_create,
    at_rerun,
    at_update,
    may_be_stale,
)
from pulumi_esa_prefetch.provider.plan_properties import (
    Declaration,
    PlanInputs,
    PlanState,
    one_spelling,
)
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.settings.esa_answers import SETTING as ANSWERS

_NO_PLAN = "0" * 24


def preflight_errors(
    session: ProviderSession, olds: Mapping[str, Any], declaration: Declaration
) -> list[str]:
    """What is wrong with the plan, one sentence each; warnings are shown, once each."""
    declared, olds = declaration.inputs, one_spelling(olds)
    if declared is None:
        return []
    if _is_declared_otherwise(session, olds, declaration, declared):
        ref = PlanRef(declared.plan_id, declared.job_id)
        return [
            f"{ref} is declared running and stopped by two resources: declare it once"
        ]
    return _verify(session, olds, declaration, declared) if session.verify else []


def _verify(
    session: ProviderSession,
    olds: Mapping[str, Any],
    declaration: Declaration,
    declared: PlanInputs,
) -> list[str]:
    """Look at the plan in ESA where that is needed; what is wrong with it, one sentence each."""
    hook, job_id = HookCall.brief(session), declared.job_id
    if job_id is None:
        return []
    try:
        if olds.get("plan_id") != declared.plan_id:
            return _check_new_plan(hook, declared, job_id)
        return _check_recorded_plan(hook, olds, declaration, job_id)
    except ListInProgress:
        pass
    except PlanUnreadable as error:
        return [f"{PlanRef(declared.plan_id, job_id)} cannot be verified: {error}"]
    except KeysNotFetched as error:
        session.stop_verifying(error)
    except (BadCredentials, NoCredentials) as error:
        session.refuse_keys(error)
        return [f"{PlanRef(declared.plan_id, job_id)} cannot be verified: {error}"]
    except EsaError as error:
        session.stop_verifying(error)
    return []


def keep_planned_line(
    session: ProviderSession | None,
    decided: Decision,
    declared: PlanInputs | None,
    status: str | None,
) -> None:
    """Keep what a preview says about the plan: ``will be started: is stopped``; nothing for an unchanged one."""
    if declared is None or session is None or not session.verify:
        return
    _keep_line(session, operations_of(decided, declared, status), decided)


def _keep_line(
    session: ProviderSession, operations: Sequence[PlanOperation], decided: Decision
) -> None:
    if operations:
        line = planned(operations, decided.why, repeats=decided.repeats)
        session.planned_lines.keep(line)


def warn_of_job(hook: HookCall, job_id: str) -> None:
    """Warn, once for each job, if it has no URLs or ESA refused some: its plans fetch nothing, or not all."""
    try:
        job = _job(hook, job_id)
    except EsaError:
        return  # a plan may be started without the right to read its job
    hook.session.warn_once(job_problem(job))


def has_hard_limits(session: ProviderSession) -> bool:
    """Whether any limit that may still apply denies, rather than warns."""
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


def enforce_limits(hook: HookCall, ref: PlanRef, *, rewinds: bool = False) -> None:
    """Raise NotStarted if a limit denies the Start that is about to be sent.

    The caller has just listed the plan; the job is read here. If no limit denies anything, nothing is read:
    warnings belong to ``check``.
    """
    limits = hook.session.limits
    if limits is None or not has_hard_limits(hook.session):
        return
    unjudged = f"{ref} was not started: esa-prefetch:limits deny, and the plan cannot be judged"
    if ref.job_id is None or ref.before is None:
        raise NotStarted(f"{unjudged} without its job: give job_id")
    run = _run_of(ref.before)
    if run is None:
        raise NotStarted(f"{unjudged}: ESA does not say its Interval and SliceLen")
    try:
        job = hook.client().get_scheduled_preload_job(job_id=ref.job_id)
        findings = _limit_findings(hook, limits, ref.before, run, job, rewinds=rewinds)
    except EsaError as error:
        raise NotStarted(f"{unjudged}: {error}") from None
    hook.session.warn_once(job_problem(job))
    reasons = "; ".join(denied_sentences(findings))
    if reasons:
        raise NotStarted(
            f"{ref} was not started, because esa-prefetch:limits deny it: {reasons}"
        )


def _is_declared_otherwise(
    session: ProviderSession,
    olds: Mapping[str, Any],
    declaration: Declaration,
    declared: PlanInputs,
) -> bool:
    """Whether another resource declares another state for the plan: each ``up --refresh`` would undo the last one.

    Two resources cannot be told apart here, so two equal declarations pass. A resource that gets another plan is
    checked a second time, as a new one and without ``ignore_changes``; only that check counts.
    """
    will_be_checked_again = olds.get("plan_id", declared.plan_id) != declared.plan_id
    if will_be_checked_again or "desired_state" in declaration.unknown:
        return False
    return session.is_declared_otherwise(declared.plan_id, declared.desired_state)


def _check_new_plan(hook: HookCall, declared: PlanInputs, job_id: str) -> list[str]:
    session = hook.session
    # Many plans may have been created just now: all threads wait at the same time.
    plan = hook.find_new_plan(job_id, declared.plan_id, waits=session.waits_for_missing)
    if plan is None:
        session.confirm_missing()
        return [f"{PlanRef(declared.plan_id, job_id)} {hook.missing(job_id)}"]
    decided = at_create(declared, plan)
    if decided.act is Act.REFUSE and not may_be_stale(plan, session.clock.now()):
        return [f"{PlanRef(declared.plan_id, job_id)} {decided.why}"]
    keep_planned_line(session, decided, declared, plan.status)
    if decided.act is not Act.START:
        return []
    return start_problems(hook, plan, job_id, rewinds=False)


def start_problems(
    hook: HookCall, plan: Plan, job_id: str, *, rewinds: bool
) -> list[str]:
    """What limits deny of a Start of the plan as it is in ESA; what they, or its job, give to warn of is shown."""
    session = hook.session
    warn_of_job(hook, job_id)
    run = _run_of(plan)
    if session.limits is None or run is None:
        return []
    job = _job(hook, job_id)
    findings = _limit_findings(hook, session.limits, plan, run, job, rewinds=rewinds)
    _warn(session, [each.text for each in findings if each.level == "warn"])
    return denied_sentences(findings)


def _check_recorded_plan(
    hook: HookCall, olds: Mapping[str, Any], declaration: Declaration, job_id: str
) -> list[str]:
    declared, before = declaration.inputs, _parsed(olds)
    if declared is None or before is None:
        return []
    limits = hook.session.limits if _will_start(before, declared) else None
    if limits is None and not _may_be_refused(before, declared):
        return []
    plan = hook.session.plan_cache.find(job_id, declared.plan_id, hook.list_call())
    if plan is None:
        return []
    if not declaration.unknown:
        refused = _predict_update(hook, before, declared, plan)
        if refused:
            return refused
        if _will_start(before, declared):
            warn_of_job(hook, job_id)
    return _check_limits(hook, declared, plan, limits) if limits else []


def _check_limits(
    hook: HookCall, declared: PlanInputs, plan: Plan, limits: Limits
) -> list[str]:
    declared_run = _declared_run(declared)
    run = declared_run or _run_of(plan)
    if run is None:
        return []
    rewinds = declared.rerun == "from_start"
    job = _job(hook, declared.job_id or "")
    findings = _limit_findings(hook, limits, plan, run, job, rewinds=rewinds)
    # Whether the URL list fits depends on the other plans too, whose windows may be about to change.
    sure = [
        each for each in findings if declared_run is not None and each.kind != "fit"
    ]
    denied = denied_sentences(sure)
    _warn(
        hook.session,
        [_as_warning(each) for each in findings if each.text not in denied],
    )
    return denied


def _predict_update(
    hook: HookCall, before: PlanInputs, declared: PlanInputs, plan: Plan
) -> list[str]:
    """Keep the line of a preview; warn if the update will be refused, or return the refusal if a probe proves it.

    This run may change the plan's window before the update, as ``SitePrefetch`` does.
    """
    session, now = hook.session, hook.session.clock.now()
    recorded = PlanState.of(before, declared.job_id or "")
    decided = at_update(declared, recorded, plan, now)
    if decided.act is not Act.REFUSE:
        _keep_update(hook, decided, declared, plan)
    elif not may_be_stale(plan, now) and _declared_run(declared) is None:
        ref = PlanRef(declared.plan_id, declared.job_id)
        if session.answers.prove(decided.question, "refused"):
            proof = f"{ANSWERS} say that ESA refuses it ({decided.question})"
            return [f"{ref} {decided.why}; {proof}"]
        session.warn_once(
            f"{ref} {decided.why}; its update will be refused unless this run changes that first"
        )
    return []


def _keep_update(
    hook: HookCall, decided: Decision, declared: PlanInputs, plan: Plan
) -> None:
    operations = operations_of(decided, declared, plan.status)
    lines, job_id = hook.session.planned_lines, declared.job_id or ""
    if PlanOperation.RESET in operations:
        others = hook.session.plan_cache.other_plans(job_id, plan.id, hook.list_call())
        running = [other.id for other in others if other.status == "running"]
        # With others running, whether the job is reset depends on what this run does to them first.
        resets = at_rerun(plan, running).act is Act.RERUN
        if not (resets and lines.is_first_reset(job_id)):
            operations = tuple(op for op in operations if op is not PlanOperation.RESET)
    _keep_line(hook.session, operations, decided)


def _as_warning(finding: LimitFinding) -> str:
    if finding.level == "warn":
        return finding.text
    return (
        f"{finding.text}: esa-prefetch:limits deny it as it stands; this is judged again right before "
        "the Start"
    )


def _warn(session: ProviderSession, sentences: list[str]) -> None:
    for sentence in sentences:
        session.warn_once(sentence)


def _job(hook: HookCall, job_id: str) -> Job:
    return hook.session.job(
        job_id,
        lambda wanted: hook.client().get_scheduled_preload_job(job_id=wanted),
    )


def _parsed(olds: Mapping[str, Any]) -> PlanInputs | None:
    try:
        return PlanInputs.parse(olds)
    except ValidationError:
        return None


def _will_start(before: PlanInputs, declared: PlanInputs) -> bool:
    changed = before.trigger_text != declared.trigger_text
    return declared.desired_state == "running" and (
        changed or before.desired_state == "stopped"
    )


def _may_be_refused(before: PlanInputs, declared: PlanInputs) -> bool:
    """Whether the change is one that not every plan allows: a rerun, or a Stop."""
    if declared.desired_state == "stopped":
        return before.desired_state == "running"
    return before.trigger_text != declared.trigger_text


def _declared_run(declared: PlanInputs) -> Run | None:
    """The plan's coming window, if the triggers hold it in the form that SitePrefetch writes."""
    return run_of_window(declared.triggers.get("window"), f"plan {declared.plan_id}")


def run_of_window(window: object, name: str) -> Run | None:
    """The run that a window declares in the form that SitePrefetch writes; None if it cannot be read."""
    if not isinstance(window, dict):
        return None
    try:
        return Run.of(Plan.model_validate(window | {"id": _NO_PLAN}), name)
    except ValidationError:
        return None


def _run_of(plan: Plan) -> Run | None:
    return Run.of(plan, f"plan {plan.id}")


def _limit_findings(
    hook: HookCall, limits: Limits, plan: Plan, run: Run, job: Job, *, rewinds: bool
) -> list[LimitFinding]:
    session = hook.session
    others = [
        other
        for each in session.plan_cache.other_plans(job.id, plan.id, hook.list_call())
        if each.status in ACTIVE and (other := _run_of(each))
    ]
    return check_start(
        run,
        others,
        limits,
        session.clock.now(),
        urls=job.url_count,
        submitted=0 if rewinds else job.task_submitted or 0,
        origins=job.origins,
    )
