import errno
from dataclasses import dataclass
from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.journal_recorder import Recording
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.run.resource_index import Ledger
from pulumi_embedded_engine.state.journal import Entry, fold
from pulumi_embedded_engine.steps.steps import Applied, Delete
from tests.engine.replaying import EMBEDDED, Playground
from tests.engine.running import Notes
from tests.engine.stacks import thing

OUTER = thing("outer")
INNER = thing("inner", deleted_with=OUTER.urn)
INMOST = thing("inmost", deleted_with=INNER.urn)
BASE = Snapshot((OUTER, INNER, INMOST))


def _recording() -> tuple[Recording, Ledger, Notes]:
    ledger, notes = Ledger(BASE.resources), Notes(BASE)
    return Recording(notes, ledger), ledger, notes


def _delete(recording: Recording, ledger: Ledger, place: int, within: str = "") -> None:
    step = Delete(old=ledger.at(place))
    recording.done(recording.begin(step), step, Applied(within=within))


def test_what_goes_with_its_container_stays_recorded_until_that_is_gone() -> None:
    recording, ledger, notes = _recording()

    _delete(recording, ledger, 2, within=INNER.urn)
    _delete(recording, ledger, 1, within=OUTER.urn)

    assert notes.snapshot() == BASE


def test_a_container_takes_all_with_it_innermost_first() -> None:
    recording, ledger, notes = _recording()

    _delete(recording, ledger, 1, within=OUTER.urn)
    _delete(recording, ledger, 2, within=INNER.urn)
    before = len(notes.entries)
    _delete(recording, ledger, 0)

    sizes = [
        len(fold(BASE, notes.entries[:count]).resources)
        for count in range(before + 1, len(notes.entries) + 1)
    ]
    assert sizes == [3, 2, 1, 0]


def test_what_went_with_a_container_that_is_gone_already_is_forgotten_at_once() -> None:
    recording, ledger, notes = _recording()

    _delete(recording, ledger, 0)
    _delete(recording, ledger, 1, within=OUTER.urn)

    assert notes.snapshot().resources == (INMOST,)


def test_what_waits_for_its_container_points_to_nothing_that_is_gone() -> None:
    box = thing("box")
    inner = INNER.with_(parent=box.urn, dependencies=(box.urn, OUTER.urn))
    base = Snapshot((OUTER, box, inner))
    ledger, notes = Ledger(base.resources), Notes(base)
    recording = Recording(notes, ledger)

    _delete(recording, ledger, 2, within=OUTER.urn)
    _delete(recording, ledger, 1)

    kept = inner.with_(parent="", dependencies=(OUTER.urn,))
    assert notes.snapshot().resources == (OUTER, kept)


def test_what_waits_points_to_nothing_that_went_with_another_container() -> None:
    other = thing("other")
    user = thing("user", deleted_with=other.urn, dependencies=(INNER.urn, other.urn))
    base = Snapshot((OUTER, INNER, other, user))
    ledger, notes = Ledger(base.resources), Notes(base)
    recording = Recording(notes, ledger)

    _delete(recording, ledger, 3, within=other.urn)
    _delete(recording, ledger, 1, within=OUTER.urn)
    _delete(recording, ledger, 0)

    kept = user.with_(dependencies=(other.urn,))
    assert notes.snapshot().resources == (other, kept)


@dataclass(frozen=True)
class FullDisk:
    """A journal in which nothing can be kept."""

    def write(self, entry: Entry) -> None:
        """Keep nothing."""
        raise OSError(errno.ENOSPC, f"no space left for {type(entry).__name__}")


def test_outputs_that_cannot_be_written_down_are_told_in_a_sentence() -> None:
    ledger = Ledger(())
    ledger.news[OUTER.urn] = OUTER

    with pytest.raises(EngineError, match=r"the outputs of .*::outer cannot be writ"):
        Recording(FullDisk(), ledger).amend(OUTER)


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
