"""Finds the jobs of probes by their name and shape, and deletes them with their plans; touches no other job."""

import re
import secrets
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.models import ACTIVE, Job, Plan
from pulumi_esa_prefetch.probe.outcomes import NotSettled
from pulumi_esa_prefetch.probe.probe_calls import ProbeCalls
from pulumi_esa_prefetch.probe.probe_job import INTERVALS, LIST_LENGTH

PREFIX: Final = "esa-prefetch-probe-"
_NAME: Final = re.compile(rf"{PREFIX}[0-9a-f]{{12}}", re.ASCII)
_ROUNDS: Final = 8


def new_name() -> str:
    """A name for the job of a probe."""
    return f"{PREFIX}{secrets.token_hex(6)}"


def is_probes(job: Job, plans: Iterable[Plan]) -> bool:
    """Whether a probe made this job: by its name, the number of its lines, and the Intervals of its plans."""
    return (
        _has_name(job)
        and 0 < (job.url_count or 0) <= LIST_LENGTH
        and {plan.interval for plan in plans} <= set(INTERVALS.values())
    )


def leftovers(calls: ProbeCalls, site_id: str) -> list[Job]:
    """The jobs of the site that probes have made; raises NotSettled if ESA does not list them."""
    return [
        job
        for job in named_jobs(calls, site_id)
        if is_probes(job, _plans(calls, job.id))
    ]


def named_jobs(calls: ProbeCalls, site_id: str) -> list[Job]:
    """The jobs of the site that have a name as a probe gives it; raises NotSettled if ESA does not list them."""
    listed = calls.read(lambda esa: esa.list_scheduled_preload_jobs(site_id=site_id))
    return [job for job in listed if _has_name(job)]


def _has_name(job: Job) -> bool:
    return bool(_NAME.fullmatch(job.name or ""))


def _plans(calls: ProbeCalls, job_id: str) -> list[Plan]:
    return list(
        calls.read(lambda esa: esa.list_scheduled_preload_executions(job_id=job_id))
    )


def delete_jobs(calls: ProbeCalls, site_id: str, job_ids: Sequence[str]) -> list[str]:
    """Stop the plans of these jobs of probes and delete them; the ids of those that are still there."""
    wanted, left = set(job_ids), set(job_ids)
    for _ in range(_ROUNDS):
        for job_id in left:
            _delete(calls, job_id)

        def look() -> frozenset[str]:
            return frozenset(job.id for job in named_jobs(calls, site_id))

        try:
            left = wanted & calls.settled(look)
        except NotSettled:
            continue
        if not left:
            break
    return sorted(left)


def stop_plans(calls: ProbeCalls, job_id: str) -> list[Plan]:
    """Stop the plans of this job that run or wait; all of its plans as they were before. Raises NotSettled."""
    plans = _plans(calls, job_id)
    for plan in plans:
        if plan.status in ACTIVE | {None}:
            stop = partial(EsaClient.stop_scheduled_preload_execution, plan_id=plan.id)
            calls.make(stop)
    return plans


def _delete(calls: ProbeCalls, job_id: str) -> None:
    """Stop what runs, for ESA may not delete a job with a running plan; then delete the job, or else its plans."""
    plans: list[Plan] = []
    with suppress(NotSettled):  # it may be gone by now
        plans = stop_plans(calls, job_id)
    if calls.make(lambda esa: esa.delete_scheduled_preload_job(job_id=job_id)).kind in {
        "done",
        "lost",
    }:
        return
    for plan in plans:  # so that none starts in a job that stays
        calls.make(
            partial(EsaClient.delete_scheduled_preload_execution, plan_id=plan.id)
        )
