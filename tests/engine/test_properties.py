"""Whatever happens to whatever program: the state stays valid, nothing is forgotten, and the next `up` mends it."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings

from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.property_values import Secret, reveal
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from tests.engine.deployments import Laboratory, Moment, Picture, Run, prepare
from tests.engine.programs import Node, Program
from tests.engine.stories import Act, Story, stories
from tests.engine.worlds import THING, Thing, World, name_of, serving

CALM = OperationRequest(kind="up", dry_run=False, parallel=4, refresh=True)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    directory = tmp_path_factory.mktemp("laboratory")
    prepare(directory)
    world = World()
    with serving(world) as port:
        yield Laboratory(directory, world, port)


@given(story=stories())
@settings(max_examples=12)
def test_no_kill_and_no_failure_loses_or_doubles_an_object(
    laboratory: Laboratory, story: Story
) -> None:
    tell(laboratory, story)


@pytest.mark.slow
@given(story=stories(most=5))
@settings(max_examples=100)
def test_no_kill_and_no_failure_loses_or_doubles_an_object_in_many_stories(
    laboratory: Laboratory, story: Story
) -> None:
    tell(laboratory, story)


def tell(laboratory: Laboratory, story: Story) -> None:
    """Let a story happen, looking at each moment; then let a calm `up` and a destroy follow."""
    laboratory.world.reset(story.nature)
    retained: set[str] = set()
    state = Snapshot()
    for act in story.acts:
        state = play(laboratory, act, state, retained)
    laboratory.world.faults.clear()
    state = converge(laboratory, story.final, state, retained)
    end(laboratory, state, retained)


# -- one act, and what must hold at each of its moments


def play(
    laboratory: Laboratory, act: Act, state: Snapshot, retained: set[str]
) -> Snapshot:
    world = laboratory.world
    for name in act.drifts:
        world.drift(name)
    for name in act.losses:
        world.lose(name)
    world.faults = {(method, name): fault for method, name, fault in act.faults}
    before, mutations = world.picture(), world.mutations

    run = laboratory.run(request_of(act), act.program, state, act.cancel_at)

    if act.dry_run:
        assert (world.picture(), world.mutations) == (before, mutations)
        return state
    assert_sound(run, retained)
    assert_protected_stay(state, act.program, before, run)
    moment = run.last
    if act.killed is not None:
        moment = run.moments[round(act.killed * (len(run.moments) - 1))]
        world.restore(moment.world)
    return moment.state


def request_of(act: Act) -> OperationRequest:
    return OperationRequest(
        kind=act.kind,
        dry_run=act.dry_run,
        parallel=act.parallel,
        refresh=act.refresh,
        continue_on_error=act.continue_on_error,
        targets=[f"urn:pulumi:dev::proj::**::{name}" for name in act.targets],
        target_dependents=act.dependents,
    )


def assert_sound(run: Run, retained: set[str]) -> None:
    """At each moment a kill would leave a valid state that forgets nothing; `retained` gathers what may be let go."""
    for moment in run.moments:
        records = moment.state.resources
        retained.update(r.id for r in records if r.retain_on_delete)
        assert_valid(moment.state)
        assert_nothing_forgotten(moment, retained)


def assert_valid(state: Snapshot) -> None:
    """The rules of a state's integrity, in the words of the specification."""
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


def assert_nothing_forgotten(moment: Moment, retained: set[str]) -> None:
    """Each object is recorded, or named as being made; one that is neither was let go, itself or with its container."""
    known = {record.id for record in moment.state.resources if record.id}
    strays = Counter(
        thing.urn
        for thing in moment.world.values()
        if thing.id not in known
        and retained.isdisjoint(_with_containers(thing, moment.world))
    )
    making = Counter(
        operation.resource.urn
        for operation in moment.state.pending_operations
        if operation.type == "creating"
    )
    assert not strays - making, str(moment)


def _with_containers(thing: Thing, world: Picture) -> Iterator[str]:
    inner: Thing | None = thing
    while inner is not None:
        yield inner.id
        inner = world.get(inner.props["within"])


def assert_protected_stay(
    state: Snapshot, program: Program, before: Picture, run: Run
) -> None:
    """What is protected and no longer declared is there after the run as it was before."""
    declared = {name for node in program for name in (node.name, node.former)}
    for record in things(state):
        dropped = name_of(record.urn) not in declared
        whole = not record.deleted_with and not record.delete
        if record.protect and dropped and whole and record.id in before:
            assert record.id in run.last.world, record


# -- how it ends


def converge(
    laboratory: Laboratory, program: Program, state: Snapshot, retained: set[str]
) -> Snapshot:
    """Somebody lifts all protection, and one `up` makes the stack what the program declares."""
    program = tuple(replace(node, protect=None) for node in program)
    state = unprotected(state)

    run = laboratory.run(CALM, program, state)

    assert not run.outcome.failed, run.said
    assert_sound(run, retained)
    assert_converged(program, run.last)
    again = laboratory.world.mutations
    quiet = laboratory.run(CALM, program, run.last.state)
    assert not quiet.outcome.failed, quiet.said
    assert set(quiet.outcome.changes) <= {"same"}, quiet.outcome.changes
    assert laboratory.world.mutations == again
    return quiet.last.state


def unprotected(state: Snapshot) -> Snapshot:
    free = tuple(record.with_(protect=False) for record in state.resources)
    return replace(state, resources=free)


def things(state: Snapshot) -> list[Resource]:
    return [record for record in state.resources if record.type == THING]


def assert_converged(program: Program, moment: Moment) -> None:
    state, world = moment.state, moment.world
    own = [r for r in state.resources if not r.type.startswith("pulumi:")]
    assert sorted(name_of(r.urn) for r in own) == sorted(n.name for n in program)
    assert not [r for r in own if r.delete or r.pending_replacement or r.init_errors]
    records = {name_of(record.urn): record for record in own}
    for node in program:
        if not node.box:
            assert_as_declared(node, records, world)


def assert_as_declared(
    node: Node, records: dict[str, Resource], world: Picture
) -> None:
    record = records[node.name]
    inputs = reveal(record.inputs)
    assert world[record.id].props == inputs
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


def end(laboratory: Laboratory, state: Snapshot, retained: set[str]) -> None:
    """A destroy leaves nothing but what was let go, and what nobody knows to have been made."""
    run = laboratory.run(replace(CALM, kind="destroy", refresh=False), (), state)

    assert not run.outcome.failed, run.said
    assert run.last.state.resources == ()
    assert_sound(run, retained)
