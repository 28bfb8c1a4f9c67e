"""The six plan actions as pure functions of what is there and what was asked."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pulumi_esa_emulator.actions.bodies import plan_fields
from pulumi_esa_emulator.actions.context import Desk, Outcome
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.messages.parameters import moment, whole
from pulumi_esa_emulator.messages.reply import Body
from pulumi_esa_emulator.state.records import Drop, Job, Plan, Put, Site
from pulumi_esa_emulator.state.transitions import check_window, start, stop

_INT32 = 2**31 - 1


def create_scheduled_preload_executions(desk: Desk) -> Outcome:
    """Make plans of a job; refuse all for one, unless the dialect reports them."""
    job = desk.job()
    made: list[Plan] = []
    failed: list[tuple[Body, str]] = []
    for item in desk.ask.items("Executions"):
        try:
            _check_room(desk, job, len(made))
            made.append(_new_plan(desk, job, item))
        except Problem as problem:
            if desk.rules.bad_plans == "refused":
                raise
            failed.append((_failed_fields(job, item), problem.text))
    body = {
        "TotalCount": len(made) + len(failed),
        "SuccessCount": len(made),
        "SuccessExecutions": [plan_fields(plan) for plan in made],
        "FailedExecutions": [fields for fields, _ in failed],
        "FailedMessages": [text for _, text in failed],
    }
    return Outcome(body, tuple(map(Put, made)))


def list_scheduled_preload_executions(desk: Desk) -> Outcome:
    """Show all plans of a job; there are no pages."""
    plans = [plan_fields(plan) for plan in desk.state.plans_of(desk.job().id)]
    return Outcome({"TotalCount": len(plans), "Executions": plans})


def update_scheduled_preload_execution(desk: Desk) -> Outcome:
    """Change what is given; an empty StartTime or EndTime takes it away."""
    plan = desk.plan()
    interval = desk.ask.optional_integer("Interval", _INT32)
    slice_len = desk.ask.optional_integer("SliceLen", _INT32)
    changed = replace(
        plan,
        start_time=_updated(desk, "StartTime", plan.start_time),
        end_time=_updated(desk, "EndTime", plan.end_time),
        interval=interval or plan.interval,
        slice_len=slice_len or plan.slice_len,
    )
    check_window(changed.start_time, changed.end_time, desk.rules)
    if changed != plan and changed.status == "waiting":
        # What lies before this moment cannot open its new window any more.
        changed = replace(changed, queued_at=desk.now)
    return Outcome(plan_fields(changed), (Put(changed),))


def start_scheduled_preload_execution(desk: Desk) -> Outcome:
    """Start a plan."""
    plan = desk.plan()
    started = start(plan, _site_of(desk, plan), desk.rules, desk.now)
    return Outcome(plan_fields(started), (Put(started),))


def stop_scheduled_preload_execution(desk: Desk) -> Outcome:
    """Stop a plan."""
    stopped = stop(desk.plan(), desk.rules)
    return Outcome(plan_fields(stopped), (Put(stopped),))


def delete_scheduled_preload_execution(desk: Desk) -> Outcome:
    """Delete a plan; one that runs ends with it, unless a dialect says otherwise."""
    plan = desk.plan()
    if plan.status != "running" or desk.rules.delete_running == "accepted":
        return Outcome({}, (Drop("plan", plan.id),))
    if desk.rules.delete_running == "refused":
        raise Problem("InvalidExecution.Status")
    return Outcome({}, (Put(replace(plan, hidden=True)),))


def _new_plan(desk: Desk, job: Job, item: Mapping[str, object]) -> Plan:
    start_time = moment("StartTime", item.get("StartTime"))
    end_time = moment("EndTime", item.get("EndTime"))
    if start_time is None and desk.rules.no_start == "creation":
        start_time = desk.now
    check_window(start_time, end_time, desk.rules)
    return Plan(
        id=desk.new_id(),
        job_id=job.id,
        start_time=start_time,
        end_time=end_time,
        interval=whole("Interval", item.get("Interval")),
        slice_len=whole("SliceLen", item.get("SliceLen")),
        status="waiting",
        queued_at=desk.now,
        ali_uid=desk.ali_uid,
    )


def _check_room(desk: Desk, job: Job, made: int) -> None:
    limit = desk.site(job.site_id).plan_limit
    if limit is not None and desk.state.count_plans(job.id) + made >= limit:
        raise Problem("InvalidJob.ExecutionCountFull")


def _failed_fields(job: Job, item: Mapping[str, object]) -> Body:
    asked = ("StartTime", "EndTime", "Interval", "SliceLen")
    known = {name: item[name] for name in asked if item.get(name) is not None}
    return {**known, "JobId": job.id, "Status": "failed", "AliUid": job.ali_uid}


def _updated(desk: Desk, name: str, old: datetime | None) -> datetime | None:
    return desk.ask.moment(name) if name in desk.ask else old


def _site_of(desk: Desk, plan: Plan) -> Site:
    job = desk.state.job(plan.job_id)
    site = None if job is None else desk.state.site(job.site_id)
    if site is None:
        raise Problem("InvalidJob.NotFound")
    return site
