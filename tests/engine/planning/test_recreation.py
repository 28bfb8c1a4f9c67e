"""A dependent that is deleted before a replacement is created again only after its deletion."""

import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.state.journal import JournalEntry, StepCompleted
from tests.engine.model.test_property_values import (
    assert_every_kill_point_valid,
    assert_valid,
    things,
)
from tests.support import simulated_operations
from tests.support.simulated_operations import (
    KillPointJournal,
    SimulatedProject,
    prepare,
)
from tests.support.simulated_programs import Node
from tests.support.simulated_provider import (
    ObjectStore,
    ProviderTraits,
    name_of,
    serving,
)

UP = OperationRequest(kind="up", dry_run=False, parallel=4, refresh=False)
BEFORE = (Node("e"), Node("d", within="e"))
# `d` is registered after `e`, and no longer depends on it.
AFTER = (Node("e", zone=2), Node("a"), Node("d", depends_on=("a",)))
MAX_DELAY = 0.5
"""How long, in seconds, the deletion waits for a creation that must not come before it."""


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedProject]:
    directory = tmp_path_factory.mktemp("laboratory")
    prepare(directory)
    store = ObjectStore()
    store.reset(ProviderTraits(deletes_first=True))
    with serving(store) as port:
        yield SimulatedProject(directory, store, port)


class SlowDeletion(KillPointJournal):
    """A journal that delays the entry of `d`'s deletion, to give its creation the chance to come first."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._made = threading.Event()

    def write(self, entry: JournalEntry) -> None:
        if isinstance(entry, StepCompleted) and _is_d(entry.old_becomes):
            self._made.wait(MAX_DELAY)
        super().write(entry)
        if isinstance(entry, StepCompleted) and _is_d(entry.new):
            self._made.set()


def _is_d(record: object) -> bool:
    return name_of(getattr(record, "urn", "")) == "d"


@pytest.mark.parametrize("parallel", [1, 4])
def test_a_recreated_dependent_is_never_recorded_beside_its_old_record(
    project: SimulatedProject, monkeypatch: pytest.MonkeyPatch, parallel: int
) -> None:
    made = project.run(UP, BEFORE, Snapshot()).last.state
    monkeypatch.setattr(simulated_operations, "KillPointJournal", SlowDeletion)

    run = project.run(replace(UP, parallel=parallel), AFTER, made)

    assert not run.outcome.failed, run.messages
    assert_every_kill_point_valid(run, set())
    names = sorted(name_of(record.urn) for record in things(run.last.state))
    assert names == ["a", "d", "e"]


def test_a_dependent_is_not_recreated_if_its_deletion_failed(
    project: SimulatedProject,
) -> None:
    made = project.run(UP, BEFORE, Snapshot()).last.state
    kept = tuple(r.with_(deleted_with="") for r in made.resources)
    project.store.faults = {("delete", "d"): "refuses"}
    request = replace(UP, continue_on_error=True)

    run = project.run(request, AFTER, replace(made, resources=kept))

    assert run.outcome.failed
    for kill_point in run.kill_points:
        assert_valid(kill_point.state)
    objects = [t for t in run.last.objects.values() if name_of(t.urn) == "d"]
    assert len(objects) == 1
