"""Finds the jobs of probes by their name, and deletes them with their plans; touches no other job."""

import re
import secrets
from collections.abc import Sequence
from typing import Final

from pulumi_esa_prefetch.api.models import ACTIVE, Job
from pulumi_esa_prefetch.probe.outcomes import NotSettled
from pulumi_esa_prefetch.probe.probe_calls import ProbeCalls

PREFIX: Final = "esa-prefetch-probe-"
_NAME: Final = re.compile(rf"{PREFIX}[0-9a-f]{{12}}", re.ASCII)
_ROUNDS: Final = 8


def new_name() -> str:
    """A name for the job of a probe."""
    return f"{PREFIX}{secrets.token_hex(6)}"


def is_probes(job: Job) -> bool:
    """Whether a probe made this job."""
    return bool(_NAME.fullmatch(job.name or ""))


def leftovers(calls: ProbeCalls, site_id: str) -> list[Job]:
    """The jobs of the site that probes have made; raises NotSettled if ESA does not list them."""
    listed = calls.read(lambda esa: esa.list_scheduled_preload_jobs(site_id=site_id))
    return [job for job in listed if is_probes(job)]


def delete_jobs(calls: ProbeCalls, site_id: str, job_ids: Sequence[str]) -> list[str]:
    """Stop the plans of these jobs of probes and delete them; the ids of those that are still there."""
    wanted, left = set(job_ids), set(job_ids)
    for _ in range(_ROUNDS):
        for job_id in left:
            _delete(calls, job_id)

        def look() -> frozenset[str]:
            return frozenset(job.id for job in leftovers(calls, site_id))

        try:
            left = wanted & calls.settled(look)
        except NotSettled:
            continue
        if not left:
            break
    return sorted(left)


def _delete(calls: ProbeCalls, job_id: str) -> None:
    """Stop what runs, for ESA may not delete a job with a running plan; then delete the job."""
    try:
        plans = calls.read(
            lambda esa: esa.list_scheduled_preload_executions(job_id=job_id)
        )
    except NotSettled:  # it may be gone by now
        plans = []  # type: ignore[assignment]
    for plan in plans:
        if plan.status not in ACTIVE | {None}:
            continue
        plan_id = plan.id
        calls.make(lambda esa: esa.stop_scheduled_preload_execution(plan_id=plan_id))  # noqa: B023
    calls.make(lambda esa: esa.delete_scheduled_preload_job(job_id=job_id))
