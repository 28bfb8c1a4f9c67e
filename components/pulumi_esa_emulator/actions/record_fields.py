"""Records as JSON with ESA's field names; fields without a value are left out."""

from collections.abc import Mapping
from datetime import datetime

from pulumi_esa_emulator.messages.reply import JsonObject
from pulumi_esa_emulator.messages.time_notations import NOTATIONS
from pulumi_esa_emulator.messages.urls import domains_of
from pulumi_esa_emulator.state.records import (
    JobRecord,
    PlanRecord,
    PurgeRecord,
    SiteRecord,
)
from pulumi_esa_emulator.state.store import RecordView


def job_fields(job: JobRecord, submitted: int) -> JsonObject:
    """A job, as the API pages of the job operations show it."""
    return _without_none(
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
    """A plan, as the API pages show it; also the body of Start, Stop and Update."""
    return _without_none(
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


def purge_fields(
    purge: PurgeRecord, content: tuple[str, ...], now: datetime
) -> JsonObject:
    """A purge task and some of what it purges, as DescribePurgeTasks shows it."""
    status = purge.status(now)
    return _without_none(
        {
            "TaskId": purge.id,
            "Type": purge.type,
            "Content": "\n".join(content),
            "Status": status,
            "Process": "0%" if status == "Refreshing" else "100%",
            "Description": "Internal Error" if status == "Failed" else None,
            # The API page gives its notation: UTC, whole seconds.
            "CreateTime": NOTATIONS["Z"](purge.created_at),
        }
    )


def site_fields(site: SiteRecord) -> JsonObject:
    """A site, with the field names of ListSites."""
    return _without_none(
        {
            "SiteId": site.id,
            "SiteName": site.name,
            "Status": site.status,
            "AliUid": site.ali_uid,
        }
    )


def whole_state(sites: list[SiteRecord], view: RecordView, now: datetime) -> JsonObject:
    """The whole state, for `GET /_emulator/state`."""
    jobs = [
        {
            **job_fields(job, view.submitted(job.id)),
            "UrlList": list(job.urls),
            "plans": [plan_fields(plan) for plan in view.plans_of(job.id)],
        }
        for site in sites
        for job in view.jobs_of(site.id)
    ]
    purges = [
        {"SiteId": one.site_id, **purge_fields(one, one.objects, now)}
        for one in view.purges()
    ]
    return {
        "now": now,
        "sites": [site_fields(site) for site in sites],
        "jobs": jobs,
        "purges": purges,
    }


def _without_none(fields: Mapping[str, object]) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}
