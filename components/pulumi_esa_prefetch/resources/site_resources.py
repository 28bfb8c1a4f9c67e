"""The two pulumi_alicloud resources that a SitePrefetch creates; the only module that imports pulumi_alicloud."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi import Input, Resource, ResourceOptions
from pulumi_alicloud.esa import ScheduledPreloadExecution, ScheduledPreloadJob

from pulumi_esa_prefetch.resources.url_source import UrlSource


def preload_job(
    name: str,
    parent: Resource,
    *,
    site_id: Input[str],
    job_name: Input[str] | None,
    urls: UrlSource,
) -> ScheduledPreloadJob:
    """Declare a job that is replaced when its URLs change.

    pulumi_alicloud treats changed URLs as an update and sends nothing, for ESA has no such action; the update
    succeeds. The new job is created before the old one is deleted: if ESA refuses its URLs, the old plans run
    on.
    """
    opts = ResourceOptions(parent=parent, replace_on_changes=["url_list", "oss_url"])
    if job_name is None:
        # The name is only a label: a component that is renamed by an alias keeps its job.
        opts.ignore_changes = ["scheduled_preload_job_name"]
    return ScheduledPreloadJob(
        name,
        scheduled_preload_job_name=job_name or name,
        site_id=site_id,
        **urls.for_esa(),
        opts=opts,
    )


def preload_execution(
    name: str,
    parent: Resource,
    *,
    job: ScheduledPreloadJob,
    window: Mapping[str, Input[Any]],
    after: Sequence[Resource],
) -> ScheduledPreloadExecution:
    """Declare a plan of the job, made ``after`` other resources.

    When the job is replaced, the old plan and its ScheduledPrefetch are deleted first: the origin never has the
    load of both.
    """
    return ScheduledPreloadExecution(
        name,
        scheduled_preload_job_id=job.scheduled_preload_job_id,
        **window,
        opts=ResourceOptions(
            parent=parent, delete_before_replace=True, depends_on=after
        ),
    )
