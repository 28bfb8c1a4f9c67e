"""The six plan actions, pure functions of records and parameters."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pulumi_esa_emulator.actions.context import ActionContext, ActionResult
from pulumi_esa_emulator.actions.record_fields import plan_fields
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.messages.parameters import positive_integer, time_value
from pulumi_esa_emulator.messages.reply import JsonObject
from pulumi_esa_emulator.state.records import (
    Drop,
    JobRecord,
    PlanRecord,
    Put,
    SiteRecord,
)
from pulumi_esa_emulator.state.transitions import check_window, start, stop

_INT32 = 2**31 - 1


def create_scheduled_preload_executions(context: ActionContext) -> ActionResult:
    """Create plans of a job; one bad plan refuses all, unless a dialect reports it instead."""
    job = context.job()
    made: list[PlanRecord] = []
    failed: list[tuple[JsonObject, str]] = []
    for item in context.parameters.json_list("Executions"):
        try:
            _check_room(context, job, len(made))
            made.append(_new_plan(context, job, item))
        except Problem as problem:
            if context.rules.bad_plans == "refused":
                raise
            failed.append((_failed_fields(job, item), problem.text))
    body = {
        "TotalCount": len(made) + len(failed),
        "SuccessCount": len(made),
        "SuccessExecutions": [plan_fields(plan) for plan in made],
        "FailedExecutions": [fields for fields, _ in failed],
        "FailedMessages": [text for _, text in failed],
    }
    return ActionResult(body, tuple(map(Put, made)))


def list_scheduled_preload_executions(context: ActionContext) -> ActionResult:
    """Return all plans of a job; this operation has no pages."""
    plans = [plan_fields(plan) for plan in context.records.plans_of(context.job().id)]
    return ActionResult({"TotalCount": len(plans), "Executions": plans})


def update_scheduled_preload_execution(context: ActionContext) -> ActionResult:
    """Change the given fields; an empty StartTime or EndTime removes it."""
    plan = context.plan()
    interval = context.parameters.optional_integer("Interval", _INT32)
    slice_len = context.parameters.optional_integer("SliceLen", _INT32)
    changed = replace(
        plan,
        start_time=_updated(context, "StartTime", plan.start_time),
        end_time=_updated(context, "EndTime", plan.end_time),
        interval=interval or plan.interval,
        slice_len=slice_len or plan.slice_len,
    )
    check_window(changed.start_time, changed.end_time, context.rules)
    if changed != plan and changed.status == "waiting":
        # The new window opens at this moment at the earliest, never in the past.
        changed = replace(changed, queued_at=context.now)
    return ActionResult(plan_fields(changed), (Put(changed),))


def start_scheduled_preload_execution(context: ActionContext) -> ActionResult:
    """Start a plan."""
    plan = context.plan()
    started = start(plan, _site_of(context, plan), context.rules, context.now)
    return ActionResult(plan_fields(started), (Put(started),))


def stop_scheduled_preload_execution(context: ActionContext) -> ActionResult:
    """Stop a plan."""
    stopped = stop(context.plan(), context.rules)
    return ActionResult(plan_fields(stopped), (Put(stopped),))


def delete_scheduled_preload_execution(context: ActionContext) -> ActionResult:
    """Delete a plan; a running one stops, unless a dialect says otherwise."""
    plan = context.plan()
    if plan.status != "running" or context.rules.delete_running == "accepted":
        return ActionResult({}, (Drop("plan", plan.id),))
    if context.rules.delete_running == "refused":
        raise Problem("InvalidExecution.Status")
    return ActionResult({}, (Put(replace(plan, hidden=True)),))


def _new_plan(
    context: ActionContext, job: JobRecord, item: Mapping[str, object]
) -> PlanRecord:
    start_time = time_value("StartTime", item.get("StartTime"))
    end_time = time_value("EndTime", item.get("EndTime"))
    if start_time is None and context.rules.no_start == "creation":
        start_time = context.now
    check_window(start_time, end_time, context.rules)
    return PlanRecord(
        id=context.new_id(),
        job_id=job.id,
        start_time=start_time,
        end_time=end_time,
        interval=positive_integer("Interval", item.get("Interval")),
        slice_len=positive_integer("SliceLen", item.get("SliceLen")),
        status="waiting",
        queued_at=context.now,
        ali_uid=context.ali_uid,
    )


def _check_room(context: ActionContext, job: JobRecord, made: int) -> None:
    limit = context.site(job.site_id).plan_limit
    if limit is not None and context.records.count_plans(job.id) + made >= limit:
        raise Problem("InvalidJob.ExecutionCountFull")


def _failed_fields(job: JobRecord, item: Mapping[str, object]) -> JsonObject:
    asked = ("StartTime", "EndTime", "Interval", "SliceLen")
    known = {name: item[name] for name in asked if item.get(name) is not None}
    return {**known, "JobId": job.id, "Status": "failed", "AliUid": job.ali_uid}


def _updated(
    context: ActionContext, name: str, old: datetime | None
) -> datetime | None:
    return context.parameters.time(name) if name in context.parameters else old


def _site_of(context: ActionContext, plan: PlanRecord) -> SiteRecord:
    job = context.records.job(plan.job_id)
    site = None if job is None else context.records.site(job.site_id)
    if site is None:
        raise Problem("InvalidJob.NotFound")
    return site
