"""What all plans of a stack will do from now on, and what limits say to it; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from pulumi_esa_prefetch.api.models import GOING_ON
from pulumi_esa_prefetch.load import (
    Forecast,
    Judgement,
    Limits,
    Planned,
    Run,
    Segment,
    forecast,
    judge_load,
    judge_plan,
    load_on_origins,
    spans,
)
from pulumi_esa_prefetch.report.analysis.plan_facts import (
    JobFacts,
    PlanFacts,
    job_facts,
    old_plan_facts,
    plan_facts,
)
from pulumi_esa_prefetch.report.analysis.predicted_actions import (
    Outcome,
    outcome,
    rerun_outcome,
    reset_by,
)
from pulumi_esa_prefetch.report.inputs.esa_lookup import Looked
from pulumi_esa_prefetch.report.inputs.resource_graph import Graph, Node

CHANGES = ("create", "update", "replace", "delete")


@dataclass(frozen=True, slots=True)
class Case:
    """One ScheduledPrefetch with all that is known of it, and what will be done."""

    node: Node
    plan: PlanFacts
    job: JobFacts
    outcome: Outcome

    @property
    def name(self) -> str:
        """Its name in the program."""
        return self.node.name

    @property
    def changed(self) -> bool:
        """True if the preview changes it."""
        return self.node.op in CHANGES

    def run(self) -> Run | None:
        """Return the plan as it goes on; one that is started anew begins anew."""
        anew = replace(self.plan, status=None) if self.outcome.starts else self.plan
        return Run.of(anew, self.name)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The plans that go on, by URN (by plan id those outside the stack)."""

    planned: Mapping[str, Planned] = field(default_factory=dict)

    def of(self, case: Case) -> Forecast | None:
        """Return a case's forecast, None if it submits nothing or is not known."""
        found = self.planned.get(case.node.urn)
        return found.forecast if found else None

    def loads(self) -> dict[str, tuple[Segment, ...]]:
        """Return the load on each origin over time."""
        planned = self.planned.values()
        return load_on_origins(s for p in planned for s in spans(p.forecast, p.origins))

    def judge(self, cases: Iterable[Case], limits: Limits) -> list[Judgement]:
        """Judge each given case by itself, and the sums over all plans."""
        mine = [self.planned.get(case.node.urn) for case in cases]
        alone = [j for p in mine if p is not None for j in judge_plan(p, limits)]
        return [*alone, *judge_load(self.planned.values(), limits)]


def decide(graph: Graph, looked: Looked, now: datetime) -> list[Case]:
    """Decide for every ScheduledPrefetch of a stack, in the order of their names."""
    gathered = [_gather(node, graph, looked) for node in graph.prefetches()]
    declared = {new.plan_id for node, new, _ in gathered if not node.goes} - {None}
    cases = [
        Case(
            node,
            new,
            job_facts(node, new, graph, looked),
            _with_others(
                outcome(node, new, old, now, kept=old.plan_id in declared),
                node.name,
                new,
                looked,
            ),
        )
        for node, new, old in gathered
    ]
    return list(_reset_once(cases))


def stand(graph: Graph, looked: Looked) -> list[Case]:
    """Take every ScheduledPrefetch as it is declared: a state knows no operations.

    One without a status is about to be created or changed, and is taken to start.
    """
    found = []
    for node in graph.prefetches():
        plan = plan_facts(node, graph, looked)
        job = job_facts(node, plan, graph, looked)
        found.append(Case(node, plan, job, _standing(node, plan)))
    return found


def look_ahead(cases: Sequence[Case], looked: Looked, now: datetime) -> Outlook:
    """Forecast, job by job, all plans that go on, also those outside this stack."""
    jobs: dict[str, list[Case]] = {}
    for case in cases:
        jobs.setdefault(case.job.key, []).append(case)
    planned: dict[str, Planned] = {}
    for of_one_job in jobs.values():
        planned |= _planned(of_one_job, looked, now)
    return Outlook(planned)


def _with_others(given: Outcome, name: str, plan: PlanFacts, looked: Looked) -> Outcome:
    """Set no list back, as the provider does, that another plan works on."""
    seen = looked.jobs.get(plan.job_id or "")
    if not given.resets or seen is None:
        return given
    running = [
        other.id
        for other in seen.plans.values()
        if other.status == "running" and other.id != plan.plan_id
    ]
    return rerun_outcome(given, name, plan, running)


def _reset_once(cases: Iterable[Case]) -> Iterator[Case]:
    """Let the first of a job's plans that run again set it back for all; which it is, a deployment leaves open."""
    first: dict[str, Case] = {}
    for case in cases:
        job_id = case.plan.job_id
        if job_id is None or not case.outcome.resets:
            yield case
            continue
        resetting = first.setdefault(job_id, case)
        beside = reset_by(resetting.name, case.outcome)
        yield case if resetting is case else replace(case, outcome=beside)


def _standing(node: Node, plan: PlanFacts) -> Outcome:
    wanted = node.value("desired_state") != "stopped"
    changing = node.value("status") is None
    starts = wanted and (changing or plan.status not in {*GOING_ON, "finished"})
    goes_on = starts or (wanted and plan.status in GOING_ON)
    return Outcome("", "", starts=starts, goes_on=goes_on)


def _gather(
    node: Node, graph: Graph, looked: Looked
) -> tuple[Node, PlanFacts, PlanFacts]:
    """Return the facts of the plan a resource will stand for, and of its old one."""
    old = old_plan_facts(node, looked)
    return node, old if node.goes else plan_facts(node, graph, looked), old


def _planned(
    of_one_job: Sequence[Case], looked: Looked, now: datetime
) -> dict[str, Planned]:
    job = of_one_job[0].job
    runs = _runs(of_one_job, looked)
    resets = any(case.outcome.resets for case in of_one_job)
    submitted = 0 if resets else job.submitted
    told = forecast(list(runs.values()), job.urls, now, submitted)
    return {
        urn: Planned(one, job.origins(one.run.slice_len))
        for urn, one in zip(runs, told, strict=True)
    }


def _runs(of_one_job: Sequence[Case], looked: Looked) -> dict[str, Run]:
    """Return all runs of a job in the order of their plan ids, new ones last.

    The order decides whose batch comes first at one and the same moment.
    """
    # Of two resources for one plan, one that goes and one that comes, the latter counts.
    cases = sorted(of_one_job, key=lambda case: not case.node.goes)
    ids = {case.plan.plan_id for case in cases}
    mine = {
        case.plan.plan_id or f"new {case.name}": (case.node.urn, run)
        for case in cases
        if case.outcome.goes_on and (run := case.run())
    }
    seen = looked.jobs.get(of_one_job[0].plan.job_id or "")
    others = {
        plan.id: (plan.id, run)
        for plan in (seen.plans.values() if seen else ())
        if plan.status in GOING_ON
        and plan.id not in ids
        and (run := Run.of(plan, f"plan {plan.id} (not in this stack)"))
    }
    return dict(run for _, run in sorted((mine | others).items()))
