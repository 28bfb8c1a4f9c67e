"""What is deleted early because of another resource is made anew only when it is gone."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.state.journal import JournalEntry, StepCompleted
from tests.engine import deployments
from tests.engine.deployments import Laboratory, Notes, prepare
from tests.engine.programs import Node
from tests.engine.test_properties import assert_sound, assert_valid, things
from tests.engine.worlds import Nature, World, name_of, serving

UP = OperationRequest(kind="up", dry_run=False, parallel=4, refresh=False)
BEFORE = (Node("e"), Node("d", within="e"))
# `d` is registered after `e`, and needs it no more.
AFTER = (Node("e", zone=2), Node("a"), Node("d", depends_on=("a",)))
PATIENCE = 0.5
"""How long, in seconds, the deletion waits for a creation that must not come before it."""


@pytest.fixture
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    directory = tmp_path_factory.mktemp("laboratory")
    prepare(directory)
    world = World()
    world.reset(Nature(deletes_first=True))
    with serving(world) as port:
        yield Laboratory(directory, world, port)


class SlowDeletion(Notes):
    """A journal that writes the early deletion of `d` last, if anybody lets it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._made = threading.Event()

    def write(self, entry: JournalEntry) -> None:
        if isinstance(entry, StepCompleted) and _is_d(entry.old_becomes):
            self._made.wait(PATIENCE)
        super().write(entry)
        if isinstance(entry, StepCompleted) and _is_d(entry.new):
            self._made.set()


def _is_d(record: object) -> bool:
    return name_of(getattr(record, "urn", "")) == "d"


@pytest.mark.parametrize("parallel", [1, 4])
def test_it_is_never_recorded_beside_what_it_replaces(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch, parallel: int
) -> None:
    made = laboratory.run(UP, BEFORE, Snapshot()).last.state
    monkeypatch.setattr(deployments, "Notes", SlowDeletion)

    run = laboratory.run(replace(UP, parallel=parallel), AFTER, made)

    assert not run.outcome.failed, run.said
    assert_sound(run, set())
    names = sorted(name_of(record.urn) for record in things(run.last.state))
    assert names == ["a", "d", "e"]


def test_it_is_not_made_anew_where_its_deletion_failed(laboratory: Laboratory) -> None:
    made = laboratory.run(UP, BEFORE, Snapshot()).last.state
    kept = tuple(r.with_(deleted_with="") for r in made.resources)
    laboratory.world.faults = {("delete", "d"): "refuses"}
    request = replace(UP, continue_on_error=True)

    run = laboratory.run(request, AFTER, replace(made, resources=kept))

    assert run.outcome.failed
    for moment in run.moments:
        assert_valid(moment.state)
    objects = [t for t in run.last.world.values() if name_of(t.urn) == "d"]
    assert len(objects) == 1
