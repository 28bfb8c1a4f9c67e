"""What the plugin does in ESA for its two resource types, over the official SDK; knows nothing of Pulumi.

It does what the real one does (terraform-provider-alicloud 1.285.0), its oddities included: a job whose
URLs change is "updated" without a request; a plan is found by listing its job; times are kept as ESA
writes them. One it does not repeat: a plan that ESA refuses in a 200 is an error here, not an id of nils.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alibabacloud_esa20240910 import models as esa_models
from alibabacloud_esa20240910.client import Client
from Tea.exceptions import TeaException

# The SDK takes None for what is left out, and its types do not say so.
models: Any = esa_models
Properties = dict[str, Any]
_NOT_FOUND = 404


class Refused(Exception):
    """ESA refused a call; the text is what the user sees."""


@dataclass(frozen=True)
class Kind:
    """How one resource type behaves: its inputs, those that replace it, what only ESA knows, its calls."""

    inputs: frozenset[str]
    replaces: frozenset[str]
    computed: frozenset[str]
    create: Callable[[Client, Properties], str]
    read: Callable[[Client, str], Properties | None]
    update: Callable[[Client, str, Properties, frozenset[str]], None]
    delete: Callable[[Client, str], None]


def create_job(client: Client, inputs: Properties) -> str:
    request = models.CreateScheduledPreloadJobRequest(
        insert_way=inputs["insertWay"],
        name=inputs["scheduledPreloadJobName"],
        site_id=int(inputs["siteId"]),
        url_list=inputs.get("urlList"),
        oss_url=inputs.get("ossUrl"),
    )
    job = _called(client.create_scheduled_preload_job, request)
    return f"{job.site_id}:{job.id}"


def read_job(client: Client, id_: str) -> Properties | None:
    request = models.GetScheduledPreloadJobRequest(id=id_.split(":")[1])
    job = _called(client.get_scheduled_preload_job, request, gone=None)
    return job and {
        "scheduledPreloadJobId": job.id,
        "createTime": job.created_at,
        "scheduledPreloadJobName": job.name,
        "insertWay": job.insert_way,
        "siteId": str(job.site_id),
    }


def update_job(
    _client: Client, _id: str, _: Properties, _changed: frozenset[str]
) -> None:
    """Nothing is sent: ESA has no such action, and the real plugin says success all the same."""


def delete_job(client: Client, id_: str) -> None:
    request = models.DeleteScheduledPreloadJobRequest(id=id_.split(":")[1])
    _called(client.delete_scheduled_preload_job, request, gone=None)


def create_plan(client: Client, inputs: Properties) -> str:
    execution = models.CreateScheduledPreloadExecutionsRequestExecutions(
        interval=int(inputs["interval"]),
        slice_len=int(inputs["sliceLen"]),
        start_time=inputs.get("startTime"),
        end_time=inputs.get("endTime"),
    )
    request = models.CreateScheduledPreloadExecutionsRequest(
        id=inputs["scheduledPreloadJobId"], executions=[execution]
    )
    answer = _called(client.create_scheduled_preload_executions, request)
    if not answer.success_executions:
        raise Refused("; ".join(answer.failed_messages or ["ESA made no plan"]))
    plan = answer.success_executions[0]
    return f"{plan.job_id}:{plan.id}"


def read_plan(client: Client, id_: str) -> Properties | None:
    job_id, plan_id = id_.split(":")
    request = models.ListScheduledPreloadExecutionsRequest(id=job_id)
    answer = _called(client.list_scheduled_preload_executions, request, gone=None)
    plans = (answer and answer.executions) or []
    plan = next((plan for plan in plans if plan.id == plan_id), None)
    return plan and {
        "scheduledPreloadExecutionId": plan.id,
        "scheduledPreloadJobId": plan.job_id,
        "status": plan.status,
        "interval": plan.interval,
        "sliceLen": plan.slice_len,
        "startTime": plan.start_time,
        "endTime": plan.end_time,
    }


def update_plan(
    client: Client, id_: str, inputs: Properties, changed: frozenset[str]
) -> None:
    times = {
        name: inputs.get(key, "")
        for key, name in (("startTime", "start_time"), ("endTime", "end_time"))
        if key in changed
    }
    request = models.UpdateScheduledPreloadExecutionRequest(
        id=id_.split(":")[1],
        interval=int(inputs["interval"]),
        slice_len=int(inputs["sliceLen"]),
        **times,
    )
    _called(client.update_scheduled_preload_execution, request)


def delete_plan(client: Client, id_: str) -> None:
    request = models.DeleteScheduledPreloadExecutionRequest(id=id_.split(":")[1])
    _called(client.delete_scheduled_preload_execution, request, gone=None)


KINDS: Mapping[str, Kind] = {
    "alicloud:esa/scheduledPreloadJob:ScheduledPreloadJob": Kind(
        inputs=frozenset(
            {"insertWay", "scheduledPreloadJobName", "siteId", "urlList", "ossUrl"}
        ),
        replaces=frozenset({"insertWay", "scheduledPreloadJobName", "siteId"}),
        computed=frozenset({"scheduledPreloadJobId", "createTime"}),
        create=create_job,
        read=read_job,
        update=update_job,
        delete=delete_job,
    ),
    "alicloud:esa/scheduledPreloadExecution:ScheduledPreloadExecution": Kind(
        inputs=frozenset(
            {"scheduledPreloadJobId", "interval", "sliceLen", "startTime", "endTime"}
        ),
        replaces=frozenset({"scheduledPreloadJobId"}),
        computed=frozenset({"scheduledPreloadExecutionId", "status"}),
        create=create_plan,
        read=read_plan,
        update=update_plan,
        delete=delete_plan,
    ),
}

_RAISE: Any = object()


def _called(call: Callable[[Any], Any], request: Any, gone: Any = _RAISE) -> Any:
    """The answer's body; `gone`, if given, where ESA says 404. Raises Refused."""
    try:
        return call(request).body
    except TeaException as error:
        if gone is not _RAISE and error.statusCode == _NOT_FOUND:
            return gone
        raise Refused(str(error)) from None
