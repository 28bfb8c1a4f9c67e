"""What stands on disk while a run lasts, and after it was killed: the mark, and what readers make of it."""

import errno
import gzip
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.stacks import administration
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_embedded_engine.state import file_backend, journal_file, run_mark
from pulumi_embedded_engine.state.journal import (
    BaseReplaced,
    JournalEntry,
    OperationFailed,
    OperationStarted,
    RecordChanged,
    RecordRefreshed,
    StepCompleted,
)
from pulumi_embedded_engine.state.journal_file import read_journal
from pulumi_embedded_engine.state.process_identity import ProcessIdentity
from tests.support.engine_stacks import ROOT, creation, root, stack_in, thing
from tests.support.simulated_kill import killed_at

UPDATE: list[JournalEntry] = [StepCompleted(None, 0, root()), *creation(1, thing("b"))]


def on_disk(stack: Stack) -> dict[str, Any]:
    content = stack.files.checkpoint.read_bytes()
    if stack.files.checkpoint.suffix == ".gz":
        content = gzip.decompress(content)
    found: dict[str, Any] = json.loads(content)
    return found


def run(stack: Stack, *entries: JournalEntry) -> None:
    with stack.update("up") as update:
        for entry in entries:
            update.write(entry)


def filled(directory: Path, **fields: object) -> Stack:
    stack = stack_in(directory)
    made = creation(1, thing("a", **fields))
    run(stack, StepCompleted(None, None, root()), *made)
    return stack


def killed(stack: Stack, *entries: JournalEntry) -> None:
    """A run that is killed when the last of these entries is on disk, and nothing more."""
    file = stack.files.checkpoint
    kept = file.read_bytes()
    for effect in range(1000):
        with killed_at(effect):
            run(stack, *entries)
        journal = read_journal(stack.files.journal)
        if journal and len(journal.entries) == len(entries) and not journal.applied:
            return
        administration.cancel(stack)
        stack.files.checkpoint.unlink()
        file.write_bytes(kept)
    raise AssertionError


@pytest.mark.parametrize("fields", [{}, {"taint": True}])
def test_the_mark_is_there_before_the_first_entry_and_gone_after_the_run(
    tmp_path: Path, fields: dict[str, object]
) -> None:
    stack = filled(tmp_path, **fields)
    former = on_disk(stack)

    with stack.update("up") as update:
        before = on_disk(stack)
        update.write(creation(1, thing("b"))[0])
        during = on_disk(stack)

    assert before == former
    assert during["version"] == 4
    assert during["features"] == [*former.get("features", []), run_mark.FEATURE]
    assert during["checkpoint"] == former["checkpoint"]
    after = on_disk(stack)
    assert after["version"] == former["version"]
    assert after.get("features") == former.get("features")
    assert "unmarked" not in after


def test_a_run_that_changes_nothing_marks_nothing_and_leaves_no_entry(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)
    own, made = stack.snapshot().resources

    with stack.update("up") as update:
        for entry in (
            RecordRefreshed(1, made),
            BaseReplaced(stack.snapshot()),
            StepCompleted(None, 0, own, significant=False),
            StepCompleted(None, 1, made, significant=False),
            RecordChanged(ROOT, own),
        ):
            update.write(entry)
        journal = read_journal(stack.files.journal)
        marked = stack.files.is_marked

    assert not marked
    assert journal is not None
    assert journal.entries == ()
    assert [r.urn for r in stack.snapshot().resources] == [own.urn, made.urn]


@pytest.mark.parametrize(
    "entry",
    [
        RecordChanged(ROOT, root().with_(outputs={"x": 2})),
        RecordRefreshed(1, None),
        RecordRefreshed(1, thing("a", outputs={"x": 2})),
        BaseReplaced(Snapshot((root(),))),
        StepCompleted(None, 1, None),
    ],
)
def test_an_entry_that_changes_the_state_brings_those_before_it(
    tmp_path: Path, entry: JournalEntry
) -> None:
    stack = filled(tmp_path)
    own = stack.snapshot().resources[0]

    with stack.update("up") as update:
        update.write(StepCompleted(None, 0, own, significant=False))
        update.write(entry)
        journal = read_journal(stack.files.journal)
        marked = stack.files.is_marked

    assert marked
    assert journal is not None
    assert len(journal.entries) == 2


def test_a_killed_run_without_changes_leaves_nothing_that_keeps_others_out(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)
    own = stack.snapshot().resources[0]
    with killed_at(10_000), stack.update("up") as update:
        update.write(StepCompleted(None, 0, own, significant=False))
        left = stack.files.journal.read_bytes()
    # the CLI goes on, and the run's journal is found after it
    other = on_disk(stack)
    other["checkpoint"]["latest"]["manifest"]["time"] = "2030-01-01T00:00:00Z"
    stack.files.checkpoint.write_text(json.dumps(other))
    stack.files.journal.write_bytes(left)

    assert not stack.is_interrupted
    run(stack)

    assert not stack.files.journal.exists()


def test_a_packed_state_is_marked_in_its_own_file(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    plain = stack.files.checkpoint
    former = plain.read_bytes()
    plain.with_name("dev.json.gz").write_bytes(gzip.compress(former))
    plain.unlink()

    killed(stack, *UPDATE)

    assert stack.files.checkpoint.name == "dev.json.gz"
    assert on_disk(stack)["features"] == [run_mark.FEATURE]
    assert stack.files.read_checkpoint() == former
    run(stack)
    assert on_disk(stack)["version"] == 3
    kept = plain.with_name("dev.json.gz.bak").read_bytes()
    assert gzip.decompress(kept) == former


@pytest.mark.parametrize("by", ["run", "cancel"])
def test_a_mark_without_a_journal_goes_and_the_state_stays(
    tmp_path: Path, by: str
) -> None:
    stack = filled(tmp_path)
    former = stack.files.checkpoint.read_bytes()
    stack.files.mark(former)
    assert stack.is_interrupted

    if by == "run":
        stack.recover()
    else:
        assert not administration.cancel(stack).journal_applied

    assert stack.files.checkpoint.read_bytes() == former
    assert not stack.is_interrupted


def test_a_journal_of_a_version_that_marked_nothing_is_folded(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    former = stack.files.checkpoint.read_bytes()
    killed(stack, *UPDATE)
    stack.files.checkpoint.write_bytes(former)
    header, *entries = stack.files.journal.read_text().splitlines(keepends=True)
    old = json.loads(header)
    del old["header"]["marks"]
    stack.files.journal.write_text("".join([json.dumps(old) + "\n", *entries]))

    assert stack.is_interrupted
    assert administration.cancel(stack).journal_applied

    assert [record.id for record in stack.snapshot().resources] == ["", "id-b", "id-a"]


def test_the_first_run_of_a_stack_is_marked_too(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    killed(stack, StepCompleted(None, None, root()))

    assert on_disk(stack)["features"] == [run_mark.FEATURE]
    assert stack.snapshot().resources == ()
    stack.recover()
    assert [record.urn for record in stack.snapshot().resources] == [ROOT]


def test_where_the_mark_cannot_be_written_nothing_is_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = filled(tmp_path)
    former = stack.files.checkpoint.read_bytes()

    def full(_file: Path, _content: bytes, _rights: int | None = None) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with stack.update("up") as update:
        with monkeypatch.context() as patch:
            patch.setattr(file_backend, "write_atomically", full)
            with pytest.raises(OSError, match="No space"):
                update.write(creation(1, thing("b"))[0])
        journal = read_journal(stack.files.journal)

    assert journal is not None
    assert journal.entries == ()
    assert stack.files.checkpoint.read_bytes() == former


def test_killed_after_the_fold_the_state_is_another_tools_to_go_on_from(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)
    former = stack.files.checkpoint.read_bytes()
    for effect in range(1000):
        with killed_at(effect):
            run(stack, *UPDATE)
        journal = read_journal(stack.files.journal)
        if journal and journal.applied and not stack.files.is_marked:
            break
        stack.recover()
        stack.files.checkpoint.write_bytes(former)
    other = on_disk(stack)
    other["checkpoint"]["latest"]["manifest"]["time"] = "2030-01-01T00:00:00Z"
    stack.files.checkpoint.write_text(json.dumps(other))

    assert not stack.is_interrupted
    run(stack)

    assert [record.id for record in stack.snapshot().resources] == ["", "id-b", "id-a"]


def test_beside_a_living_run_nobody_is_told_of_an_interruption(tmp_path: Path) -> None:
    stack = filled(tmp_path)

    with stack.update("up") as update:
        update.write(creation(1, thing("b"))[0])
        assert stack.files.is_marked
        assert not stack.is_interrupted


def test_a_run_whose_process_lives_is_not_taken_over_though_its_guard_is_lost(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)
    parent = os.getppid()
    with stack.update("up"):
        (file,) = stack.files.locks.glob("*.json")
        content = json.loads(file.read_text())
    process = ProcessIdentity.of(parent)
    content |= {"pid": parent, "processStart": process.start, "bootId": process.boot}
    file.write_text(json.dumps(content))

    with pytest.raises(EngineError, match=f"pid {parent}"):
        run(stack)
    with pytest.raises(EngineError, match=f"pid {parent}"):
        administration.cancel(stack)
    assert file.exists()

    for change in ({"processStart": "1"}, {"bootId": "another"}):
        file.write_text(json.dumps(content | change))
        run(stack)
        assert not file.exists()


def test_cancel_names_each_object_once(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    once = thing("b")
    killed(stack, *creation(1, once), creation(2, thing("c"))[0])
    changed = replace(stack.snapshot().resources[0], outputs={"x": 1})
    other = on_disk(stack)
    other["checkpoint"]["latest"]["resources"][0]["outputs"] = dict(changed.outputs)
    stack.files.checkpoint.write_text(json.dumps(other))

    done = administration.cancel(stack)

    assert done.created_objects == [
        f"{once.urn} (id-b)",
        f"{thing('c').urn} (id unknown)",
    ]


def by_another_hand(stack: Stack) -> bytes:
    """What another tool, or a person, puts in the place of the checkpoint."""
    other = json.loads(stack.files.read_checkpoint())
    other["checkpoint"]["latest"]["manifest"]["time"] = "2030-01-01T00:00:00Z"
    content = json.dumps(other).encode()
    stack.files.checkpoint.write_bytes(content)
    return content


def test_a_run_begins_nothing_on_a_state_that_another_has_changed_meanwhile(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)

    with stack.update("up") as update:
        other = by_another_hand(stack)
        with pytest.raises(EngineError, match="changed by something else"):
            update.write(creation(1, thing("b"))[0])

    assert stack.files.checkpoint.read_bytes() == other
    assert not stack.is_interrupted
    stack.recover()
    assert stack.files.checkpoint.read_bytes() == other


def test_a_state_that_was_changed_while_a_run_worked_is_not_overwritten(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)

    def run_beside_another() -> None:
        with stack.update("up") as update:
            for entry in UPDATE:
                update.write(entry)
            by_another_hand(stack)

    with pytest.raises(EngineError, match="changed by something else"):
        run_beside_another()

    assert b"2030-01-01" in stack.files.checkpoint.read_bytes()
    done = administration.cancel(stack)
    assert done.created_objects == [f"{thing('b').urn} (id-b)"]


def test_a_run_without_changes_leaves_what_another_has_written(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    own = stack.snapshot().resources[0]

    with stack.update("up") as update:
        update.write(StepCompleted(None, 0, own, significant=False))
        other = by_another_hand(stack)

    assert stack.files.checkpoint.read_bytes() == other
    assert not stack.files.journal.exists()


def test_a_run_that_could_not_begin_takes_its_mark_off_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = filled(tmp_path)
    former = stack.files.checkpoint.read_bytes()

    with stack.update("up") as update:
        with monkeypatch.context() as patch:
            patch.setattr(journal_file, "_flush", full)
            with pytest.raises(OSError, match="No space"):
                update.write(creation(1, thing("b"))[0])
        assert stack.files.is_marked

    assert stack.files.checkpoint.read_bytes() == former
    assert not stack.is_interrupted


def test_a_read_marks_nothing_as_long_as_it_finds_what_is_known(tmp_path: Path) -> None:
    stack = filled(tmp_path, external=True)
    own, known = stack.snapshot().resources

    with stack.update("up") as update:
        update.write(StepCompleted(None, 0, own, significant=False))
        update.write(OperationStarted(1, "reading", known))
        update.write(StepCompleted(1, 1, known, significant=False))
        update.write(OperationStarted(2, "reading", known))
        update.write(OperationFailed(2))
        assert not stack.files.is_marked

    assert not stack.files.is_marked


def test_a_refresh_that_only_spells_dependencies_otherwise_marks_nothing(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path, property_dependencies={"x": (ROOT,), "y": ()})
    own, known = stack.snapshot().resources
    other = known.with_(property_dependencies={"x": (ROOT,)})

    with stack.update("refresh") as update:
        update.write(BaseReplaced(Snapshot((own, other))))
        assert not stack.files.is_marked


def test_a_damaged_journal_ends_no_reader_and_cancel_sets_it_aside(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)
    killed(stack, *UPDATE)
    stack.files.unmark()
    lines = stack.files.journal.read_bytes().splitlines(keepends=True)
    stack.files.journal.write_bytes(b"".join([lines[0], b"{\n", *lines[1:]]))

    assert stack.is_interrupted
    assert len(stack.snapshot().resources) == 2
    with pytest.raises(EngineError, match=r"damaged at line 2; `esa-prefetch cancel`"):
        run(stack)
    done = administration.cancel(stack)

    assert "damaged at line 2" in done.reason
    assert done.aside_file is not None
    assert done.aside_file.exists()
    run(stack)


def test_the_journal_of_a_stack_that_is_gone_is_set_aside_with_what_it_tells(
    tmp_path: Path,
) -> None:
    stack = filled(tmp_path)
    killed(stack, *UPDATE)
    stack.files.checkpoint.unlink()

    with pytest.raises(EngineError, match=r"::b \(id-b\)"):
        administration.create(stack.project, stack.backend, "dev", stack.environ)
    made = administration.create(stack.project, stack.backend, "dev", stack.environ)

    assert made.snapshot().resources == ()


def test_no_half_of_a_lock_is_left_where_the_cli_reads_locks(tmp_path: Path) -> None:
    stack = filled(tmp_path)
    for effect in range(50):
        with killed_at(effect):
            run(stack)
        odd = [file for file in stack.files.locks.iterdir() if file.suffix != ".json"]
        assert odd == []
    (stack.files.locks / "old.tmp").write_text('{"pid":1')

    administration.cancel(stack)

    assert list(stack.files.locks.iterdir()) == []
    assert [file.name for file in stack.files.locks.parent.iterdir()] == ["dev"]


def full(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")
