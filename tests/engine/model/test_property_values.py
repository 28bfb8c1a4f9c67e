"""With any program and any failure: the state stays valid, no object is lost, and the next `up` recovers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings

from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.property_values import Secret, reveal
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from tests.support.random_scenarios import Scenario, ScenarioStep, scenarios
from tests.support.simulated_operations import (
    KillPoint,
    Objects,
    ObservedRun,
    SimulatedProject,
    prepare,
)
from tests.support.simulated_programs import Node, Program
from tests.support.simulated_provider import (
    THING,
    ObjectStore,
    ProviderObject,
    name_of,
    serving,
)

UP_WITHOUT_FAULTS = OperationRequest(kind="up", dry_run=False, parallel=4, refresh=True)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedProject]:
    directory = tmp_path_factory.mktemp("laboratory")
    prepare(directory)
    store = ObjectStore()
    with serving(store) as port:
        yield SimulatedProject(directory, store, port)


@given(scenario=scenarios())
@settings(max_examples=12)
def test_no_kill_and_no_failure_loses_or_duplicates_an_object(
    project: SimulatedProject, scenario: Scenario
) -> None:
    run_scenario(project, scenario)


@pytest.mark.slow
@given(scenario=scenarios(most=5))
@settings(max_examples=100)
def test_no_kill_and_no_failure_loses_or_duplicates_an_object_in_many_scenarios(
    project: SimulatedProject, scenario: Scenario
) -> None:
    run_scenario(project, scenario)


def run_scenario(project: SimulatedProject, scenario: Scenario) -> None:
    """Run a scenario and check each kill point; then run an `up` without faults, and a destroy."""
    project.store.reset(scenario.traits)
    retained: set[str] = set()
    state = Snapshot()
    for step in scenario.steps:
        state = run_step(project, step, state, retained)
    project.store.faults.clear()
    state = converge(project, scenario.final, state, retained)
    assert_destroy_removes_all(project, state, retained)


# -- one step, and what must hold at each kill point


def run_step(
    project: SimulatedProject, step: ScenarioStep, state: Snapshot, retained: set[str]
) -> Snapshot:
    store = project.store
    for name in step.changes:
        store.change_by_name(name)
    for name in step.deletions:
        store.delete_by_name(name)
    store.faults = {(method, name): fault for method, name, fault in step.faults}
    before, mutation_count = store.objects(), store.mutation_count

    run = project.run(request_of(step), step.program, state, step.cancel_at)

    if step.dry_run:
        assert (store.objects(), store.mutation_count) == (before, mutation_count)
        return state
    assert_every_kill_point_valid(run, retained)
    assert_protected_stay(state, step.program, before, run)
    kill_point = run.last
    if step.killed is not None:
        kill_point = run.kill_points[round(step.killed * (len(run.kill_points) - 1))]
        store.restore(kill_point.objects)
    return kill_point.state


def request_of(step: ScenarioStep) -> OperationRequest:
    return OperationRequest(
        kind=step.kind,
        dry_run=step.dry_run,
        parallel=step.parallel,
        refresh=step.refresh,
        continue_on_error=step.continue_on_error,
        targets=[f"urn:pulumi:dev::proj::**::{name}" for name in step.targets],
        target_dependents=step.dependents,
    )


def assert_every_kill_point_valid(run: ObservedRun, retained: set[str]) -> None:
    """At each kill point the state is valid and no object is lost; `retained` collects retained ids."""
    for kill_point in run.kill_points:
        records = kill_point.state.resources
        retained.update(r.id for r in records if r.retain_on_delete)
        assert_valid(kill_point.state)
        assert_nothing_forgotten(kill_point, retained)


def assert_valid(state: Snapshot) -> None:
    """The rules of state integrity, from the specification."""
    seen, providers, live = set[str](), set[str](), Counter[str]()
    for record in state.resources:
        assert record.urn
        assert record.type
        assert record.custom == bool(record.id), record
        needed = {record.parent, record.deleted_with, *record.dependencies}
        needed.update(record.replace_with)
        needed.update(*record.property_dependencies.values())
        assert needed - {""} <= seen, record
        assert record.provider in {"", *providers} or record.pending_replacement
        if record.type.startswith("pulumi:providers:"):
            providers.add(f"{record.urn}::{record.id}")
        seen.add(record.urn)
        live[record.urn] += not record.delete
    assert not [urn for urn, count in live.items() if count > 1]


def assert_nothing_forgotten(kill_point: KillPoint, retained: set[str]) -> None:
    """Each object is recorded or its creation is pending, unless it, or its container, was retained."""
    known = {record.id for record in kill_point.state.resources if record.id}
    unrecorded = Counter(
        thing.urn
        for thing in kill_point.objects.values()
        if thing.id not in known
        and retained.isdisjoint(_with_containers(thing, kill_point.objects))
    )
    making = Counter(
        operation.resource.urn
        for operation in kill_point.state.pending_operations
        if operation.type == "creating"
    )
    assert not unrecorded - making, str(kill_point)


def _with_containers(thing: ProviderObject, store: Objects) -> Iterator[str]:
    inner: ProviderObject | None = thing
    while inner is not None:
        yield inner.id
        inner = store.get(inner.props["within"])


def assert_protected_stay(
    state: Snapshot, program: Program, before: Objects, run: ObservedRun
) -> None:
    """Protected resources that the program no longer declares still exist after the run."""
    declared = {name for node in program for name in (node.name, node.earlier_name)}
    for record in things(state):
        dropped = name_of(record.urn) not in declared
        whole = not record.deleted_with and not record.delete
        if record.protect and dropped and whole and record.id in before:
            assert record.id in run.last.objects, record


# -- the end of a scenario


def converge(
    project: SimulatedProject, program: Program, state: Snapshot, retained: set[str]
) -> Snapshot:
    """Remove all protection; then one `up` deploys exactly what the program declares."""
    program = tuple(replace(node, protect=None) for node in program)
    state = unprotected(state)

    run = project.run(UP_WITHOUT_FAULTS, program, state)

    assert not run.outcome.failed, run.messages
    assert_every_kill_point_valid(run, retained)
    assert_converged(program, run.last)
    again = project.store.mutation_count
    quiet = project.run(UP_WITHOUT_FAULTS, program, run.last.state)
    assert not quiet.outcome.failed, quiet.messages
    assert set(quiet.outcome.changes) <= {"same"}, quiet.outcome.changes
    assert project.store.mutation_count == again
    return quiet.last.state


def unprotected(state: Snapshot) -> Snapshot:
    free = tuple(record.with_(protect=False) for record in state.resources)
    return replace(state, resources=free)


def things(state: Snapshot) -> list[Resource]:
    return [record for record in state.resources if record.type == THING]


def assert_converged(program: Program, kill_point: KillPoint) -> None:
    state, store = kill_point.state, kill_point.objects
    own = [r for r in state.resources if not r.type.startswith("pulumi:")]
    assert sorted(name_of(r.urn) for r in own) == sorted(n.name for n in program)
    assert not [r for r in own if r.delete or r.pending_replacement or r.init_errors]
    records = {name_of(record.urn): record for record in own}
    for node in program:
        if not node.box:
            assert_as_declared(node, records, store)


def assert_as_declared(
    node: Node, records: dict[str, Resource], store: Objects
) -> None:
    record = records[node.name]
    inputs = reveal(record.inputs)
    assert store[record.id].props == inputs
    assert inputs == {
        "size": inputs["size"] if node.ignores_size else node.size,
        "zone": node.zone,
        "note": "hush" if node.secret else "plain",
        "ref": f"token of {records[node.ref].id}" if node.ref else "",
        "within": records[node.within].id if node.within else "",
    }
    for note in (record.inputs["note"], record.outputs["note"]):
        assert isinstance(note, Secret) == node.secret
    if node.hides_token:
        assert isinstance(record.outputs["token"], Secret)


def assert_destroy_removes_all(
    project: SimulatedProject, state: Snapshot, retained: set[str]
) -> None:
    """A destroy removes everything but retained objects and unknown creations."""
    run = project.run(
        replace(UP_WITHOUT_FAULTS, kind="destroy", refresh=False), (), state
    )

    assert not run.outcome.failed, run.messages
    assert run.last.state.resources == ()
    assert_every_kill_point_valid(run, retained)
