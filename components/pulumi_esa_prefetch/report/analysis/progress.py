"""The progress of plans and their jobs at one time, and what changed since another; pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from pulumi_esa_prefetch.api.models import ACTIVE, STATUSES
from pulumi_esa_prefetch.load import (
    Forecast,
    Run,
    count_text,
    forecast,
    moment_text,
)
from pulumi_esa_prefetch.provider.plan_properties import split_id
from pulumi_esa_prefetch.report.analysis.short_text import rate_phrase
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph


@dataclass(frozen=True, slots=True)
class WatchedPlan:
    """A plan whose progress is read, with its name in the program; `to_stop`: it is declared stopped.

    `declared`: whether a program declares it; without a declaration, a stopped plan needs no attention.
    """

    name: str
    job_id: str
    plan_id: str
    to_stop: bool = False
    declared: bool = True


class Attention(StrEnum):
    """Why a person should look at a plan; what is worst comes first."""

    FAILED = "failed"
    MISSING = "does not exist in ESA"
    STOPPED = "is declared running"
    NOT_STOPPED = "is declared stopped"
    UNKNOWN = "unknown status"
    LATE = "list not done in time"
    REFUSED = "ESA refused URLs"
    EMPTY = "its job has no URLs"


_WORST_FIRST = {reason: rank for rank, reason in enumerate(Attention)}
OF_A_JOB = frozenset({Attention.LATE, Attention.REFUSED, Attention.EMPTY})
"""What is a reason to look at all plans of a job."""
_COUNTED = ("running", "waiting", "finished", "stopped", "failed")
_ORDER = {"running": 0, "waiting": 1, "finished": 3}


@dataclass(frozen=True, slots=True)
class PlanProgress:
    """The progress of one plan; `done`: when its last batch is expected.

    `left`: the URLs of its job that no plan will submit. `error_info`: the codes for URLs of its job that ESA refused.
    """

    target: WatchedPlan
    status: str
    start: datetime | None = None
    end: datetime | None = None
    urls_per_second: float | None = None
    done: datetime | None = None
    submitted: int | None = None
    urls: int | None = None
    left: int | None = None
    error_info: str | None = None
    attention: Attention | None = None
    interval: int | None = None
    slice_len: int | None = None

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
            parts.append(rate_phrase(self.urls_per_second))
        if self.is_active and self.done is not None:
            parts.append(f"last batch at {moment_text(self.done)}")
        return ", ".join([*parts, *([self.note] if self.note else [])])

    @property
    def note(self) -> str:
        """What its attention is for, in a few words; empty if the status says it already."""
        if self.attention is None or self.attention == self.status:
            return ""
        if self.attention is Attention.LATE:
            return f"{count_text(self.left or 0, 'URL')} not done in time"
        if self.attention is Attention.REFUSED:
            return f"URLs refused: {self.error_info}"
        return self.attention.value


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

    @property
    def by_need(self) -> list[PlanProgress]:
        """The plans that need attention, the worst first, then those that run, wait, and have ended.

        Of the plans that need it because of the same job, only one is among the first.
        """
        first: dict[tuple[str, Attention | None], PlanProgress] = {}
        for plan in self.plans:
            first.setdefault((plan.target.job_id, plan.attention), plan)
        firsts = {id(plan) for plan in first.values()}
        return sorted(self.plans, key=lambda plan: _need(plan, id(plan) in firsts))

    @property
    def totals(self) -> "Totals":
        """What all plans come to; a job with several plans counts once."""
        jobs = {plan.target.job_id: plan for plan in self.plans if plan.urls}
        active = [plan for plan in self.plans if plan.is_active]
        return Totals(
            sum(plan.attention is not None for plan in self.plans),
            sum(job.submitted or 0 for job in jobs.values()),
            sum(job.urls or 0 for job in jobs.values()),
            sum(p.urls_per_second or 0 for p in active if p.status == "running"),
            max((plan.done for plan in active if plan.done), default=None),
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over all plans: how many need attention, URLs of their jobs, the present rate, the last batch of all."""

    attention: int
    submitted: int
    urls: int
    urls_per_second: float
    done: datetime | None


def status_counts(plans: Iterable[PlanProgress]) -> str:
    """Count plans by status: `100 running, 76 waiting`."""
    counts = Counter(plan.status for plan in plans)
    others = sorted(set(counts) - set(_COUNTED))
    known = [status for status in _COUNTED if status in counts]
    return ", ".join(f"{counts[status]} {status}" for status in [*known, *others])


def watched_plans(graph: ResourceGraph) -> list[WatchedPlan]:
    """Return the plans that a stack has in its state; it does not declare those that it only reads (`.get`)."""
    found = []
    for node in graph.prefetches():
        job_id, plan_id = split_id(node.id)
        if job_id and plan_id:
            to_stop = node.value("desired_state") == "stopped"
            declared = not node.is_external
            found.append(WatchedPlan(node.name, job_id, plan_id, to_stop, declared))
    return found


def take_progress(
    wanted: Sequence[WatchedPlan], snapshot: EsaSnapshot, now: datetime
) -> ProgressSnapshot:
    """Return the progress of the wanted plans, from what was read of their jobs."""
    jobs = {job_id: _forecasts(seen, now) for job_id, seen in snapshot.jobs.items()}
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
    """Return a line for each change, and one that counts the plans if their statuses changed."""
    known = {} if before is None else {plan.target: plan.line for plan in before.plans}
    for plan in after.plans:
        if known.get(plan.target) != plan.line:
            yield plan.line
    known_refusals = () if before is None else before.refusals
    yield from (refusal for refusal in after.refusals if refusal not in known_refusals)
    if after.problem and (before is None or before.problem != after.problem):
        yield after.problem
    counts = status_counts(after.plans)
    if len(after.plans) > 1 and (
        before is None or status_counts(before.plans) != counts
    ):
        yield f"{len(after.plans)} plans: {counts}"


def _need(plan: PlanProgress, is_first: bool) -> tuple[int, int]:
    if plan.attention is None:
        return 2, _ORDER.get(plan.status, 2)
    is_repeated = plan.attention in OF_A_JOB and not is_first
    return int(is_repeated), _WORST_FIRST[plan.attention]


def _plan(
    target: WatchedPlan, snapshot: EsaSnapshot, forecasts: Mapping[str, Forecast]
) -> PlanProgress:
    seen = snapshot.plan(target.job_id, target.plan_id)
    if seen is None:
        return PlanProgress(target, "missing", attention=Attention.MISSING)
    job = snapshot.jobs[target.job_id].job
    run = Run.of(seen, seen.id)
    mine = forecasts.get(seen.id)
    plan = PlanProgress(
        target,
        seen.status or "unknown",
        seen.start_time,
        seen.end_time,
        run.urls_per_second if run else None,
        mine.last if mine else None,
        job.task_submitted if job else None,
        job.url_count if job else None,
        mine.left if mine else None,
        job.error_info if job else None,
        interval=seen.interval,
        slice_len=seen.slice_len,
    )
    if plan.status == "finished" and not _is_any_active(snapshot.jobs[target.job_id]):
        plan = replace(plan, left=_rest(plan))
    return replace(plan, attention=_attention(plan))


def _is_any_active(seen: JobSnapshot) -> bool:
    return any(plan.status in ACTIVE for plan in seen.plans.values())


def _rest(plan: PlanProgress) -> int | None:
    if plan.urls is None or plan.submitted is None:
        return None
    return max(0, plan.urls - plan.submitted)


def _attention(plan: PlanProgress) -> Attention | None:
    """Return the worst reason to look at a plan, as far as it is known."""
    to_stop = plan.target.to_stop
    to_run = plan.target.declared and not to_stop
    reasons = {
        Attention.FAILED: plan.status == "failed",
        Attention.STOPPED: plan.status == "stopped" and to_run,
        Attention.NOT_STOPPED: plan.is_active and to_stop,
        Attention.UNKNOWN: plan.status not in STATUSES,
        Attention.LATE: bool(plan.left),
        Attention.REFUSED: bool(plan.error_info),
        Attention.EMPTY: plan.urls == 0,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def _forecasts(seen: JobSnapshot, now: datetime) -> dict[str, Forecast]:
    """Forecast each active plan of a job, by plan id."""
    runs = [
        run
        for _, plan in sorted(seen.plans.items())
        if plan.status in ACTIVE and (run := Run.of(plan, plan.id))
    ]
    if seen.job is None:
        return {}
    submitted = seen.job.task_submitted or 0
    forecasts = forecast(runs, seen.job.url_count, now, submitted)
    return {one.run.name: one for one in forecasts}


def _refusals(snapshot: EsaSnapshot) -> Iterator[str]:
    for job_id, seen in sorted(snapshot.jobs.items()):
        if seen.job is not None and seen.job.error_info:
            where = f", listed in {seen.job.failed_file_oss}"
            listed = where if seen.job.failed_file_oss else ""
            yield f"job {job_id}: ESA refused URLs ({seen.job.error_info}{listed})"
