"""Builds the summary of a preview from what is known of its plans; pure, reads nothing."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import cast

from pulumi_esa_prefetch.api.models import STATUSES
from pulumi_esa_prefetch.load import (
    LimitFinding,
    Limits,
    count_text,
    list_text,
    overlaps,
    peak,
)
from pulumi_esa_prefetch.report.analysis.load_outlook import (
    CHANGES,
    LoadOutlook,
    PrefetchOutlook,
    forecast_load,
    predict_prefetches,
)
from pulumi_esa_prefetch.report.analysis.summary import (
    Change,
    Counts,
    Drift,
    Frozen,
    Message,
    OriginLoad,
    OtherChange,
    PlanChange,
    PrefetchSummary,
    Warned,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    Preview,
    PreviewDiagnostic,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import (
    JOB,
    PREFETCHES,
    ResourceGraph,
    ResourceNode,
)

_COLOUR = re.compile(r"<\{%[^%]*%\}>|\x1b\[[0-9;]*m")


def compose(
    preview: Preview,
    graph: ResourceGraph,
    snapshot: EsaSnapshot,
    limits: Limits,
    now: datetime,
) -> PrefetchSummary:
    """Return what a preview will do to plans and origins."""
    prefetches = predict_prefetches(graph, snapshot, now)
    changed = [prefetch for prefetch in prefetches if prefetch.changed]
    outlook = forecast_load(prefetches, snapshot, now)
    project, stack = _project_and_stack(graph)
    failed = any(said.severity == "error" for said in preview.diagnostics)
    findings = outlook.check(changed, limits)
    names = {prefetch.name for prefetch in changed}
    mine = [finding for finding in findings if names & set(finding.plans)]
    return PrefetchSummary(
        project=project,
        stack=stack,
        at=now,
        failed=failed,
        not_verified=" ".join(_not_verified(preview, prefetches, snapshot)) or None,
        counts=_counts(prefetches),
        plans=tuple(_plan_change(prefetch, outlook) for prefetch in changed),
        drift=tuple(_drift(prefetches, failed=failed)),
        origins=tuple(_origins(outlook)),
        warnings=(
            *map(_warned, mine),
            *_notices(changed),
            *_silent_updates(graph),
            *_job_problems(prefetches),
            *_done_lists(changed, outlook),
        ),
        freeze=tuple(
            Frozen(name=freeze.name, start=freeze.window.start, end=freeze.window.end)
            for freeze in limits.freeze
        ),
        others=_others(graph),
        messages=_messages(preview.diagnostics),
        notes=(
            *_notes(preview, prefetches),
            *_other_findings(findings, mine),
        ),
    )


def _plan_change(prefetch: PrefetchOutlook, outlook: LoadOutlook) -> PlanChange:
    plan, forecast = prefetch.plan, outlook.of(prefetch)
    run = prefetch.run()
    return PlanChange(
        name=prefetch.name,
        urn=prefetch.node.urn,
        change=cast("Change", prefetch.node.op),
        what=prefetch.action.what,
        why=prefetch.action.why,
        starts=prefetch.action.starts,
        stops=prefetch.action.stops,
        nothing_to_do=_has_nothing_to_do(prefetch, outlook),
        refused=prefetch.action.refused,
        plan_id=plan.plan_id,
        job_id=plan.job_id,
        status=None if plan.is_new else plan.status,
        start_time=plan.start_time,
        end_time=plan.end_time,
        interval=plan.interval,
        slice_len=plan.slice_len,
        urls_per_second=run.urls_per_second if run else None,
        batches=forecast.batches if forecast else None,
        urls=forecast.urls if forecast else None,
        first=forecast.first if forecast else None,
        last=forecast.last if forecast else None,
        fits=forecast.fits if forecast else None,
        source=plan.source,
    )


def _drift(prefetches: Iterable[PrefetchOutlook], *, failed: bool) -> Iterator[Drift]:
    for prefetch in prefetches:
        node, plan, drift = prefetch.node, prefetch.plan, prefetch.drift
        # The refresh of a preview has dropped it: if nothing failed, it is declared no longer.
        is_done = node.new is None and not failed
        if drift is not None and node.old is not None and not is_done:
            yield Drift(
                name=prefetch.name,
                urn=node.urn,
                plan_id=plan.plan_id,
                job_id=plan.job_id,
                recorded=node.old.outputs.get("status"),
                status=plan.status,
                what=drift.what,
                why=drift.why,
            )


def _not_verified(
    preview: Preview, prefetches: Sequence[PrefetchOutlook], snapshot: EsaSnapshot
) -> Iterator[str]:
    """Say why plans were not compared with ESA."""
    if snapshot.problem:
        yield snapshot.problem
    unclear = [
        prefetch.name
        for prefetch in prefetches
        if prefetch.plan.was_read
        and not prefetch.node.is_removed
        and not prefetch.plan.is_missing
        and prefetch.plan.status not in STATUSES
    ]
    if unclear:
        yield f"ESA returned no status that this version knows for {list_text(unclear)}."
    hidden = _hidden(preview)
    if hidden and not prefetches:
        yield (
            f"The preview leaves out {count_text(hidden, 'unchanged resource')}: give "
            "--show-sames to the preview, or --state here."
        )


def _hidden(preview: Preview) -> int:
    """Count the unchanged resources that the preview does not name."""
    shown = sum(step.op == "same" for step in preview.steps)
    return max(0, preview.change_summary.get("same", 0) - shown)


def _origins(outlook: LoadOutlook) -> Iterator[OriginLoad]:
    for origin, segments in outlook.loads().items():
        most = peak(segments)
        if most is not None:
            yield OriginLoad(
                origin=origin,
                urls_per_second=most.urls_per_second,
                start=most.start,
                end=most.end,
                plans=most.plans,
                overlaps=len(overlaps(segments)),
            )


def _counts(prefetches: Sequence[PrefetchOutlook]) -> Counts:
    ops = Counter(prefetch.node.op for prefetch in prefetches)
    changes = {change: ops[change] for change in CHANGES}
    return Counts(**changes, same=len(prefetches) - sum(changes.values()))


def _others(graph: ResourceGraph) -> tuple[OtherChange, ...]:
    found = [
        OtherChange(change=node.op, type=node.type, name=node.name)
        for node in graph.nodes.values()
        if node.op in CHANGES and node.type not in PREFETCHES
    ]
    return tuple(sorted(found, key=lambda other: (other.type, other.name)))


def _notices(changed: Sequence[PrefetchOutlook]) -> Iterator[Warned]:
    """Warn of what to know about a plan though nothing fails."""
    for prefetch in changed:
        if prefetch.action.notice:
            text = prefetch.action.notice
            yield Warned(kind="plan", level="warn", plans=(prefetch.name,), text=text)


def _has_nothing_to_do(prefetch: PrefetchOutlook, outlook: LoadOutlook) -> bool:
    """Whether the plan is started and submits nothing, though its window is not over."""
    forecast = outlook.of(prefetch)
    if forecast is None or forecast.past:
        return False
    return prefetch.action.starts and forecast.batches == 0


def _job_problems(prefetches: Iterable[PrefetchOutlook]) -> Iterator[Warned]:
    """Warn once of each job that has no URLs, or of which ESA refused some."""
    for problem, names in _by(
        (prefetch.job.problem, prefetch.name)
        for prefetch in prefetches
        if not prefetch.node.is_removed
    ).items():
        if problem:
            yield Warned(kind="job", level="warn", plans=names, text=problem)


def _done_lists(
    changed: Iterable[PrefetchOutlook], outlook: LoadOutlook
) -> Iterator[Warned]:
    """Warn once for each job whose list will be done before all its plans have something to do."""
    for job, names in _by(
        (prefetch.job.key, prefetch.name)
        for prefetch in changed
        if prefetch.job.urls and _has_nothing_to_do(prefetch, outlook)
    ).items():
        text = (
            f"{job}: {count_text(len(names), 'plan')} of it will be started with nothing to "
            f"do, because its list is done by then: {list_text(names)}"
        )
        yield Warned(kind="job", level="warn", plans=names, text=text)


def _by(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    """Group the second values by the first, in order."""
    found: dict[str, list[str]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in found.items()}


def _silent_updates(graph: ResourceGraph) -> Iterator[Warned]:
    """Name the jobs whose new URLs pulumi_alicloud records without sending them."""
    for node in graph.nodes.values():
        if node.type == JOB and node.op == "update" and _has_new_urls(node):
            text = (
                f"job {node.name}: pulumi_alicloud records the new URLs and sends "
                "nothing, for ESA cannot change a job's URLs; replace the job"
            )
            yield Warned(kind="job", level="warn", plans=(), text=text)


def _has_new_urls(node: ResourceNode) -> bool:
    sides = [side.inputs for side in (node.old, node.new) if side is not None]
    old, new = sides[0], sides[-1]
    return any(old.get(key) != new.get(key) for key in ("urlList", "ossUrl"))


def _messages(diagnostics: Iterable[PreviewDiagnostic]) -> tuple[Message, ...]:
    """Keep warnings and errors, without colours and duplicates."""
    kept = [
        Message(severity=said.severity, text=_COLOUR.sub("", said.message).strip())
        for said in diagnostics
        if said.severity in {"warning", "error"}
    ]
    return tuple(dict.fromkeys(kept))


def _notes(preview: Preview, prefetches: Sequence[PrefetchOutlook]) -> Iterator[str]:
    """Say what the figures leave out, and how to include it."""
    hidden = _hidden(preview)
    named = any(not prefetch.changed for prefetch in prefetches)
    if hidden and prefetches and not named:
        yield (
            f"The preview names changes only, so that sums leave out what is among "
            f"{hidden} unchanged resources: give --show-sames to the preview, or "
            "--state here."
        )
    going = [prefetch for prefetch in prefetches if prefetch.action.submits]
    blind = [prefetch.name for prefetch in going if not prefetch.plan.interval]
    if blind:
        yield f"Pace and window are not known of {list_text(blind)}."
    endless = [
        prefetch.name
        for prefetch in going
        if prefetch.plan.interval and prefetch.job.urls is None
    ]
    if endless:
        yield f"The number of URLs is not known of {list_text(endless)}."


def _other_findings(
    findings: list[LimitFinding], mine: list[LimitFinding]
) -> Iterator[str]:
    """Count the findings about plans that this preview does not change."""
    rest = len(findings) - len(mine)
    if rest:
        yield (
            f"Limits are also not kept {rest} {'time' if rest == 1 else 'times'} by "
            "plans that do not change (`esa-prefetch policy analyze` names them)."
        )


def _warned(finding: LimitFinding) -> Warned:
    return Warned(
        kind=finding.kind,
        level=finding.level,
        plans=finding.plans,
        text=finding.text,
    )


def _project_and_stack(graph: ResourceGraph) -> tuple[str, str]:
    """Read them from any URN: urn:pulumi:<stack>::<project>::<type>::<name>."""
    urn = next(iter(graph.nodes), "urn:pulumi:?::?")
    stack, project, *_ = (*urn.removeprefix("urn:pulumi:").split("::"), "?")
    return project, stack
