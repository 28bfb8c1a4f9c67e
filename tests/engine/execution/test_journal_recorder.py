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
from tests.support.cli_recordings import EMBEDDED, CommandProject
from tests.support.engine_stacks import thing
from tests.support.real_runs import MemoryJournal

OUTER = thing("outer")
INNER = thing("inner", deleted_with=OUTER.urn)
INMOST = thing("inmost", deleted_with=INNER.urn)
BASE = Snapshot((OUTER, INNER, INMOST))


def _recorder() -> tuple[JournalRecorder, ResourceIndex, MemoryJournal]:
    resources, notes = ResourceIndex(BASE.resources), MemoryJournal(BASE)
    return JournalRecorder(notes, resources), resources, notes


def _delete(
    recorder: JournalRecorder, resources: ResourceIndex, place: int, container: str = ""
) -> None:
    step = DeleteStep(old=resources.at(place))
    recorder.complete(recorder.begin(step), step, StepResult(container=container))


def test_a_record_inside_a_container_is_kept_until_the_container_is_deleted() -> None:
    recorder, resources, notes = _recorder()

    _delete(recorder, resources, 2, container=INNER.urn)
    _delete(recorder, resources, 1, container=OUTER.urn)

    assert notes.snapshot() == BASE


def test_records_inside_a_deleted_container_are_removed_innermost_first() -> None:
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


def test_a_record_of_an_already_deleted_container_is_removed_immediately() -> None:
    recorder, resources, notes = _recorder()

    _delete(recorder, resources, 0)
    _delete(recorder, resources, 1, container=OUTER.urn)

    assert notes.snapshot().resources == (INMOST,)


def test_a_deferred_delete_has_no_reference_to_a_deleted_record() -> None:
    box = thing("box")
    inner = INNER.with_(parent=box.urn, dependencies=(box.urn, OUTER.urn))
    base = Snapshot((OUTER, box, inner))
    resources, notes = ResourceIndex(base.resources), MemoryJournal(base)
    recorder = JournalRecorder(notes, resources)

    _delete(recorder, resources, 2, container=OUTER.urn)
    _delete(recorder, resources, 1)

    kept = inner.with_(parent="", dependencies=(OUTER.urn,))
    assert notes.snapshot().resources == (OUTER, kept)


def test_a_deferred_delete_has_no_reference_to_a_record_of_another_deleted_container() -> (
    None
):
    other = thing("other")
    user = thing("user", deleted_with=other.urn, dependencies=(INNER.urn, other.urn))
    base = Snapshot((OUTER, INNER, other, user))
    resources, notes = ResourceIndex(base.resources), MemoryJournal(base)
    recorder = JournalRecorder(notes, resources)

    _delete(recorder, resources, 3, container=other.urn)
    _delete(recorder, resources, 1, container=OUTER.urn)
    _delete(recorder, resources, 0)

    kept = user.with_(dependencies=(other.urn,))
    assert notes.snapshot().resources == (other, kept)


@dataclass(frozen=True)
class FullDisk:
    """A journal on a full disk."""

    def write(self, entry: JournalEntry) -> None:
        """Fail."""
        raise OSError(errno.ENOSPC, f"no space left for {type(entry).__name__}")


def test_outputs_that_cannot_be_written_are_reported_in_a_sentence() -> None:
    resources = ResourceIndex(())
    resources.new_records[OUTER.urn] = OUTER

    with pytest.raises(EngineError, match=r"the outputs of .*::outer cannot be writ"):
        JournalRecorder(FullDisk(), resources).update(OUTER)


def test_a_full_disk_at_the_outputs_of_the_stack_ends_the_run_with_an_error(
    tmp_path: Path,
) -> None:
    project = CommandProject.make(tmp_path)
    project.init(EMBEDDED)
    project.program("import pulumi\npulumi.export('large', 'x' * 300_000)\n")
    limited = ("bash", "-c", 'ulimit -f 200; exec "$0" "$@"', *EMBEDDED)

    ran = project.run(limited, "up", "--yes", "--skip-preview", "--stack", "dev")

    assert ran.returncode == 1
    assert "cannot be written down: [Errno 27]" in ran.stdout
    assert "Resources:" in ran.stdout
    assert "internal error" not in ran.stdout + ran.stderr
