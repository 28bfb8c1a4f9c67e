"""What ESA says now of some jobs and their plans, by read-only calls; starts nothing.

ListScheduledPreloadExecutions gives a job's plans, GetScheduledPreloadJob its counters.
"""

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from pulumi_esa_prefetch.api.errors import EsaError, NotFound
from pulumi_esa_prefetch.api.models import Job, Plan

AT_ONCE = 4


class Reader(Protocol):
    """The two reading calls of ESA's client."""

    def list_scheduled_preload_executions(self, *, job_id: str) -> list[Plan]:
        """Return the job's plans."""
        ...

    def get_scheduled_preload_job(self, *, job_id: str) -> Job:
        """Return the job with its counters."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """One job as ESA has it, with the plans that it calls the job's own; no job: it does not exist."""

    job: Job | None
    plans: Mapping[str, Plan]


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found, by job id; `problem` says in a sentence why there is not more."""

    jobs: Mapping[str, Seen] = field(default_factory=dict)
    problem: str | None = None

    def plan(self, job_id: str | None, plan_id: str | None) -> Plan | None:
        """Return the plan, None if it is not there or its job was not looked at."""
        seen = self.jobs.get(job_id or "")
        return seen.plans.get(plan_id or "") if seen else None


def look(reader: Reader, job_ids: Iterable[str]) -> Looked:
    """Look at the jobs, a few at once; the first failure ends it and is told."""
    problems: list[str] = []
    failed = threading.Event()

    def one(job_id: str) -> tuple[str, Seen] | None:
        if failed.is_set():
            return None
        try:
            return job_id, _seen(reader, job_id)
        except EsaError as error:
            failed.set()
            problems.append(str(error))
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [seen for seen in pool.map(one, sorted(set(job_ids))) if seen]
    return Looked(dict(found), problems[0] if problems else None)


def _seen(reader: Reader, job_id: str) -> Seen:
    try:
        job = reader.get_scheduled_preload_job(job_id=job_id)
        plans = reader.list_scheduled_preload_executions(job_id=job_id)
    except NotFound:
        return Seen(None, {})
    own = (plan for plan in plans if plan.job_id in {None, job.id})
    return Seen(job, {plan.id: plan for plan in own})
