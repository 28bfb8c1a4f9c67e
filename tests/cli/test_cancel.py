import json
from pathlib import Path

import pytest

from pulumi_embedded_engine.state import locks
from pulumi_embedded_engine.state.journal import StepCompleted
from pulumi_embedded_engine.state.journal_file import read_journal
from tests.support.console import Console, console_in
from tests.support.engine_stacks import creation, root, thing
from tests.support.simulated_kill import killed_at


@pytest.fixture
def console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    return console_in(tmp_path, monkeypatch, capsys)


def killed_run(console: Console) -> None:
    files = console.stack.files
    kept = files.read_checkpoint()
    for effect in range(200):
        with killed_at(effect), console.stack.update("up") as update:
            for entry in (
                StepCompleted(None, None, root()),
                *creation(1, thing("made")),
            ):
                update.write(entry)
        journal = read_journal(files.journal)
        if journal and any("id-made" in line for line in journal.created_objects()):
            return
        console("cancel", "--yes")
        files.write_checkpoint(kept)
    raise AssertionError


def test_without_a_lock_there_is_nothing_to_clear(console: Console) -> None:
    said = console("cancel", "--yes")

    assert (said.code, said.out) == (
        0,
        "The currently running update for 'dev' has been canceled!\n",
    )


def test_the_lock_of_another_is_cleared(console: Console) -> None:
    directory = console.stack.files.locks
    (directory / "x.json").write_text(
        json.dumps({"pid": 1, "username": "a", "hostname": "b", "timestamp": "c"})
    )

    assert console("cancel", "dev", "--yes").code == 0
    assert locks.read_locks(directory) == []


def test_what_a_killed_run_left_is_folded_and_said(console: Console) -> None:
    killed_run(console)

    said = console("cancel", "--yes")

    assert said.code == 0
    assert "is in the state now" in said.out
    assert "id-made" in console("stack", "export").out
    assert locks.read_locks(console.stack.files.locks) == []


def test_a_journal_that_fits_no_more_is_set_aside_with_what_it_tells(
    console: Console,
) -> None:
    killed_run(console)
    files = console.stack.files
    files.write_checkpoint(files.read_checkpoint() + b"\n")

    said = console("cancel", "--yes")

    assert said.code == 0
    assert "set aside" in said.err
    assert "::made (id-made)" in said.out
