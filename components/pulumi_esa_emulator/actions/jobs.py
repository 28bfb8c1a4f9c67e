"""The five job actions as pure functions of what is there and what was asked."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from pulumi_esa_emulator.actions.bodies import job_fields
from pulumi_esa_emulator.actions.context import Desk, Outcome
from pulumi_esa_emulator.errors import Problem, invalid, missing
from pulumi_esa_emulator.messages.reply import Body
from pulumi_esa_emulator.messages.urls import UrlList, read_urls, without_query
from pulumi_esa_emulator.state.records import Change, Drop, Job, Progress, Put, Site
from pulumi_esa_emulator.state.transitions import requeue

_PAGE_SIZE = 20
_BIGGEST_PAGE = 500
_BIGGEST_PAGE_NUMBER = 2**31 - 1


def create_scheduled_preload_job(desk: Desk) -> Outcome:
    """Make a job; refused URLs are told in `ErrorInfo` of a 200."""
    insert_way, name = desk.ask.text("InsertWay"), desk.ask.text("Name")
    site = desk.site(desk.ask.integer("SiteId"))
    oss_url = desk.ask.optional("OssUrl")
    urls = _url_list(desk, insert_way, site)
    if site.job_limit is not None and desk.state.count_jobs(site.id) >= site.job_limit:
        raise Problem("InvalidJob.JobCountOfSiteFull")
    job = Job(
        id=desk.new_id(),
        site_id=site.id,
        name=name,
        insert_way=insert_way,
        urls=urls.taken,
        created_at=desk.now,
        file_id=desk.new_id(),
        ali_uid=desk.ali_uid,
        oss_url=without_query(oss_url) if oss_url else None,
        error_info=urls.error_info,
        failed_file_oss=_failed_file(desk, urls),
    )
    return Outcome(job_fields(job, 0), (Put(job), Put(Progress(job.id))))


def get_scheduled_preload_job(desk: Desk) -> Outcome:
    """Show a job."""
    job = desk.job()
    return Outcome(job_fields(job, desk.state.submitted(job.id)))


def list_scheduled_preload_jobs(desk: Desk) -> Outcome:
    """Show a page of a site's jobs, made between StartTime and EndTime (ms)."""
    site = desk.site(desk.ask.integer("SiteId"))
    since, until = _milliseconds(desk, "StartTime"), _milliseconds(desk, "EndTime")
    number = desk.ask.optional_integer("PageNumber", _BIGGEST_PAGE_NUMBER) or 1
    size = desk.ask.optional_integer("PageSize", _BIGGEST_PAGE) or _PAGE_SIZE
    jobs = [
        job
        for job in desk.state.jobs_of(site.id)
        if (since is None or job.created_at >= since)
        and (until is None or job.created_at <= until)
    ]
    page = islice(jobs, (number - 1) * size, number * size)
    # TotalCount is a text here and a number elsewhere (SDK model of this operation).
    body = {"TotalCount": str(len(jobs)), "Jobs": [_listed(desk, job) for job in page]}
    return Outcome(body)


def reset_scheduled_preload_job(desk: Desk) -> Outcome:
    """Set the place in the URL list back to its beginning."""
    job = desk.job()
    plans = tuple(desk.state.plans_of(job.id))
    if desk.rules.reset == "refused" and any(p.status == "running" for p in plans):
        raise Problem("InvalidJob.Status")
    changes: tuple[Change, ...] = (Put(Progress(job.id)),)
    if desk.rules.cursor == "plan":
        plans = tuple(replace(plan, submitted=0) for plan in plans)
    if desk.rules.reset == "requeues":
        plans = tuple(requeue(plan, desk.now) for plan in plans)
    return Outcome(job_fields(job, 0), (*changes, *map(Put, plans)))


def delete_scheduled_preload_job(desk: Desk) -> Outcome:
    """Delete a job and its plans."""
    job = desk.job()
    plans = tuple(desk.state.plans_of(job.id))
    if desk.rules.delete_job == "refused" and any(p.status == "running" for p in plans):
        raise Problem("InvalidJob.Status")
    gone = tuple(Drop("plan", key) for key in desk.state.plan_ids(job.id))
    return Outcome({}, (*gone, Drop("progress", job.id), Drop("job", job.id)))


def _url_list(desk: Desk, insert_way: str, site: Site) -> UrlList:
    if insert_way == "textBox":
        return read_urls(desk.ask.text("UrlList"), site.name, site.url_quota)
    if insert_way != "oss":
        raise invalid("InsertWay", "it is neither textBox nor oss")
    url = desk.ask.optional("OssUrl")
    if url is None:
        raise missing("OssUrl")
    text = desk.oss(url)
    if text is None:
        return UrlList((), ("OtherErrors",))
    return read_urls(text, site.name, site.url_quota)


def _failed_file(desk: Desk, urls: UrlList) -> str | None:
    if not urls.errors:
        return None
    return f"https://esa-emulator.oss-cn-hangzhou.aliyuncs.com/{desk.new_id()}.txt"


def _milliseconds(desk: Desk, name: str) -> datetime | None:
    value = desk.ask.optional_integer(name)
    if value is None:
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value)
    except OverflowError:
        raise invalid(name, "it lies outside the calendar") from None


def _listed(desk: Desk, job: Job) -> Body:
    fields = job_fields(job, desk.state.submitted(job.id))
    return {**fields, "ExecutionCount": desk.state.count_plans(job.id)}
