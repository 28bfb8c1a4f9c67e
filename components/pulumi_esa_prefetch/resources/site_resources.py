"""The two pulumi_alicloud resources that a SitePrefetch makes; the only module that imports pulumi_alicloud."""

from collections.abc import Mapping
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
    """A job that is replaced when its URLs change.

    pulumi_alicloud takes other URLs for an update that succeeds, and sends none: ESA has no such action.
    The new job is made before the old one goes: if ESA refuses its URLs, the old plans run on.
    """
    opts = ResourceOptions(parent=parent, replace_on_changes=["url_list", "oss_url"])
    if job_name is None:
        # Only a label: a component that is renamed by an alias keeps its job.
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
) -> ScheduledPreloadExecution:
    """A plan of the job.

    When the job is replaced the old plan goes first, and with it its prefetch: the origin never carries both.
    """
    return ScheduledPreloadExecution(
        name,
        scheduled_preload_job_id=job.scheduled_preload_job_id,
        **window,
        opts=ResourceOptions(parent=parent, delete_before_replace=True),
    )
