"""The present state of jobs and their plans in ESA, by read-only calls.

The client has the settings of the stack, and keys of the stack or of the environment.
ListScheduledPreloadExecutions returns a job's plans, GetScheduledPreloadJob its counters.
"""

import threading
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Protocol

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import (
    BadCredentials,
    EsaError,
    KeysNotFetched,
    NoCredentials,
    NotFound,
)
from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.api.plan_list import PlanList, refuse_unreadable
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET
from pulumi_esa_prefetch.settings.credential_sources import without_masked
from pulumi_esa_prefetch.settings.settings import (
    ENDPOINT_VARIABLES,
    SettingsError,
    read_settings,
)

AT_ONCE = 4
SECONDS = 15.0
"""The limit for one call with its retries: a summary without ESA's statuses is better than none."""

_NAMED = 5
"""The most plans that a problem names."""

_WHERE = (
    "esa-prefetch:endpoint",
    "alicloud:endpoints",
    "esa-prefetch:accountType",
    "alicloud:accountType",
)


class EsaReader(Protocol):
    """The two reading calls of ESA's client."""

    def list_scheduled_preload_executions(self, *, job_id: str) -> PlanList:
        """Return the job's plans."""
        ...

    def get_scheduled_preload_job(self, *, job_id: str) -> Job:
        """Return the job with its counters."""
        ...


@dataclass(frozen=True, slots=True)
class JobSnapshot:
    """One job in ESA, with the plans that ESA lists as its own; ``job`` is None if it does not exist.

    Of a plan that cannot be read, `plans` has the status only; `unreadable` has a sentence for each.
    ``of_others``: the ids that ESA lists with another job.
    """

    job: Job | None
    plans: Mapping[str, Plan]
    unreadable: tuple[str, ...] = ()
    of_others: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EsaSnapshot:
    """The jobs that were read, by id; `problem` says in a sentence why others are missing.

    `keys_refused`: the problem is that there are no usable access keys, or that ESA refuses them.
    """

    jobs: Mapping[str, JobSnapshot] = field(default_factory=dict)
    problem: str | None = None
    keys_refused: bool = False

    def plan(self, job_id: str | None, plan_id: str | None) -> Plan | None:
        """Return the plan; None if it does not exist or its job was not read."""
        seen = self.jobs.get(job_id or "")
        return seen.plans.get(plan_id or "") if seen else None

    @property
    def unreadable(self) -> tuple[str, ...]:
        """A sentence for each plan that cannot be read."""
        found = sorted(self.jobs.items())
        return tuple(
            f"job {job_id}: {each}"
            for job_id, seen in found
            for each in seen.unreadable
        )

    def lacks(self, job_id: str | None, plan_id: str | None) -> bool:
        """Whether the job was read, and ESA does not list the plan."""
        seen = self.jobs.get(job_id or "")
        if seen is None or not plan_id:
            return False
        return plan_id not in seen.plans and plan_id not in seen.of_others


def take_snapshot(reader: EsaReader, job_ids: Iterable[str]) -> EsaSnapshot:
    """Read the jobs, a few at once; the first failure ends the reading and becomes the `problem`."""
    problems: list[EsaError] = []
    failed = threading.Event()

    def one(job_id: str) -> tuple[str, JobSnapshot] | None:
        if failed.is_set():
            return None
        try:
            return job_id, _job_snapshot(reader, job_id)
        except EsaError as error:
            failed.set()
            problems.append(error)
            return None

    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = [seen for seen in pool.map(one, sorted(set(job_ids))) if seen]
    return _failed(problems[0], dict(found)) if problems else EsaSnapshot(dict(found))


def _job_snapshot(reader: EsaReader, job_id: str) -> JobSnapshot:
    try:
        job = reader.get_scheduled_preload_job(job_id=job_id)
        plans = reader.list_scheduled_preload_executions(job_id=job_id)
    except NotFound:
        return JobSnapshot(None, {})
    known = {
        entry.id: Plan(id=entry.id, status=entry.status)
        for entry in plans.unreadable
        if entry.id
    }
    # An entry without an id may be any plan, so that none of the job may be called missing.
    refuse_unreadable("", [entry for entry in plans.unreadable if entry.id is None])
    own = {plan.id: plan for plan in plans if plan.job_id in {None, job.id}}
    others = frozenset(plan.id for plan in plans) - own.keys()
    unreadable = tuple(map(str, plans.unreadable))
    return JobSnapshot(job, known | own, unreadable, others)


def open_client(
    config: Mapping[str, str] | None, environ: Mapping[str, str]
) -> EsaClient:
    """Make a client with a stack's settings; None: they are not known. Raises NoCredentials, and as `usable_config`."""
    return EsaClient.from_settings(
        read_settings(usable_config(config, environ).get, environ)
    )


def usable_config(
    config: Mapping[str, str] | None, environ: Mapping[str, str]
) -> Mapping[str, str]:
    """The settings of a stack without those that are masked in a preview or an export; None: they are not known.

    Masked keys come from the environment then. Raises SettingsError if the stack's endpoint is not known: job ids and
    key ids must not be sent to another one.
    """
    is_known = config is not None and SECRET not in {
        config.get(name) for name in _WHERE
    }
    if not is_known and not any(environ.get(name) for name in ENDPOINT_VARIABLES):
        raise SettingsError(
            "the stack's ESA endpoint is not known (its settings are not in the state, "
            "or secret): set ESA_ENDPOINT"
        )
    return without_masked(config or {}, SECRET)


def take_snapshot_with(
    config: Mapping[str, str] | None,
    environ: Mapping[str, str],
    job_ids: Collection[str],
) -> EsaSnapshot:
    """Read the jobs with a client of `open_client`; an error becomes the `problem` and is not raised."""
    if not job_ids:
        return EsaSnapshot()
    try:
        with open_client(config, environ) as client:
            return _explained(take_snapshot(client.limited(seconds=SECONDS), job_ids))
    except (SettingsError, EsaError) as error:
        return _explained(_failed(error))


def _failed(
    error: EsaError | SettingsError, jobs: Mapping[str, JobSnapshot] | None = None
) -> EsaSnapshot:
    is_known = not isinstance(error, KeysNotFetched)
    refused = is_known and isinstance(error, (BadCredentials, NoCredentials))
    return EsaSnapshot(jobs or {}, str(error), keys_refused=refused)


def _explained(snapshot: EsaSnapshot) -> EsaSnapshot:
    problem = snapshot.problem or "; ".join(snapshot.unreadable[:_NAMED])
    if not problem:
        return snapshot
    problem = (
        f"ESA was not read, or not completely ({problem}): statuses and progress are "
        "those of the state."
    )
    return replace(snapshot, problem=problem)
