import errno
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.journal_recorder import JournalRecorder
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.state.journal import JournalEntry, replay
from pulumi_embedded_engine.steps.steps import DeleteStep, StepResult
from tests.engine.replaying import EMBEDDED, Playground
from tests.engine.running import Notes
from tests.engine.stacks import thing

OUTER = thing("outer")
INNER = thing("inner", deleted_with=OUTER.urn)
INMOST = thing("inmost", deleted_with=INNER.urn)
BASE = Snapshot((OUTER, INNER, INMOST))


def _recorder() -> tuple[JournalRecorder, ResourceIndex, Notes]:
    resources, notes = ResourceIndex(BASE.resources), Notes(BASE)
    return JournalRecorder(notes, resources), resources, notes


def _delete(
    recorder: JournalRecorder, resources: ResourceIndex, place: int, container: str = ""
) -> None:
    step = DeleteStep(old=resources.at(place))
    recorder.complete(recorder.begin(step), step, StepResult(container=container))


def test_what_goes_with_its_container_stays_recorded_until_that_is_gone() -> None:
    recorder, resources, notes = _recorder()

    _delete(recorder, resources, 2, container=INNER.urn)
    _delete(recorder, resources, 1, container=OUTER.urn)

    assert notes.snapshot() == BASE


def test_a_container_takes_all_with_it_innermost_first() -> None:
    recorder, resources, notes = _recorder()

    _delete(recorder, resources, 1, container=OUTER.urn)
    _delete(recorder, resources, 2, container=INNER.urn)
    before = len(notes.entries)
    _delete(recorder, resources, 0)

    sizes = [
        len(replay(BASE, notes.entries[:count]).resources)
        for count in range(before + 1, len(notes.entries) + 1)
    ]
    assert sizes == [3, 2, 1, 0]


def test_what_went_with_a_container_that_is_gone_already_is_forgotten_at_once() -> None:
    recorder, resources, notes = _recorder()

    _delete(recorder, resources, 0)
    _delete(recorder, resources, 1, container=OUTER.urn)

    assert notes.snapshot().resources == (INMOST,)


def test_what_waits_for_its_container_points_to_nothing_that_is_gone() -> None:
    box = thing("box")
    inner = INNER.with_(parent=box.urn, dependencies=(box.urn, OUTER.urn))
    base = Snapshot((OUTER, box, inner))
    resources, notes = ResourceIndex(base.resources), Notes(base)
    recorder = JournalRecorder(notes, resources)

    _delete(recorder, resources, 2, container=OUTER.urn)
    _delete(recorder, resources, 1)

    kept = inner.with_(parent="", dependencies=(OUTER.urn,))
    assert notes.snapshot().resources == (OUTER, kept)


def test_what_waits_points_to_nothing_that_went_with_another_container() -> None:
    other = thing("other")
    user = thing("user", deleted_with=other.urn, dependencies=(INNER.urn, other.urn))
    base = Snapshot((OUTER, INNER, other, user))
    resources, notes = ResourceIndex(base.resources), Notes(base)
    recorder = JournalRecorder(notes, resources)

    _delete(recorder, resources, 3, container=other.urn)
    _delete(recorder, resources, 1, container=OUTER.urn)
    _delete(recorder, resources, 0)

    kept = user.with_(dependencies=(other.urn,))
    assert notes.snapshot().resources == (other, kept)


@dataclass(frozen=True)
class FullDisk:
    """A journal in which nothing can be kept."""

    def write(self, entry: JournalEntry) -> None:
        """Keep nothing."""
        raise OSError(errno.ENOSPC, f"no space left for {type(entry).__name__}")


def test_outputs_that_cannot_be_written_down_are_told_in_a_sentence() -> None:
    resources = ResourceIndex(())
    resources.new_records[OUTER.urn] = OUTER

    with pytest.raises(EngineError, match=r"the outputs of .*::outer cannot be writ"):
        JournalRecorder(FullDisk(), resources).update(OUTER)


def test_a_full_disk_at_the_outputs_of_the_stack_ends_the_run_as_others_do(
    tmp_path: Path,
) -> None:
    ground = Playground.make(tmp_path)
    ground.init(EMBEDDED)
    ground.program("import pulumi\npulumi.export('large', 'x' * 300_000)\n")
    limited = ("bash", "-c", 'ulimit -f 200; exec "$0" "$@"', *EMBEDDED)

    ran = ground.run(limited, "up", "--yes", "--skip-preview", "--stack", "dev")

    assert ran.returncode == 1
    assert "cannot be written down: [Errno 27]" in ran.stdout
    assert "Resources:" in ran.stdout
    assert "internal error" not in ran.stdout + ran.stderr
