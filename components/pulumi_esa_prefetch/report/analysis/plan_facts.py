"""What is known of one plan and its job, from the preview, the state and ESA; pure.

A change in the same preview counts first, for it is what will be; then what ESA returned; then the state. The
source is kept with the facts.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from pulumi_esa_prefetch.api.esa_times import parse_time
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.load import shares
from pulumi_esa_prefetch.provider.outcome_words import job_problem
from pulumi_esa_prefetch.provider.plan_properties import split_id
from pulumi_esa_prefetch.report.analysis.summary import Source
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph, ResourceNode

CHANGING = frozenset({"create", "replace", "update"})

_BEGINNING = re.compile(r"[^/?#]*//[^/?#]*")  # scheme and authority


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What is known of a plan.

    `is_new`: this deployment creates it. `was_read`: its job was read in ESA. `is_missing`: and ESA does not
    list it.
    """

    plan_id: str | None = None
    job_id: str | None = None
    status: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    interval: int | None = None
    slice_len: int | None = None
    source: Source = "none"
    is_new: bool = False
    was_read: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What is known of a job; `key` groups its plans even before it has an id.

    `hosts`: the host of each URL, in order, if the list is known; else `domains` counts. `problem`: what is wrong
    with its list of URLs, as a sentence.
    """

    key: str
    urls: int | None = None
    submitted: int = 0
    hosts: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    problem: str = ""

    def origins(self, slice_len: int) -> dict[str, int]:
        """Return each origin with the most URLs that one batch holds for it."""
        if self.hosts:
            return shares(self.hosts, slice_len)
        names = self.domains or (f"the origin of {self.key}",)
        return dict.fromkeys(names, slice_len)


def plan_facts(
    prefetch: ResourceNode, graph: ResourceGraph, snapshot: EsaSnapshot
) -> PlanFacts:
    """Gather what is known of the plan that a resource will have."""
    job_id, plan_id = _ids(prefetch)
    source = graph.plan_of(prefetch)
    if source is not None and source.op in {"create", "replace"}:
        return _of_values(source, PlanFacts(plan_id, job_id, "waiting", is_new=True))
    if source is not None and job_id is None:
        job_id, plan_id = map(object_id, split_id(source.id))
    seen = snapshot.plan(job_id, plan_id)
    status = _status(seen, prefetch, source)
    known = _looked_up(PlanFacts(plan_id, job_id, status), snapshot)
    if source is not None and (source.op in CHANGING or seen is None):
        return _of_values(source, known)
    if seen is not None:
        return _of_esa(seen, known)
    return _of_state(prefetch, known)


def old_plan_facts(prefetch: ResourceNode, snapshot: EsaSnapshot) -> PlanFacts:
    """Gather what is known of the plan that a resource has until now."""
    if prefetch.old is None:
        return PlanFacts()
    job_id, plan_id = map(object_id, split_id(prefetch.old.id))
    seen = snapshot.plan(job_id, plan_id)
    status = seen.status if seen else _text(prefetch.old.outputs.get("status"))
    known = _looked_up(PlanFacts(plan_id, job_id, status), snapshot)
    if seen is not None:
        return _of_esa(seen, known)
    return _with(known, prefetch.old.outputs, "state")


class KnownJobs:
    """What is known of the jobs of a stack's plans: gathered once for each job, which may have a thousand plans."""

    def __init__(self, graph: ResourceGraph, snapshot: EsaSnapshot) -> None:
        self._graph = graph
        self._snapshot = snapshot
        self._known: dict[tuple[str, str | None], JobFacts] = {}

    def of(self, prefetch: ResourceNode, plan: PlanFacts) -> JobFacts:
        """Return what is known of the job of a plan."""
        node = self._graph.job_of(prefetch, self._graph.plan_of(prefetch))
        key = (node.urn if node else "", plan.job_id)
        if key == ("", None):
            return _job_facts(prefetch, plan, node, self._snapshot)
        if key not in self._known:
            self._known[key] = _job_facts(prefetch, plan, node, self._snapshot)
        return self._known[key]


def _job_facts(
    prefetch: ResourceNode,
    plan: PlanFacts,
    node: ResourceNode | None,
    snapshot: EsaSnapshot,
) -> JobFacts:
    if node is not None and node.op in {"create", "replace"}:
        hosts = _hosts(node.value("urlList"))
        return JobFacts(f"job {node.name}", len(hosts) or None, hosts=hosts)
    key = plan.job_id or (node.name if node else prefetch.name)
    # pulumi_alicloud does not send an updated list to ESA: the old one counts.
    hosts = _hosts(node.old.inputs.get("urlList")) if node and node.old else ()
    seen = snapshot.jobs.get(plan.job_id or "")
    if seen is None or seen.job is None:
        return JobFacts(f"job {key}", len(hosts) or None, hosts=hosts)
    return _of_job(seen.job, f"job {key}", hosts)


def _of_job(job: Job, key: str, hosts: tuple[str, ...]) -> JobFacts:
    same_list = job.url_count in {None, len(hosts)}
    return JobFacts(
        key,
        urls=job.url_count if job.url_count is not None else len(hosts) or None,
        submitted=job.task_submitted or 0,
        hosts=hosts if same_list else (),
        domains=job.origins,
        problem=job_problem(job),
    )


def job_ids(graph: ResourceGraph) -> set[str]:
    """Return the ids of the jobs to read from ESA."""
    found = set()
    for prefetch in graph.prefetches():
        found.add(_ids(prefetch)[0])
        found.add(split_id(prefetch.old.id)[0] if prefetch.old else None)
        source = graph.plan_of(prefetch)
        found.add(split_id(source.id)[0] if source else None)
    return {job_id for job_id in found if job_id}


def _ids(prefetch: ResourceNode) -> tuple[str | None, str | None]:
    """Return job and plan id, as far as the declaration or the kept id holds them."""
    kept_job, kept_plan = split_id(prefetch.id)
    job_id, plan_id = split_id(prefetch.value("plan_id"))
    known_job = job_id or object_id(prefetch.value("job_id")) or kept_job
    return known_job, object_id(plan_id) or object_id(kept_plan)


def _looked_up(known: PlanFacts, snapshot: EsaSnapshot) -> PlanFacts:
    """Add what the look at the job in ESA found: a plan that ESA does not list there has no status."""
    was_read = known.job_id in snapshot.jobs
    is_listed = snapshot.plan(known.job_id, known.plan_id) is not None
    return replace(
        known,
        status=known.status if is_listed or not was_read else None,
        was_read=was_read,
        is_missing=snapshot.lacks(known.job_id, known.plan_id),
    )


def _status(
    seen: Plan | None, prefetch: ResourceNode, source: ResourceNode | None
) -> str | None:
    """Return the status from ESA, else from the state of the resource, else of the plan's own resource."""
    if seen is not None:
        return seen.status
    kept = (
        prefetch.old.outputs.get("status") if prefetch.old and prefetch.keeps_id else ""
    )
    if kept or source is None or source.old is None:
        return _text(kept)
    return _text(source.old.outputs.get("status"))


def _of_values(source: ResourceNode, known: PlanFacts) -> PlanFacts:
    names = ("startTime", "endTime", "interval", "sliceLen")
    values = {name: source.value(name) for name in names}
    where: Source = "preview" if source.op in CHANGING else "state"
    job_id = known.job_id or object_id(source.value("scheduledPreloadJobId"))
    return _filled(known, job_id, tuple(values.values()), where)


def _of_esa(seen: Plan, known: PlanFacts) -> PlanFacts:
    values = (seen.start_time, seen.end_time, seen.interval, seen.slice_len)
    return _filled(known, known.job_id or seen.job_id, values, "esa")


def _of_state(prefetch: ResourceNode, known: PlanFacts) -> PlanFacts:
    if prefetch.old is None or not prefetch.keeps_id:
        return known
    return _with(known, prefetch.old.outputs, "state")


def _with(known: PlanFacts, outputs: Mapping[str, Any], where: Source) -> PlanFacts:
    names = ("start_time", "end_time", "interval", "slice_len")
    values = tuple(outputs.get(name) for name in names)
    return _filled(known, known.job_id, values, where)


def _filled(
    known: PlanFacts, job_id: str | None, values: tuple[Any, ...], where: Source
) -> PlanFacts:
    start, end, interval, slice_len = values
    return replace(
        known,
        job_id=job_id,
        start_time=_moment(start),
        end_time=_moment(end),
        interval=_number(interval),
        slice_len=_number(slice_len),
        source=where,
    )


def _hosts(url_list: Any) -> tuple[str, ...]:
    if not isinstance(url_list, str) or SECRET in url_list:
        return ()
    lines = (line.strip() for line in url_list.splitlines())
    return tuple(host_of(line) for line in lines if line)


def host_of(url: str) -> str:
    """The host of a URL, or "no host"."""
    beginning = _BEGINNING.match(url)
    return _host(beginning[0] if beginning else url)


@lru_cache(maxsize=4096)  # the URLs of a job begin in a few ways
def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or "no host"
    except ValueError:
        return "no host"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    try:
        return parse_time(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _number(value: Any) -> int | None:
    """Read a whole number; providers write 30 also as 30.0 or as a string."""
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 < number < 2**63 else None
