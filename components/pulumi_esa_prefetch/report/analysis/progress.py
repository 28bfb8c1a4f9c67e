"""The progress of plans and their jobs at one time, and what changed since another; pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pulumi_esa_prefetch.api.models import ACTIVE
from pulumi_esa_prefetch.load import Run, forecast, moment_text, rate_text
from pulumi_esa_prefetch.provider.plan_properties import split_id
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph


@dataclass(frozen=True, slots=True)
class WatchedPlan:
    """A plan whose progress is read, with its name in the program; `to_stop`: it is declared stopped."""

    name: str
    job_id: str
    plan_id: str
    to_stop: bool = False


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """The progress of one plan; `done`: when its last batch is expected."""

    target: WatchedPlan
    status: str
    start: datetime | None = None
    end: datetime | None = None
    urls_per_second: float | None = None
    done: datetime | None = None
    submitted: int | None = None
    urls: int | None = None

    @property
    def is_active(self) -> bool:
        """True if it waits or runs."""
        return self.status in ACTIVE

    @property
    def line(self) -> str:
        """The progress in one line."""
        parts = [f"{self.target.name}: {self.status}"]
        if self.urls is not None:
            parts.append(f"{self.submitted or 0} of {self.urls} URLs of its job")
        if self.status == "waiting" and self.start is not None:
            parts.append(f"opens at {moment_text(self.start)}")
        if self.is_active and self.urls_per_second is not None:
            parts.append(f"{rate_text(self.urls_per_second)} URLs/s")
        if self.is_active and self.done is not None:
            parts.append(f"last batch at {moment_text(self.done)}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class ProgressSnapshot:
    """All plans at one time; `refusals`: one sentence for each job with URLs that ESA refused."""

    at: datetime
    plans: tuple[PlanProgress, ...]
    refusals: tuple[str, ...]
    problem: str | None = None

    @property
    def is_over(self) -> bool:
        """True if no plan waits or runs any longer."""
        return self.problem is None and not any(plan.is_active for plan in self.plans)

    @property
    def failed(self) -> list[str]:
        """The names of plans that ended neither finished nor as declared."""
        return [
            plan.target.name
            for plan in self.plans
            if plan.status not in {*ACTIVE, "finished"}
            and not (plan.target.to_stop and plan.status == "stopped")
        ]


def watched_plans(graph: ResourceGraph) -> list[WatchedPlan]:
    """Return the plans that a stack declares and has in its state."""
    found = []
    for node in graph.prefetches():
        job_id, plan_id = split_id(node.id)
        if job_id and plan_id:
            to_stop = node.value("desired_state") == "stopped"
            found.append(WatchedPlan(node.name, job_id, plan_id, to_stop))
    return found


def take_progress(
    wanted: Sequence[WatchedPlan], snapshot: EsaSnapshot, now: datetime
) -> ProgressSnapshot:
    """Return the progress of the wanted plans, from what was read of their jobs."""
    jobs = {job_id: _done(seen, now) for job_id, seen in snapshot.jobs.items()}
    plans = [
        _plan(target, snapshot, jobs.get(target.job_id, {}))
        for target in wanted
        if target.job_id in snapshot.jobs or snapshot.problem is None
    ]
    return ProgressSnapshot(
        now,
        tuple(plans),
        (*_refusals(snapshot), *snapshot.unreadable),
        snapshot.problem,
    )


def changes(before: ProgressSnapshot | None, after: ProgressSnapshot) -> Iterator[str]:
    """Return a line for each change."""
    known = {} if before is None else {plan.target: plan.line for plan in before.plans}
    for plan in after.plans:
        if known.get(plan.target) != plan.line:
            yield plan.line
    known_refusals = () if before is None else before.refusals
    yield from (refusal for refusal in after.refusals if refusal not in known_refusals)
    if after.problem and (before is None or before.problem != after.problem):
        yield after.problem


def _plan(
    target: WatchedPlan, snapshot: EsaSnapshot, done: dict[str, datetime | None]
) -> PlanProgress:
    seen = snapshot.plan(target.job_id, target.plan_id)
    if seen is None:
        return PlanProgress(target, "missing")
    job = snapshot.jobs[target.job_id].job
    run = Run.of(seen, seen.id)
    return PlanProgress(
        target,
        seen.status or "unknown",
        seen.start_time,
        seen.end_time,
        run.urls_per_second if run else None,
        done.get(seen.id),
        job.task_submitted if job else None,
        job.url_count if job else None,
    )


def _done(seen: JobSnapshot, now: datetime) -> dict[str, datetime | None]:
    """Forecast the last batch of each active plan of a job, by plan id."""
    runs = [
        run
        for _, plan in sorted(seen.plans.items())
        if plan.status in ACTIVE and (run := Run.of(plan, plan.id))
    ]
    if seen.job is None:
        return {}
    submitted = seen.job.task_submitted or 0
    forecasts = forecast(runs, seen.job.url_count, now, submitted)
    return {one.run.name: one.last for one in forecasts}


def _refusals(snapshot: EsaSnapshot) -> Iterator[str]:
    for job_id, seen in sorted(snapshot.jobs.items()):
        if seen.job is not None and seen.job.error_info:
            where = f", listed in {seen.job.failed_file_oss}"
            listed = where if seen.job.failed_file_oss else ""
            yield f"job {job_id}: ESA refused URLs ({seen.job.error_info}{listed})"
