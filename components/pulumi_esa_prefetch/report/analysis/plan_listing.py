"""The plans of jobs, grouped by job: what a person needs to find a plan and to judge it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_esa_prefetch.report.analysis.progress import (
    OF_A_JOB,
    Attention,
    PlanProgress,
    WatchedPlan,
    take_progress,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot


@dataclass(frozen=True, slots=True)
class ListedPlan:
    """One plan; `name` and `declared` (running or stopped) are those of a stack, empty where none declares it.

    `finish`: when its last batch is expected. `attention`: why a person should look at it; `note`: the same in
    detail, empty if the status says it.
    """

    id: str
    job_id: str
    name: str
    declared: str
    status: str
    start_time: datetime | None
    end_time: datetime | None
    interval: int | None
    slice_len: int | None
    finish: datetime | None
    attention: str | None
    note: str

    @property
    def own_note(self) -> str:
        """The note, if it is not one of all plans of its job."""
        return "" if self.attention in OF_A_JOB else self.note


@dataclass(frozen=True, slots=True)
class ListedJob:
    """One job with its plans, those that need attention first; `exists`: whether ESA has it."""

    id: str
    exists: bool
    name: str | None
    site_id: int | None
    urls: int | None
    urls_done: int | None
    error_info: str | None
    failed_file_oss: str | None
    plans: tuple[ListedPlan, ...]

    @property
    def needs_attention(self) -> bool:
        """Whether the job itself is a reason to look at it."""
        return not self.exists or bool(self.error_info) or self.urls == 0

    @property
    def notes(self) -> list[str]:
        """What is to be said of the job itself, a sentence each."""
        where = f", listed in {self.failed_file_oss}" if self.failed_file_oss else ""
        refused = f"ESA refused URLs: {self.error_info}{where}"
        late = {plan.note for plan in self.plans if plan.attention == Attention.LATE}
        return [*([refused] if self.error_info else []), *sorted(late)]


@dataclass(frozen=True, slots=True)
class PlanListing:
    """Jobs with their plans at one time, what needs attention first; `problem`: why others are missing."""

    at: datetime
    jobs: tuple[ListedJob, ...]
    problem: str | None = None

    @property
    def plans(self) -> list[ListedPlan]:
        """The plans of all jobs, in the order of the jobs."""
        return [plan for job in self.jobs for plan in job.plans]


def list_plans(
    snapshot: EsaSnapshot,
    known: Sequence[WatchedPlan],
    now: datetime,
    *,
    only_known: bool = False,
) -> PlanListing:
    """List the plans of the jobs that were read; `known`: those that a stack declares.

    `only_known`: list no others.
    """
    declared = {(plan.job_id, plan.plan_id): plan for plan in known}
    targets = list(known) if only_known else []
    if not only_known:
        ids = [
            (job, plan) for job, seen in snapshot.jobs.items() for plan in seen.plans
        ]
        targets = [
            declared.get(each) or WatchedPlan("", *each, declared=False)
            for each in sorted(ids)
        ]
    ordered = take_progress(targets, snapshot, now).by_need
    by_job: dict[str, list[ListedPlan]] = {}
    for plan in ordered:
        by_job.setdefault(plan.target.job_id, []).append(_listed(plan))
    without = [job for job in sorted(snapshot.jobs) if job not in by_job]
    jobs = [
        _job(job, snapshot.jobs.get(job), by_job.get(job, []))
        for job in [*by_job, *without]
    ]
    jobs.sort(key=lambda job: not (job.needs_attention and not job.plans))
    problem = snapshot.problem or "; ".join(snapshot.unreadable) or None
    return PlanListing(now, tuple(jobs), problem)


def _job(job_id: str, seen: JobSnapshot | None, plans: list[ListedPlan]) -> ListedJob:
    job = seen.job if seen else None
    facts: dict[str, Any] = dict.fromkeys(
        ("name", "site_id", "urls", "urls_done", "error_info", "failed_file_oss")
    )
    if job is not None:
        facts = {
            "name": job.name,
            "site_id": job.site_id,
            "urls": job.url_count,
            "urls_done": job.task_submitted,
            "error_info": job.error_info,
            "failed_file_oss": job.failed_file_oss,
        }
    return ListedJob(job_id, job is not None, plans=tuple(plans), **facts)


def _listed(plan: PlanProgress) -> ListedPlan:
    target = plan.target
    declared = "stopped" if target.to_stop else "running"
    return ListedPlan(
        id=target.plan_id,
        job_id=target.job_id,
        name=target.name,
        declared=declared if target.declared else "",
        status=plan.status,
        start_time=plan.start,
        end_time=plan.end,
        interval=plan.interval,
        slice_len=plan.slice_len,
        finish=plan.done if plan.is_active else None,
        attention=plan.attention.value if plan.attention else None,
        note=plan.note,
    )
