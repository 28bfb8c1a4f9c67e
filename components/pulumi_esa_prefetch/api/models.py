"""What ESA gives and takes, as frozen models with ESA's spelling at the wire; sends nothing."""

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
from pulumi_esa_prefetch.api.one_line import one_line, printable

PlanStatus = Literal["waiting", "running", "finished", "failed", "stopped"]
"""The statuses ESA documents; `stopped` means paused (StopScheduledPreloadExecution)."""
STATUSES: tuple[PlanStatus, ...] = get_args(PlanStatus)
ACTIVE = frozenset[str | None]({"waiting", "running"})
"""The statuses of plans that submit URLs, or will when their window opens."""


def _instant(value: Any) -> Any:
    return parse_time(value) if isinstance(value, str) else value


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _lower_id(value: Any) -> Any:
    return object_id(value) or value


def _cleaned(value: Any) -> Any:
    """Texts fit for a terminal, also those of a list; None in the place of an empty one."""
    if isinstance(value, str):
        return printable(value) or None
    if isinstance(value, list):
        return [printable(item) if isinstance(item, str) else item for item in value]
    return value


ObjectId = Annotated[str, BeforeValidator(_lower_id)]
"""The id of a job or a plan, in lower case, whatever the case that ESA writes."""
Instant = Annotated[AwareDatetime, BeforeValidator(_instant)]
Number = Annotated[int, Field(ge=-(2**63), lt=2**63)]
"""An int64, the largest that the API pages know."""


class _AnswerModel(BaseModel):
    """Read leniently: what is unknown is ignored, what is left out, null or empty is None.

    No text in it moves the cursor of a terminal or hides what follows.
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
    """A list of URLs to prefetch, with its counters (GetScheduledPreloadJob)."""

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
    """Comma separated, such as `InvalidUrl`; set although the job exists."""
    failed_file_oss: str | None = None
    file_id: str | None = None
    created_at: Instant | None = None
    ali_uid: str | None = None
    execution_count: Number | None = None
    """Only in answers of ListScheduledPreloadJobs."""
    request_id: str | None = None

    @property
    def origins(self) -> tuple[str, ...]:
        """The hosts in `domains`, which ESA's pages show as one text and do not describe."""
        return tuple(host for host in re.split(r"[,;\s]+", self.domains or "") if host)


class _PlanFields(_AnswerModel):
    """What ESA tells of a plan, there or refused."""

    job_id: ObjectId | None = None
    unreadable_job: str | None = None
    """What stands in the place of the job's id and is none, for a warning; `job_id` is None then."""
    start_time: Instant | None = None
    end_time: Instant | None = None
    interval: Number | None = None
    """Seconds between two batches."""
    slice_len: Number | None = None
    """URLs per batch."""
    status: Annotated[str, BeforeValidator(_lower)] | None = None
    """One of `PlanStatus`, in lower case; a status unknown here is kept as ESA's word."""
    ali_uid: str | None = None
    request_id: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _put_aside_what_is_no_id(cls, content: Any) -> Any:
        """Keep the plan: its status counts, also where the name of its job cannot be read."""
        told = content.get("JobId") if isinstance(content, Mapping) else None
        if told is None or object_id(told) or not str(told).strip():
            return content
        return {**content, "JobId": None, "UnreadableJob": one_line(told, 64)}


class Plan(_PlanFields):
    """When and how fast a job's URLs are submitted (ListScheduledPreloadExecutions)."""

    id: ObjectId


class RefusedPlan(_PlanFields):
    """A plan that ESA did not create, as far as ESA describes it; often without an id."""

    id: str | None = None


class CreatedPlans(_AnswerModel):
    """What became of each plan asked for (CreateScheduledPreloadExecutions)."""

    total_count: Number | None = None
    success_count: Number | None = None
    plans: tuple[Plan, ...] = Field(default=(), alias="SuccessExecutions")
    failed_plans: tuple[RefusedPlan, ...] = Field(default=(), alias="FailedExecutions")
    failed_messages: tuple[str, ...] = ()
    request_id: str | None = None

    @field_validator("plans", "failed_plans", "failed_messages", mode="before")
    @classmethod
    def _null_is_none_of_them(cls, value: Any) -> Any:
        return () if value is None else value


class JobPage(_AnswerModel):
    """One page of ListScheduledPreloadJobs; `total_count` counts all pages."""

    jobs: tuple[Job, ...] | None = None
    """None if ESA left the list out, which is not the same as an empty one."""
    total_count: Number | None = None
    request_id: str | None = None


class PlanList(_AnswerModel):
    """The answer of ListScheduledPreloadExecutions, which has no pages."""

    plans: tuple[Plan, ...] | None = Field(default=None, alias="Executions")
    """None if ESA left the list out, which is not the same as an empty one."""
    total_count: Number | None = None
    request_id: str | None = None


class DeleteAnswer(_AnswerModel):
    """The answer of the Delete actions: a request id and nothing else."""

    request_id: str


class PlanSpec(BaseModel):
    """A plan to create: the window (aware datetimes), seconds between batches, URLs per batch.

    What an absent start or end means is left open by ESA's documentation
    (CreateScheduledPreloadExecutions).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    start_time: AwareDatetime | None = None
    end_time: AwareDatetime | None = None
    interval: int
    slice_len: int


def build_models() -> None:
    """Build the validators of all models, which the import leaves out: they take longer than the rest of it.

    The client's module calls this once. Otherwise the first threads that read an answer would do it at one time.
    """
    for model in (Job, Plan, CreatedPlans, JobPage, PlanList, DeleteAnswer, PlanSpec):
        model.model_rebuild()


__all__ = [
    "CreatedPlans",
    "DeleteAnswer",
    "Instant",
    "Job",
    "JobPage",
    "Plan",
    "PlanList",
    "PlanSpec",
    "PlanStatus",
    "build_models",
]
