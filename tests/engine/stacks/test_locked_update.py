import errno
import json
import os
import shutil
from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import OperationResult
from pulumi_embedded_engine.model.property_values import Secret
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.stacks import administration
from pulumi_embedded_engine.stacks.stack import Stack, open_stack
from pulumi_embedded_engine.state import history, journal_file, locks, run_mark
from pulumi_embedded_engine.state.journal import (
    JournalEntry,
    OperationStarted,
    RecordChanged,
    StepCompleted,
    replay,
)
from pulumi_embedded_engine.state.journal_file import read_journal
from tests.support.engine_stacks import ROOT, creation, reopened, root, stack_in, thing
from tests.support.simulated_kill import killed_at

GOOD = OperationResult(failed=False, cancelled=False, changes={"create": 2})


def run(
    stack: Stack, entries: list[JournalEntry], outcome: OperationResult | None = GOOD
) -> None:
    with stack.update("up", "why") as update:
        for entry in entries:
            update.write(entry)
        if outcome:
            update.set_outcome(outcome)


def names(snapshot: Snapshot) -> list[str]:
    return [record.urn.rpartition("::")[2] for record in snapshot.resources]


def leave_behind(stack: Stack, entries: list[JournalEntry]) -> None:
    """What a run leaves that is killed when it has written these entries: found by trying."""
    kept = stack.files.checkpoint.read_bytes()
    for effect in range(1000):
        with killed_at(effect):
            run(stack, entries)
        journal = read_journal(stack.files.journal)
        if journal and len(journal.entries) == len(entries):
            return
        administration.cancel(stack)
        stack.files.checkpoint.write_bytes(kept)
        shutil.rmtree(stack.files.history, ignore_errors=True)
    raise AssertionError


def test_what_was_written_is_in_the_state(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    run(
        stack,
        [
            StepCompleted(None, None, root()),
            *creation(1, thing("a", outputs={"s": Secret("hush")})),
        ],
    )

    found = reopened(stack).snapshot()
    assert names(found) == ["proj-dev", "a"]
    assert found.resources[1].outputs == {"s": Secret("hush")}
    assert "hush" not in stack.files.checkpoint.read_text()


def test_after_a_run_nothing_but_the_state_is_left(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    run(stack, [StepCompleted(None, None, root())])

    assert not stack.files.journal.exists()
    assert locks.read_locks(stack.files.locks) == []
    assert sorted(path.name for path in stack.files.checkpoint.parent.iterdir()) == [
        "dev.json",
        "dev.json.bak",
    ]


def test_the_former_state_is_kept_beside_the_new_one(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    former = stack.files.checkpoint.read_bytes()

    run(stack, [StepCompleted(None, None, root())])

    assert stack.files.checkpoint.with_name("dev.json.bak").read_bytes() == former
    (backup,) = stack.files.backups.iterdir()
    assert backup.read_bytes() == stack.files.checkpoint.read_bytes()


def test_the_history_tells_kind_message_result_and_configuration(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    stack.config_document().save({"proj:a": "b"})

    run(stack, [StepCompleted(None, None, root())])
    run(stack, [], None)

    failed, good = history.read_entries(stack.files)
    assert (good["kind"], good["message"], good["result"]) == (
        "update",
        "why",
        "succeeded",
    )
    assert good["resourceChanges"] == {"create": 2}
    assert good["config"] == {"proj:a": "b"}
    assert failed["result"] == "failed"


def test_a_run_without_entries_leaves_the_state_untouched(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    former = stack.files.checkpoint.read_bytes()

    run(stack, [])

    assert stack.files.checkpoint.read_bytes() == former


@pytest.mark.parametrize(("wish", "kept"), [("true", 0), ("0", 1)])
def test_no_copy_of_a_checkpoint_is_kept_where_none_is_wanted(
    tmp_path: Path, wish: str, kept: int
) -> None:
    made = stack_in(tmp_path)
    wishes = {"PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": wish}
    stack = open_stack(made.project, "dev", {**made.environ, **wishes})

    run(stack, [StepCompleted(None, None, root())])

    assert len(list(stack.files.backups.glob("*"))) == kept
    assert len(history.read_entries(stack.files)) == 1


def test_a_run_that_breaks_down_keeps_what_it_had_done(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    def breaks_down() -> None:
        with stack.update("up") as update:
            update.write(StepCompleted(None, None, root()))
            update.write(OperationStarted(1, "creating", thing("a")))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks_down()

    found = stack.snapshot()
    assert names(found) == ["proj-dev"]
    assert [operation.type for operation in found.pending_operations] == ["creating"]
    assert history.read_entries(stack.files)[0]["result"] == "failed"


def test_a_second_run_is_refused_while_one_is_alive(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    with stack.update("up"), pytest.raises(EngineError, match=f"pid {os.getpid()}"):
        run(stack, [])

    run(stack, [])


def test_while_a_run_is_alive_its_lock_names_the_remedy_for_the_cli(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)

    with stack.update("up"):
        (file,) = stack.files.locks.glob("*.json")
        content = json.loads(file.read_text())

    assert content["username"] == "esa-prefetch (first run: esa-prefetch cancel)"
    assert content["pid"] == os.getpid()


def test_readers_see_the_state_before_a_killed_run_and_the_next_run_folds_it(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    entries = [
        StepCompleted(None, None, root()),
        *creation(1, thing("a", inputs={"s": Secret("hush")})),
    ]
    leave_behind(stack, entries)

    before, interrupted = stack.snapshot(), stack.is_interrupted
    run(stack, [])

    assert names(before) == []
    assert interrupted
    assert not stack.is_interrupted
    assert not stack.files.journal.exists()
    assert names(stack.snapshot()) == ["proj-dev", "a"]
    assert stack.snapshot().resources[1].inputs == {"s": Secret("hush")}
    assert [entry["result"] for entry in history.read_entries(stack.files)] == [
        "succeeded",
        "failed",
    ]


ENTRIES: list[JournalEntry] = [
    StepCompleted(None, None, root()),
    *creation(1, thing("a", inputs={"s": Secret("hush")})),
    OperationStarted(2, "creating", thing("b", id="")),
    RecordChanged(ROOT, root().with_(outputs={"x": 1})),
]


def test_killed_at_any_effect_nothing_confirmed_is_lost_and_the_cli_is_kept_out(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    reference = stack.files.checkpoint.read_bytes()
    kills = 0
    for effect in range(1000):
        confirmed = 0
        with killed_at(effect) as struck, stack.update("up") as update:
            for entry in ENTRIES:
                update.write(entry)
                confirmed += 1

        assert_nothing_lost(stack, confirmed)
        if not struck():
            break
        kills += 1
        stack.files.checkpoint.write_bytes(reference)
    assert kills > 30


def assert_nothing_lost(stack: Stack, confirmed: int) -> None:
    journal = read_journal(stack.files.journal)
    held = locks.read_locks(stack.files.locks)
    assert held or not stack.files.journal.exists()
    # at most the one entry that was under way may be there in addition
    possible = [
        _comparable(replay(Snapshot(), ENTRIES[:count]))
        for count in (confirmed, confirmed + 1)
    ]
    # the CLI may read what holds all that happened, or is kept out
    marked = stack.files.is_marked
    assert marked or _comparable(stack.snapshot()) in possible
    assert _comparable(stack.snapshot()) in [_comparable(Snapshot()), *possible]
    assert marked or not journal or not journal.entries or journal.applied
    with stack.update("up") as update:
        base = update.base
    assert _comparable(base) in possible
    assert not stack.files.is_marked
    assert not stack.files.journal.exists()
    assert locks.read_locks(stack.files.locks) == []
    for file in copies(stack):
        assert run_mark.FEATURE.encode() not in file.read_bytes()


def copies(stack: Stack) -> list[Path]:
    """Every file that a checkpoint, or what it was, is copied into."""
    root = stack.files.root
    return [file for file in root.rglob("*") if file.is_file()]


def _comparable(snapshot: Snapshot) -> object:
    return snapshot.resources, [
        (op.type, op.resource.urn) for op in snapshot.pending_operations
    ]


def test_killed_while_a_leftover_is_folded_nothing_is_lost_or_done_twice(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    leave_behind(stack, ENTRIES)
    kept = stack.files.checkpoint.read_bytes()
    journal = stack.files.journal.read_bytes()
    (lock,) = locks.read_locks(stack.files.locks)
    content = lock.file.read_bytes()
    for effect in range(1000):
        with killed_at(effect) as struck:
            administration.cancel(stack)

        assert_nothing_lost(stack, len(ENTRIES))
        if not struck():
            break
        stack.files.checkpoint.write_bytes(kept)
        stack.files.journal.write_bytes(journal)
        lock.file.write_bytes(content)
    assert effect > 10


def test_a_journal_cut_at_any_byte_gives_a_valid_state(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)
    leave_behind(stack, ENTRIES)
    content = stack.files.journal.read_bytes()
    checkpoint = stack.files.checkpoint.read_bytes()

    for size in range(0, len(content), 7):
        stack.files.checkpoint.write_bytes(checkpoint)
        stack.files.journal.write_bytes(content[:size])
        whole = max(0, content[:size].count(b"\n") - 1)
        stack.recover()
        assert _comparable(stack.snapshot()) == _comparable(
            replay(Snapshot(), ENTRIES[:whole])
        )


def test_a_full_disk_stops_the_run_before_the_provider_is_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = stack_in(tmp_path)

    with stack.update("up") as update:
        update.write(StepCompleted(None, None, root()))
        with monkeypatch.context() as patch:
            patch.setattr(journal_file, "_flush", _full)
            with pytest.raises(OSError, match="No space"):
                update.write(OperationStarted(1, "creating", thing("a")))

    assert stack.snapshot().pending_operations == ()


def test_where_the_state_cannot_be_written_journal_and_lock_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = stack_in(tmp_path)

    def fills_the_disk(patch: pytest.MonkeyPatch) -> None:
        with stack.update("up") as update:
            update.write(StepCompleted(None, None, root()))
            patch.setattr(os, "fsync", _full)

    with (
        monkeypatch.context() as patch,
        pytest.raises(EngineError, match="nothing is lost"),
    ):
        fills_the_disk(patch)

    assert stack.files.journal.exists()
    assert stack.files.is_marked
    assert len(locks.read_locks(stack.files.locks)) == 1
    assert administration.cancel(stack).journal_applied
    assert not stack.files.is_marked
    assert names(stack.snapshot()) == ["proj-dev"]


def _full(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_state_that_is_not_valid_is_written_and_said(tmp_path: Path) -> None:
    stack = stack_in(tmp_path)

    with pytest.raises(EngineError, match="not valid"):
        run(stack, creation(1, thing("orphan")))

    assert "orphan" in stack.files.checkpoint.read_text()
    assert not stack.files.journal.exists()


def test_a_state_under_another_salt_is_read_and_written_under_the_stack_files(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    run(stack, [StepCompleted(None, None, root().with_(outputs={"s": Secret("hush")}))])
    old = stack.deployment().salt
    stack.config_document().file.unlink()

    run(stack, [StepCompleted(None, 0, root().with_(outputs={"s": Secret("hush")}))])

    new = stack.deployment().salt
    assert new == stack.config_document().salt != old
    assert stack.snapshot().resources[0].outputs == {"s": Secret("hush")}
