"""The phase after the program: resources that it did not register are kept or deleted, dependents first."""

from collections.abc import Callable, Mapping, Sequence

from pulumi_embedded_engine.execution.step_runner import WorkerPool
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import DYNAMIC_PACKAGE, package_of
from pulumi_embedded_engine.planning.replacement import dependents_to_delete
from pulumi_embedded_engine.run.generator_state import GeneratorState
from pulumi_embedded_engine.run.resource_index import (
    PreviousState,
    ResourceIndex,
    references_of,
)
from pulumi_embedded_engine.run.run_state import RunState
from pulumi_embedded_engine.steps.steps import (
    DeleteStep,
    RemovePendingReplaceStep,
    SameStep,
    has_provider_object,
    untargeted_step,
)

DeletionStep = DeleteStep | RemovePendingReplaceStep


def plan_deletions(
    generator_state: GeneratorState, resources: ResourceIndex, allowed: set[str] | None
) -> tuple[list[SameStep], list[DeletionStep]]:
    """The steps for records that the program did not register: untargeted ones are kept, the rest is deleted."""
    kept: list[SameStep] = []
    deletions: list[DeletionStep] = []
    for old in resources.all_previous():
        urn = old.record.urn
        if allowed is not None and urn not in allowed:
            if not generator_state.survives(urn):
                kept.append(untargeted_step(old))
            continue
        step = _deletion(generator_state, old)
        if step is not None:
            generator_state.delete(urn)
            deletions.append(step)
    return kept, deletions


def _deletion(
    generator_state: GeneratorState, old: PreviousState
) -> DeletionStep | None:
    record = old.record
    if record.delete:
        early = old.position in generator_state.deleted_positions
        return None if early else DeleteStep(old=old, replacing=True)
    if generator_state.survives(record.urn):
        return None
    return (
        RemovePendingReplaceStep(old=old)
        if record.pending_replacement
        else DeleteStep(old=old)
    )


def deletion_layers(steps: Sequence[DeletionStep]) -> list[list[DeletionStep]]:
    """The deletions in groups, dependents first; the members of a group do not depend on each other."""
    depths = _depths([step.old.record for step in steps])
    groups: list[list[DeletionStep]] = [[] for _ in range(max(depths, default=-1) + 1)]
    for step, depth in zip(steps, depths, strict=True):
        groups[depth].append(step)
    return groups[::-1]


def _depths(records: Sequence[Resource]) -> list[int]:
    """For each record, how many groups must be deleted after it.

    `records` are in the order of the state: each depends on earlier ones only.
    """
    parents = {record.urn: record.parent for record in records}
    components = {record.urn for record in records if not record.custom}
    own: dict[str, int] = {}
    below: dict[str, int] = {}  # the greatest depth inside a component
    found = []
    for record in records:
        before = [own.get(record.parent, -1)]
        for urn in references_of(record, parent=False):
            before.append(own.get(urn, -1))
            if urn in components:
                before.append(below.get(urn, -1))
        depth = max(before) + 1
        found.append(depth)
        own[record.urn] = max(depth, own.get(record.urn, -1))
        above = record.parent
        while above and below.get(above, -1) < depth:
            below[above] = depth
            above = parents.get(above, "")
    return found


def without_needed_records(
    resources: ResourceIndex,
    failed: Sequence[PreviousState],
    steps: Sequence[DeletionStep],
) -> list[DeletionStep]:
    """The deletions that remain when everything that a failed record needs is kept."""
    if not failed:
        return list(steps)
    records = _by_key(resources, steps)
    kept: set[_Key] = set()
    frontier = [old.record for old in failed]
    while frontier:
        record = frontier.pop()
        for urn in references_of(record, parent=True):
            key = _referenced_key(record, urn, records)
            if key not in kept and key in records:
                kept.add(key)
                frontier.append(records[key])
    return [step for step in steps if _key(step.old.record) not in kept]


_Key = tuple[str, bool]


def _key(record: Resource) -> _Key:
    return record.urn, record.delete


def _referenced_key(
    record: Resource, urn: str, records: Mapping[_Key, Resource]
) -> _Key:
    # A URN can have two records. A replaced record needs the replaced one; any other record needs the live one.
    own = urn, record.delete
    return own if own in records else (urn, not record.delete)


def _by_key(
    resources: ResourceIndex, steps: Sequence[DeletionStep]
) -> dict[_Key, Resource]:
    records = {_key(old.record): old.record for old in resources.all_previous()}
    finished = (step.old.record for step in steps if step.old.position is None)
    return {**records, **{_key(record): record for record in finished}}


def run_deletion_phase(
    run_state: RunState,
    workers: WorkerPool,
    failed_records: Callable[[], list[PreviousState]],
) -> None:
    """Delete what the program did not register, dependents first, after the program has ended.

    `failed_records` returns the records whose steps have failed so far.
    """
    workers.wait_until_idle()
    resources, scope = run_state.resources, run_state.scope
    allowed = scope.deletable(resources)
    if scope.targets.constrained:
        _ask_for_dependents(run_state, allowed or set())
    kept, deletions = plan_deletions(run_state.generator_state, resources, allowed)
    if _rejects_untargeted(run_state, deletions) and not run_state.dry_run:
        return
    _load_providers(run_state, deletions)
    workers.submit(kept).result()
    for layer in deletion_layers(deletions):
        left = set(without_needed_records(resources, failed_records(), deletions))
        workers.run_parallel([step for step in layer if step in left])


def _ask_for_dependents(run_state: RunState, urns: set[str]) -> None:
    # As the CLI does it, before targets are deleted: the providers are asked, their answers change nothing.
    for old in list(run_state.resources.all_previous()):
        if old.record.urn in urns:
            dependents_to_delete(run_state, old)


def _load_providers(run_state: RunState, deletions: Sequence[DeletionStep]) -> None:
    # A missing plugin is reported before anything is deleted, in a preview too. The dynamic host is always there.
    for step in deletions:
        record = step.record
        if has_provider_object(record) and package_of(record.type) != DYNAMIC_PACKAGE:
            run_state.registry.provider_of(record)


def _rejects_untargeted(run_state: RunState, deletions: Sequence[DeletionStep]) -> bool:
    scope = run_state.scope
    if scope.target_dependents:
        return False
    untargeted = [
        step.urn for step in deletions if not scope.targets.contains(step.urn)
    ]
    for urn in untargeted:
        run_state.events.failed = True
        run_state.events.error(
            f"Resource '{urn}' will be destroyed but was not specified in --target "
            "list.\nEither include resource in --target list or pass "
            "--target-dependents to proceed.",
            urn,
        )
    return bool(untargeted)
