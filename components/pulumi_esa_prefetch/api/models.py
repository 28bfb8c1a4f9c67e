"""The jobs, plans and answers of the ESA API as frozen models; the names in JSON are those of ESA's API pages."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_pascal

from pulumi_esa_prefetch.api.esa_times import parse_time
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.safe_text import one_line, printable

PlanStatus = Literal["waiting", "running", "finished", "failed", "stopped"]
"""The statuses that ESA documents; `stopped` means paused (page of StopScheduledPreloadExecution)."""
STATUSES: tuple[PlanStatus, ...] = get_args(PlanStatus)
ACTIVE = frozenset[str | None]({"waiting", "running"})
"""The statuses of plans that submit URLs now, or will when their window opens."""


def _instant(value: Any) -> Any:
    return parse_time(value) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _lower_id(value: Any) -> Any:
    return object_id(value) or value


def _cleaned(value: Any) -> Any:
    """The string, or the strings of a list, safe to print; None for an empty string."""
    if isinstance(value, str):
        return printable(value) or None
    if isinstance(value, list):
        return [printable(item) if isinstance(item, str) else item for item in value]
    return value


ObjectId = Annotated[str, BeforeValidator(_lower_id)]
"""The id of a job or a plan, in lower case, whatever case ESA writes."""
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""An int64, the largest integer type on the API pages."""


class _AnswerModel(BaseModel):
    """An answer that is read leniently: unknown fields are ignored; missing, null and empty fields are None.

    All strings are safe to print on a terminal.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_pascal,
        populate_by_name=True,
        coerce_numbers_to_str=True,
        str_strip_whitespace=True,
        defer_build=True,  # until `build_models`
    )

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return _cleaned(value)


class Job(_AnswerModel):
    """A list of URLs to prefetch, with its counters (page of GetScheduledPreloadJob)."""

    id: ObjectId
    name: str | None = None
    site_id: Number | None = None
    insert_way: str | None = None
    task_type: str | None = None
    domains: str | None = None
    url_count: Number | None = None
    url_submitted: Number | None = None
    task_submitted: Number | None = None
    error_info: str | None = None
    """Comma-separated codes such as `InvalidUrl`; set although the job exists."""
    failed_file_oss: str | None = None
    file_id: str | None = None
    created_at: Instant | None = None
    ali_uid: str | None = None
    execution_count: Number | None = None
    """In answers of ListScheduledPreloadJobs only."""
    request_id: str | None = None

    @property
    def origins(self) -> tuple[str, ...]:
        """The hosts in `domains`, which ESA's pages show as one string and do not describe."""
        return tuple(host for host in re.split(r"[,;\s]+", self.domains or "") if host)


class _PlanFields(_AnswerModel):
    """The fields of a plan, whether it exists or was refused."""

    job_id: ObjectId | None = None
    unreadable_job: str | None = None
    """The job id in the answer if it is not a valid id, for a warning; `job_id` is then None."""
    start_time: Instant | None = None
    end_time: Instant | None = None
    interval: Number | None = None
    """The seconds between two batches."""
    slice_len: Number | None = None
    """The number of URLs in a batch."""
    status: Annotated[str, BeforeValidator(_lower)] | None = None
    """One of `PlanStatus`, in lower case; an unknown status is kept."""
    ali_uid: str | None = None
    request_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _set_aside_invalid_job_id(cls, content: Any) -> Any:
        """Keep the plan although its job id is invalid: its status is still valid."""
        value = content.get("JobId") if isinstance(content, Mapping) else None
        if value is None or object_id(value) or not str(value).strip():
            return content
        return {**content, "JobId": None, "UnreadableJob": one_line(value, 64)}


class Plan(_PlanFields):
    """When and how fast the URLs of a job are submitted (page of ListScheduledPreloadExecutions)."""

    id: ObjectId


class RefusedPlan(_PlanFields):
    """A plan that ESA did not create, with the fields that ESA returned; often without an id."""

    id: str | None = None


class CreatedPlans(_AnswerModel):
    """The result for each plan of a create call (page of CreateScheduledPreloadExecutions)."""

    total_count: Number | None = None
    success_count: Number | None = None
    plans: tuple[Plan, ...] = Field(default=(), alias="SuccessExecutions")
    failed_plans: tuple[RefusedPlan, ...] = Field(default=(), alias="FailedExecutions")
    failed_messages: tuple[str, ...] = ()
    request_id: str | None = None

    @field_validator("plans", "failed_plans", "failed_messages", mode="before")
    @classmethod
    def _read_null_as_empty(cls, value: Any) -> Any:
        return () if value is None else value


class JobPage(_AnswerModel):
    """One page of ListScheduledPreloadJobs; `total_count` counts all pages."""

    jobs: tuple[Job, ...] | None = None
    """None if the answer has no list, which is not the same as an empty list."""
    total_count: Number | None = None
    request_id: str | None = None


class PlanListAnswer(_AnswerModel):
    """The answer of ListScheduledPreloadExecutions, which has no pages; its entries are read one by one."""

    plans: tuple[Any, ...] | None = Field(default=None, alias="Executions")
    """None if the answer has no list, which is not the same as an empty list."""
    total_count: Number | None = None
    request_id: str | None = None


class Quota(_AnswerModel):
    """One quota of a plan of service; its value is text, because it may be a number, a boolean, a range or a list."""

    name: str | None = Field(default=None, alias="QuotaName")
    value: str | None = Field(default=None, alias="QuotaValue")
    value_type: str | None = Field(default=None, alias="QuotaValueType")


class InstanceQuotas(_AnswerModel):
    """The quotas of an instance, that is, of a plan of service (model of ListInstanceQuotas in ESA's SDK)."""

    instance_id: str | None = None
    status: str | None = None
    """`online`, `offline` (expired) or `disable` (released)."""
    quotas: tuple[Quota, ...] = ()
    request_id: str | None = None

    @field_validator("quotas", mode="before")
    @classmethod
    def _read_null_as_empty(cls, value: Any) -> Any:
        return () if value is None else value


class PurgeAnswer(_AnswerModel):
    """The answer of PurgeCaches: the task, whose state DescribePurgeTasks lists."""

    task_id: str
    request_id: str | None = None

    @property
    def task_ids(self) -> tuple[str, ...]:
        """The ids of its tasks: ESA's page shows one, and its sibling in CDN lists several with commas."""
        return tuple(one for one in re.split(r"[,;\s]+", self.task_id) if one)


class PurgeTask(_AnswerModel):
    """A task of a purge, for one URL or more (page of DescribePurgeTasks)."""

    task_id: str | None = None
    content: tuple[str, ...] = ()
    """What is purged: of the type `file` URLs, which ESA writes as one string."""
    status: Annotated[str, BeforeValidator(_lower)] | None = None
    """`complete`, `refreshing` or `failed`, in lower case; an unknown status is kept."""
    process: str | None = None
    """The progress, in percent."""
    description: str | None = None
    """Why it failed."""

    @model_validator(mode="before")
    @classmethod
    def _split_content(cls, content: Any) -> Any:
        if not isinstance(content, Mapping) or "Content" not in content:
            return content
        text = content["Content"] or ""
        return {**content, "Content": text.split() if isinstance(text, str) else text}


class PurgeTaskPage(_AnswerModel):
    """One page of DescribePurgeTasks; `total_count` counts all pages."""

    tasks: tuple[PurgeTask, ...] | None = None
    """None if the answer has no list, which is not the same as an empty list."""
    total_count: Number | None = None
    request_id: str | None = None


class DeleteAnswer(_AnswerModel):
    """The answer of the Delete actions: a request id only."""

    request_id: str


class PlanSpec(BaseModel):
    """A plan to create: the window (aware datetimes), the seconds between batches, the URLs in a batch.

    ESA's documentation does not say what a missing start or end means (page of CreateScheduledPreloadExecutions).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    interval: int
    slice_len: int


def build_models() -> None:
    """Build the validators of all models; building them at import would slow down runs that make no call.

    The client's module calls this once, so that two threads never build the same model at the same time.
    """
    for model in (
        Job,
        Plan,
        CreatedPlans,
        JobPage,
        PlanListAnswer,
        InstanceQuotas,
        PurgeAnswer,
        PurgeTaskPage,
        DeleteAnswer,
        PlanSpec,
    ):
        model.model_rebuild()


__all__ = [
    "CreatedPlans",
    "DeleteAnswer",
    "InstanceQuotas",
    "Instant",
    "Job",
    "JobPage",
    "Plan",
    "PlanListAnswer",
    "PlanSpec",
    "PlanStatus",
    "PurgeAnswer",
    "PurgeTask",
    "PurgeTaskPage",
    "Quota",
    "build_models",
]
