"""Records in ESA's field names, as answers show them; absent fields are left out."""

from collections.abc import Mapping
from datetime import datetime

from pulumi_esa_emulator.messages.reply import JsonObject
from pulumi_esa_emulator.messages.urls import domains_of
from pulumi_esa_emulator.state.records import JobRecord, PlanRecord, SiteRecord
from pulumi_esa_emulator.state.store import RecordView


def job_fields(job: JobRecord, submitted: int) -> JsonObject:
    """A Job of the API pages (CreateScheduledPreloadJob and its siblings)."""
    return _present(
        {
            "Id": job.id,
            "Name": job.name,
            "SiteId": job.site_id,
            "InsertWay": job.insert_way,
            "TaskType": "preload",
            "Domains": domains_of(job.urls),
            "UrlCount": len(job.urls),
            "UrlSubmitted": len(job.urls),
            "TaskSubmitted": submitted,
            "ErrorInfo": job.error_info,
            "FailedFileOss": job.failed_file_oss,
            "FileId": job.file_id,
            "CreatedAt": job.created_at,
            "AliUid": job.ali_uid,
        }
    )


def plan_fields(plan: PlanRecord) -> JsonObject:
    """A Plan of the API pages; the flat answer of Start, Stop and Update."""
    return _present(
        {
            "Id": plan.id,
            "JobId": plan.job_id,
            "StartTime": plan.start_time,
            "EndTime": plan.end_time,
            "Interval": plan.interval,
            "SliceLen": plan.slice_len,
            "Status": plan.status,
            "AliUid": plan.ali_uid,
        }
    )


def site_fields(site: SiteRecord) -> JsonObject:
    """A site, as ListSites would show it."""
    return _present(
        {
            "SiteId": site.id,
            "SiteName": site.name,
            "Status": site.status,
            "AliUid": site.ali_uid,
        }
    )


def whole_state(sites: list[SiteRecord], view: RecordView, now: datetime) -> JsonObject:
    """Everything, for `GET /_emulator/state`."""
    jobs = [
        {
            **job_fields(job, view.submitted(job.id)),
            "UrlList": list(job.urls),
            "plans": [plan_fields(plan) for plan in view.plans_of(job.id)],
        }
        for site in sites
        for job in view.jobs_of(site.id)
    ]
    return {"now": now, "sites": [site_fields(site) for site in sites], "jobs": jobs}


def _present(fields: Mapping[str, object]) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}
