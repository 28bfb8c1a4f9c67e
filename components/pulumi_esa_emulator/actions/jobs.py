"""The five job actions, pure functions of records and parameters."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from pulumi_esa_emulator.actions.context import ActionContext, ActionResult
from pulumi_esa_emulator.actions.record_fields import job_fields
from pulumi_esa_emulator.errors import Problem, invalid_parameter, missing_parameter
from pulumi_esa_emulator.messages.reply import JsonObject
from pulumi_esa_emulator.messages.urls import ParsedUrls, parse_urls, without_query
from pulumi_esa_emulator.state.records import (
    Change,
    Drop,
    JobRecord,
    ProgressRecord,
    Put,
    SiteRecord,
)
from pulumi_esa_emulator.state.transitions import requeue

_PAGE_SIZE = 20
_MAX_PAGE_SIZE = 500
_MAX_PAGE_NUMBER = 2**31 - 1


def create_scheduled_preload_job(context: ActionContext) -> ActionResult:
    """Create a job; refused URLs are reported in `ErrorInfo` of a 200."""
    parameters, records = context.parameters, context.records
    insert_way, name = parameters.string("InsertWay"), parameters.string("Name")
    site = context.site(parameters.integer("SiteId"))
    oss_url = parameters.optional_string("OssUrl")
    urls = _parsed_urls(context, insert_way, site)
    if site.job_limit is not None and records.count_jobs(site.id) >= site.job_limit:
        raise Problem("InvalidJob.JobCountOfSiteFull")
    job = JobRecord(
        id=context.new_id(),
        site_id=site.id,
        name=name,
        insert_way=insert_way,
        urls=urls.accepted,
        created_at=context.now,
        file_id=context.new_id(),
        ali_uid=context.ali_uid,
        oss_url=without_query(oss_url) if oss_url else None,
        error_info=urls.error_info,
        failed_file_oss=_failed_file(context, urls),
    )
    return ActionResult(job_fields(job, 0), (Put(job), Put(ProgressRecord(job.id))))


def get_scheduled_preload_job(context: ActionContext) -> ActionResult:
    """Return a job."""
    job = context.job()
    return ActionResult(job_fields(job, context.records.submitted(job.id)))


def list_scheduled_preload_jobs(context: ActionContext) -> ActionResult:
    """Return a page of a site's jobs created between StartTime and EndTime (ms)."""
    site = context.site(context.parameters.integer("SiteId"))
    parameters = context.parameters
    since = _milliseconds(context, "StartTime")
    until = _milliseconds(context, "EndTime")
    number = parameters.optional_integer("PageNumber", _MAX_PAGE_NUMBER) or 1
    size = parameters.optional_integer("PageSize", _MAX_PAGE_SIZE) or _PAGE_SIZE
    jobs = [
        job
        for job in context.records.jobs_of(site.id)
        if (since is None or job.created_at >= since)
        and (until is None or job.created_at <= until)
    ]
    page = islice(jobs, (number - 1) * size, number * size)
    # TotalCount is a string here and a number elsewhere (SDK model of this operation).
    listed = [_listed(context, job) for job in page]
    return ActionResult({"TotalCount": str(len(jobs)), "Jobs": listed})


def reset_scheduled_preload_job(context: ActionContext) -> ActionResult:
    """Set the position in the URL list back to 0."""
    job = context.job()
    plans = tuple(context.records.plans_of(job.id))
    if context.rules.reset == "refused" and any(p.status == "running" for p in plans):
        raise Problem("InvalidJob.Status")
    changes: tuple[Change, ...] = (Put(ProgressRecord(job.id)),)
    if context.rules.cursor == "plan":
        plans = tuple(replace(plan, submitted=0) for plan in plans)
    if context.rules.reset == "requeues":
        plans = tuple(requeue(plan, context.now) for plan in plans)
    return ActionResult(job_fields(job, 0), (*changes, *map(Put, plans)))


def delete_scheduled_preload_job(context: ActionContext) -> ActionResult:
    """Delete a job and its plans."""
    job = context.job()
    plans = tuple(context.records.plans_of(job.id))
    rules = context.rules
    if rules.delete_job == "refused" and any(p.status == "running" for p in plans):
        raise Problem("InvalidJob.Status")
    gone = tuple(Drop("plan", key) for key in context.records.plan_ids(job.id))
    return ActionResult({}, (*gone, Drop("progress", job.id), Drop("job", job.id)))


def _parsed_urls(
    context: ActionContext, insert_way: str, site: SiteRecord
) -> ParsedUrls:
    if insert_way == "textBox":
        lines = context.parameters.string("UrlList")
        return parse_urls(lines, site.name, site.url_quota)
    if insert_way != "oss":
        raise invalid_parameter("InsertWay", "it must be textBox or oss")
    url = context.parameters.optional_string("OssUrl")
    if url is None:
        raise missing_parameter("OssUrl")
    text = context.oss(url)
    if text is None:
        return ParsedUrls((), ("OtherErrors",))
    return parse_urls(text, site.name, site.url_quota)


def _failed_file(context: ActionContext, urls: ParsedUrls) -> str | None:
    if not urls.errors:
        return None
    return f"https://esa-emulator.oss-cn-hangzhou.aliyuncs.com/{context.new_id()}.txt"


def _milliseconds(context: ActionContext, name: str) -> datetime | None:
    value = context.parameters.optional_integer(name)
    if value is None:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    except OverflowError:
        raise invalid_parameter(name, "it is outside the calendar") from None


def _listed(context: ActionContext, job: JobRecord) -> JsonObject:
    fields = job_fields(job, context.records.submitted(job.id))
    return {**fields, "ExecutionCount": context.records.count_plans(job.id)}
