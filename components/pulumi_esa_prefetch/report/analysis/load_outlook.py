"""What each plan of a stack will do, the load of all of them, and the limits that it does not keep; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pulumi_esa_prefetch.api.models import ACTIVE
from pulumi_esa_prefetch.load import (
    Forecast,
    LimitFinding,
    Limits,
    PlanLoad,
    Run,
    Segment,
    check_load,
    check_plan,
    forecast,
    load_on_origins,
    spans,
)
from pulumi_esa_prefetch.report.analysis.plan_facts import (
    JobFacts,
    KnownJobs,
    PlanFacts,
    old_plan_facts,
    plan_facts,
)
from pulumi_esa_prefetch.report.analysis.predicted_actions import (
    PredictedAction,
    predict_action,
    predict_drift,
    predict_rerun,
    share_reset,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph, ResourceNode

CHANGES = ("create", "update", "replace", "delete")


@dataclass(frozen=True, slots=True)
class PrefetchOutlook:
    """One ScheduledPrefetch: what is known of its plan and job, and what will be done about it.

    `drift`: what `up --refresh` would do, if the preview does not change it and ESA contradicts its declaration.
    `old_plan_id`: the plan that the state has, which a replacement leaves.
    """

    node: ResourceNode
    plan: PlanFacts
    job: JobFacts
    action: PredictedAction
    drift: PredictedAction | None = None
    old_plan_id: str | None = None

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.node.name

    @property
    def changed(self) -> bool:
        """True if the preview changes it."""
        return self.node.op in CHANGES

    def run(self) -> Run | None:
        """Return the plan's run from now on; one that is started begins again."""
        plan = replace(self.plan, status=None) if self.action.starts else self.plan
        return Run.of(plan, self.name)


@dataclass(frozen=True, slots=True)
class LoadOutlook:
    """The plans that will submit URLs, by URN; those outside the stack by plan id."""

    planned: Mapping[str, PlanLoad] = field(default_factory=dict)

    def of(self, prefetch: PrefetchOutlook) -> Forecast | None:
        """Return the forecast of a prefetch; None if it submits nothing, or window and pace are not known."""
        found = self.planned.get(prefetch.node.urn)
        return found.forecast if found else None

    def loads(self) -> dict[str, tuple[Segment, ...]]:
        """Return the load on each origin over time."""
        planned = self.planned.values()
        return load_on_origins(s for p in planned for s in spans(p.forecast, p.origins))

    def check(
        self, prefetches: Iterable[PrefetchOutlook], limits: Limits
    ) -> list[LimitFinding]:
        """Check each given prefetch by itself, and the sums over all plans."""
        mine = [self.planned.get(prefetch.node.urn) for prefetch in prefetches]
        alone = [j for p in mine if p is not None for j in check_plan(p, limits)]
        return [*alone, *check_load(self.planned.values(), limits)]


def predict_prefetches(
    graph: ResourceGraph, snapshot: EsaSnapshot, now: datetime
) -> list[PrefetchOutlook]:
    """Predict for every ScheduledPrefetch of a preview, in the order of their names."""
    gathered = [_gather(node, graph, snapshot) for node in graph.prefetches()]
    kept = [new for node, new, _ in gathered if not node.is_removed]
    declared = {new.plan_id for new in kept} - {None}
    jobs = KnownJobs(graph, snapshot)
    prefetches = [
        PrefetchOutlook(
            node,
            new,
            jobs.of(node, new),
            _with_others(
                predict_action(
                    node, new, old, now, still_declared=old.plan_id in declared
                ),
                node.name,
                new,
                snapshot,
            ),
            predict_drift(node, new, now),
            old.plan_id,
        )
        for node, new, old in gathered
    ]
    return list(_reset_once(prefetches))


def declared_prefetches(
    graph: ResourceGraph, snapshot: EsaSnapshot
) -> list[PrefetchOutlook]:
    """Take every ScheduledPrefetch of a state as declared: a state knows no operations.

    One without a status is about to be created or changed, and counts as one that will start.
    """
    found, jobs = [], KnownJobs(graph, snapshot)
    for node in graph.prefetches():
        plan = plan_facts(node, graph, snapshot)
        declared = _as_declared(node, plan)
        found.append(PrefetchOutlook(node, plan, jobs.of(node, plan), declared))
    return found


def forecast_load(
    prefetches: Sequence[PrefetchOutlook], snapshot: EsaSnapshot, now: datetime
) -> LoadOutlook:
    """Forecast, job by job, all plans that will submit URLs, also those outside this stack."""
    jobs: dict[str, list[PrefetchOutlook]] = {}
    for prefetch in prefetches:
        jobs.setdefault(prefetch.job.key, []).append(prefetch)
    planned: dict[str, PlanLoad] = {}
    ended = frozenset(
        prefetch.old_plan_id
        for prefetch in prefetches
        if prefetch.action.old is not None and not prefetch.action.old.submits
    )
    for of_one_job in jobs.values():
        planned |= _planned(of_one_job, ended, snapshot, now)
    return LoadOutlook(planned)


def _with_others(
    given: PredictedAction, name: str, plan: PlanFacts, snapshot: EsaSnapshot
) -> PredictedAction:
    """Predict again for a plan that resets a job whose other plans run: the provider does not reset it then."""
    seen = snapshot.jobs.get(plan.job_id or "")
    if not given.resets or seen is None:
        return given
    running = [
        other.id
        for other in seen.plans.values()
        if other.status == "running" and other.id != plan.plan_id
    ]
    return predict_rerun(given, name, plan, running)


def _reset_once(prefetches: Iterable[PrefetchOutlook]) -> Iterator[PrefetchOutlook]:
    """Let the first of a job's plans that run again reset it for all; a deployment may choose another one."""
    first: dict[str, PrefetchOutlook] = {}
    for prefetch in prefetches:
        job_id = prefetch.plan.job_id
        if job_id is None or not prefetch.action.resets:
            yield prefetch
            continue
        resetting = first.setdefault(job_id, prefetch)
        if resetting is prefetch:
            yield prefetch
        else:
            yield replace(prefetch, action=share_reset(prefetch.action, resetting.name))


def _as_declared(node: ResourceNode, plan: PlanFacts) -> PredictedAction:
    if plan.is_missing:
        return PredictedAction((), "")
    wanted = node.value("desired_state") != "stopped"
    changing = node.value("status") is None
    starts = wanted and (changing or plan.status not in {*ACTIVE, "finished"})
    submits = starts or (wanted and plan.status in ACTIVE)
    return PredictedAction((), "", starts=starts, submits=submits)


def _gather(
    node: ResourceNode, graph: ResourceGraph, snapshot: EsaSnapshot
) -> tuple[ResourceNode, PlanFacts, PlanFacts]:
    """Return the facts of the plan that a resource will have, and of its old one."""
    old = old_plan_facts(node, snapshot)
    return node, old if node.is_removed else plan_facts(node, graph, snapshot), old


def _planned(
    of_one_job: Sequence[PrefetchOutlook],
    ended: frozenset[str | None],
    snapshot: EsaSnapshot,
    now: datetime,
) -> dict[str, PlanLoad]:
    job = of_one_job[0].job
    runs = _runs(of_one_job, ended, snapshot)
    resets = any(prefetch.action.resets for prefetch in of_one_job)
    submitted = 0 if resets else job.submitted
    forecasts = forecast(list(runs.values()), job.urls, now, submitted)
    origins = {size: job.origins(size) for size in {r.slice_len for r in runs.values()}}
    return {
        urn: PlanLoad(one, origins[one.run.slice_len])
        for urn, one in zip(runs, forecasts, strict=True)
    }


def _runs(
    of_one_job: Sequence[PrefetchOutlook],
    ended: frozenset[str | None],
    snapshot: EsaSnapshot,
) -> dict[str, Run]:
    """Return all runs of a job in the order of their plan ids, new ones last; `ended`: plans that replacements end.

    The order decides whose batch comes first if two are due at the same time.
    """
    # If a plan moves to another resource, the new resource counts, not the removed one.
    prefetches = sorted(of_one_job, key=lambda prefetch: not prefetch.node.is_removed)
    ids = {prefetch.plan.plan_id for prefetch in prefetches} | ended
    mine = {
        prefetch.plan.plan_id or f"new {prefetch.name}": (prefetch.node.urn, run)
        for prefetch in prefetches
        if prefetch.action.submits and (run := prefetch.run())
    }
    seen = snapshot.jobs.get(of_one_job[0].plan.job_id or "")
    others = {
        plan.id: (plan.id, run)
        for plan in (seen.plans.values() if seen else ())
        if plan.status in ACTIVE
        and plan.id not in ids
        and (run := Run.of(plan, f"plan {plan.id} (not in this stack)"))
    }
    return dict(run for _, run in sorted((mine | others).items()))
