"""The client of ESA's scheduled-prefetch API: one method per action, with the name of the action."""

import copy
import json
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from platform import python_version
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import httpx

from pulumi_esa_prefetch.api.answer_models import (
    model_reader,
    object_reader,
    plans_reader,
    require_complete,
    require_ids,
)
from pulumi_esa_prefetch.api.call_limits import CallLimits
from pulumi_esa_prefetch.api.connection import open_transport
from pulumi_esa_prefetch.api.credentials import CredentialsProvider, provider_for
from pulumi_esa_prefetch.api.errors import EsaError, PlansRefused, UrlsRefused
from pulumi_esa_prefetch.api.esa_times import render_time
from pulumi_esa_prefetch.api.models import (
    CreatedPlans,
    DeleteAnswer,
    InstanceQuotas,
    Job,
    JobPage,
    Plan,
    PlanSpec,
    PurgeAnswer,
    PurgeTaskPage,
    build_models,
)
from pulumi_esa_prefetch.api.plan_list import PlanList
from pulumi_esa_prefetch.api.transport import ApiCall, Transport
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.settings.settings import (
    DEFAULT_DEADLINE,
    DEFAULT_MAX_QPS,
    Settings,
    SettingsError,
)

PAGE_SIZE = 50

build_models()

T = TypeVar("T")


class EsaClient:
    """A client of the ESA API, safe to share between threads; every method raises EsaError.

    It has a method for each scheduled-prefetch action, including those that this package does not call, one for the
    quotas of an instance, and two for purges. ESA's API page of an action describes its parameters and its answer.
    All datetimes are aware.

    Reads, deletes and purges are retried after any transient error. The other calls are retried only if the failed call
    cannot have had its effect. Otherwise an error with `ambiguous` set is raised, and the caller has to look.
    """

    def __init__(
        self,
        endpoint: str,
        credentials: CredentialsProvider,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        nonce: Callable[[], str] = lambda: secrets.token_hex(16),
        transport: httpx.BaseTransport | None = None,
        deadline: float = DEFAULT_DEADLINE,
        max_qps: float = DEFAULT_MAX_QPS,
    ) -> None:
        self._transport = Transport(
            endpoint,
            credentials,
            clock=clock or SystemClock(),
            rng=rng or random.Random(),  # noqa: S311 -- for pauses, not for secrets
            nonce=nonce,
            user_agent=_user_agent(),
            http=transport,
            max_qps=max_qps,
        )
        self._limits = CallLimits(deadline)
        self._owner = True
        self._observe: Callable[[str, Mapping[str, Any]], None] | None = None

    @classmethod
    def from_settings(
        cls,
        settings: Settings,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> Self:
        """A client with these settings; it fetches no access key before the first call.

        Raises SettingsError if the environment names a proxy or certificates that cannot be used, and NoCredentials
        if the settings of access keys are incomplete or wrong.
        """
        try:
            connections = transport or open_transport(
                settings.endpoint, allow_http=settings.allow_http
            )
        except EsaError as error:
            raise SettingsError(str(error)) from None
        return cls(
            settings.endpoint,
            provider_for(settings.credentials, allow_http=settings.allow_http),
            clock=clock,
            rng=rng,
            transport=connections,
            deadline=settings.deadline,
            max_qps=settings.max_qps,
        )

    def limited(
        self, *, attempts: int | None = None, seconds: float | None = None
    ) -> "EsaClient":
        """A client with the same connections and other limits for each operation.

        `attempts` None means any number, `seconds` None the number of this client; with 0 seconds nothing is sent.
        """
        limited = copy.copy(self)
        limited._owner = False  # noqa: SLF001 -- its own copy
        own = self._limits.seconds
        limited._limits = CallLimits(own if seconds is None else seconds, attempts)  # noqa: SLF001
        return limited

    def interrupt(self) -> None:
        """From now on, begin no call that changes something: it raises Interrupted, also on clients of `limited`."""
        self._transport.interrupt()

    def observed(
        self, observe: Callable[[str, Mapping[str, Any]], None]
    ) -> "EsaClient":
        """A client with the same connections that shows `observe` the content of each answer, as ESA wrote it.

        It gets the action and the content; `Plan` and `Job` no longer know how ESA writes a time.
        """
        observed = copy.copy(self)
        observed._owner = False  # noqa: SLF001 -- its own copy
        observed._observe = observe  # noqa: SLF001
        return observed

    def close(self) -> None:
        """Close all connections; on a client made by `limited` this does nothing."""
        if self._owner:
            self._transport.close()

    def __enter__(self) -> Self:
        """Return this client; leaving the `with` block closes it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def create_scheduled_preload_job(
        self,
        *,
        site_id: int | str,
        name: str,
        insert_way: Literal["textBox", "oss"],
        url_list: Sequence[str] | None = None,
        oss_url: str | None = None,
    ) -> Job:
        """Create a job from URLs (`textBox`) or from a file of URLs in OSS (`oss`).

        Raises UrlsRefused, which holds the job, if ESA created the job but refused URLs.
        """
        urls = [url_list] if isinstance(url_list, str) else url_list
        form = _parameters(
            SiteId=site_id,
            Name=name,
            InsertWay=insert_way,
            UrlList=None if urls is None else "\n".join(urls),
            OssUrl=oss_url,
        )
        action = "CreateScheduledPreloadJob"
        job = self._call(_post(action, {}, form), model_reader(action, Job))
        if job.error_info or job.failed_file_oss:
            raise UrlsRefused(job)
        return job

    def get_scheduled_preload_job(self, *, job_id: str) -> Job:
        """Get one job; `error_info` names the URLs that were refused at its creation, and is no error here."""
        action = "GetScheduledPreloadJob"
        return self._call(
            _get(action, {"Id": job_id}), object_reader(action, Job, job_id)
        )

    def list_scheduled_preload_jobs(
        self,
        *,
        site_id: int | str,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
    ) -> list[Job]:
        """List all jobs of a site, from all pages; the times limit when the jobs were created."""
        action = "ListScheduledPreloadJobs"
        deadline = self._transport.deadline_for(self._limits)
        found: dict[str, Job] = {}
        pages = 0
        while True:
            pages += 1
            query = _parameters(
                SiteId=site_id,
                StartTime=_milliseconds(start_time),
                EndTime=_milliseconds(end_time),
                PageNumber=pages,
                PageSize=PAGE_SIZE,
            )
            page = self._call(
                _get(action, query), model_reader(action, JobPage), deadline
            )
            known = len(found)
            found.update((job.id, job) for job in page.jobs or ())
            if len(found) == known or len(found) == page.total_count:
                break
        require_complete(
            action, page.jobs, len(found), page.total_count, page.request_id
        )
        return list(found.values())

    def reset_scheduled_preload_job(self, *, job_id: str) -> Job:
        """Set a job's progress back to the first URL."""
        action = "ResetScheduledPreloadJob"
        return self._call(
            _post(action, {"Id": job_id}), object_reader(action, Job, job_id)
        )

    def delete_scheduled_preload_job(self, *, job_id: str) -> str:
        """Delete a job; returns the id of the request."""
        return self._delete("DeleteScheduledPreloadJob", job_id)

    def create_scheduled_preload_executions(
        self, *, job_id: str, executions: Sequence[PlanSpec]
    ) -> CreatedPlans:
        """Create plans for a job.

        Raises PlansRefused, which holds the created plans, if ESA did not create all.
        """
        action = "CreateScheduledPreloadExecutions"
        form = {"Executions": _json([_spec(spec) for spec in executions])}
        created = self._call(
            _post(action, {"Id": job_id}, form), model_reader(action, CreatedPlans)
        )
        made = len(created.plans)
        require_ids(action, created.plans, created.request_id)
        require_complete(action, (), made, created.success_count, created.request_id)
        if made < len(executions) or created.failed_messages:
            raise PlansRefused(len(executions), created)
        return created

    def list_scheduled_preload_executions(self, *, job_id: str) -> PlanList:
        """List all plans of a job; ESA has no action that returns one plan.

        A plan that cannot be read is in `unreadable` of the list, and makes no other plan unreadable.
        """
        action = "ListScheduledPreloadExecutions"
        return self._call(_get(action, {"Id": job_id}), plans_reader(action, job_id))

    def update_scheduled_preload_execution(
        self,
        *,
        plan_id: str,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        interval: int | None = None,
        slice_len: int | None = None,
    ) -> Plan:
        """Change the window or the pace of a plan; None keeps a value.

        `interval`: seconds between batches; `slice_len`: URLs in a batch.
        """
        action = "UpdateScheduledPreloadExecution"
        form = _parameters(
            StartTime=start_time and render_time(start_time),
            EndTime=end_time and render_time(end_time),
            Interval=interval,
            SliceLen=slice_len,
        )
        return self._call(
            _post(action, {"Id": plan_id}, form), object_reader(action, Plan, plan_id)
        )

    def start_scheduled_preload_execution(self, *, plan_id: str) -> Plan:
        """Start a plan; returns the whole plan, with the id of its job."""
        return self._start_or_stop("StartScheduledPreloadExecution", plan_id)

    def stop_scheduled_preload_execution(self, *, plan_id: str) -> Plan:
        """Stop a plan; returns the whole plan. Only a running plan stops: check the status."""
        return self._start_or_stop("StopScheduledPreloadExecution", plan_id)

    def delete_scheduled_preload_execution(self, *, plan_id: str) -> str:
        """Delete a plan; returns the id of the request."""
        return self._delete("DeleteScheduledPreloadExecution", plan_id)

    def list_instance_quotas(
        self,
        *,
        quota_names: Sequence[str],
        site_id: int | str | None = None,
        instance_id: str | None = None,
    ) -> InstanceQuotas:
        """Get quotas of an instance (a plan of service), which its id or one of its sites names."""
        action = "ListInstanceQuotas"
        query = _parameters(
            InstanceId=instance_id, QuotaNames=",".join(quota_names), SiteId=site_id
        )
        return self._call(_get(action, query), model_reader(action, InstanceQuotas))

    def purge_caches(self, *, site_id: int | str, files: Sequence[str]) -> PurgeAnswer:
        """Purge these URLs from the caches of a site; ESA takes 1000 at once.

        The call may be repeated: a second purge of the same URLs changes nothing more.
        """
        action = "PurgeCaches"
        query = {
            "Content": _json({"Files": list(files)}),
            "SiteId": str(site_id),
            "Type": "file",
        }
        call = _post(action, query, safe_to_repeat=True)
        return self._call(call, model_reader(action, PurgeAnswer))

    def describe_purge_tasks(
        self,
        *,
        site_id: int | str,
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        page_number: int = 1,
    ) -> PurgeTaskPage:
        """Get a page of the tasks that purge URLs of a site; the times, both or none, limit when they were created."""
        action = "DescribePurgeTasks"
        query = _parameters(
            SiteId=site_id,
            Type="file",
            StartTime=start_time and _whole_seconds(start_time),
            EndTime=end_time and _whole_seconds(end_time),
            PageNumber=page_number,
            PageSize=PAGE_SIZE,
        )
        page = self._call(_get(action, query), model_reader(action, PurgeTaskPage))
        counted = 0 if page.total_count == 0 else None
        require_complete(action, page.tasks, 0, counted, page.request_id)
        return page

    def _start_or_stop(self, action: str, plan_id: str) -> Plan:
        return self._call(
            _post(action, {"Id": plan_id}), object_reader(action, Plan, plan_id)
        )

    def _delete(self, action: str, object_id: str) -> str:
        call = _post(action, {"Id": object_id}, safe_to_repeat=True)
        return self._call(call, model_reader(action, DeleteAnswer)).request_id

    def _call(
        self,
        call: ApiCall,
        read: Callable[[Mapping[str, Any]], T],
        deadline: float | None = None,
    ) -> T:
        if deadline is None:
            deadline = self._transport.deadline_for(self._limits)
        observe = self._observe

        def observe_and_read(content: dict[str, Any]) -> T:
            if observe is not None:
                observe(call.action, content)
            return read(content)

        return self._transport.call(
            call,
            observe_and_read,
            deadline=deadline,
            attempts=self._limits.attempts,
        )


def _get(action: str, query: Mapping[str, str]) -> ApiCall:
    return ApiCall(action, "GET", query, safe_to_repeat=True)


def _post(
    action: str,
    query: Mapping[str, str],
    form: Mapping[str, str] | None = None,
    *,
    safe_to_repeat: bool = False,
) -> ApiCall:
    return ApiCall(action, "POST", query, form, safe_to_repeat=safe_to_repeat)


def _parameters(**parameters: object) -> dict[str, str]:
    """The parameters as strings, without those that are None."""
    return {name: str(value) for name, value in parameters.items() if value is not None}


def _spec(spec: PlanSpec) -> dict[str, str | int]:
    times = _parameters(
        EndTime=spec.end_time and render_time(spec.end_time),
        StartTime=spec.start_time and render_time(spec.start_time),
    )
    return {**times, "Interval": spec.interval, "SliceLen": spec.slice_len}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _whole_seconds(moment: datetime) -> str:
    return render_time(moment.replace(microsecond=0))


def _milliseconds(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1000)


def _user_agent() -> str:
    own = version("pulumi-esa-prefetch")
    return (
        f"pulumi-esa-prefetch/{own} httpx/{httpx.__version__} python/{python_version()}"
    )
