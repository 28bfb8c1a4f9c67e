import errno
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_values import Secret
from pulumi_embedded_engine.model.state_records import PendingOperation, Snapshot
from pulumi_embedded_engine.state import journal_file
from pulumi_embedded_engine.state.journal import (
    BaseReplaced,
    JournalEntry,
    OperationFailed,
    RecordChanged,
    RecordRefreshed,
    StepCompleted,
)
from pulumi_embedded_engine.state.journal_file import (
    JournalFile,
    JournalHeader,
    mark_applied,
    read_journal,
)
from tests.support.engine_stacks import creation, root, thing

HEADER = JournalHeader(
    base="abc", salt="salt", kind="up", message="why", started=5, config={"a:b": 1}
)
ENTRIES: list[JournalEntry] = [
    *creation(1, thing("a", inputs={"n": 1})),
    StepCompleted(None, 0, root(), significant=True),
    StepCompleted(
        None,
        1,
        thing("b"),
        old_becomes=thing("b", delete=True),
        finished=thing("a").urn,
    ),
    OperationFailed(2),
    RecordChanged(thing("a").urn, thing("a", outputs={"x": [None]})),
    RecordRefreshed(3, None),
    RecordRefreshed(3, thing("c")),
    BaseReplaced(
        Snapshot(
            (root(),), (PendingOperation(thing("d"), "creating"),), {"m": 1}, {"e": 2}
        )
    ),
]


def seal(text: str) -> str:
    return f"sealed({len(text)})"


def written(file: Path, entries: list[JournalEntry]) -> None:
    journal = JournalFile(file, HEADER, seal)
    for entry in entries:
        journal.append(entry)
    journal.close()


def test_entries_come_back_as_they_were(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "dev.jsonl"
    written(file, ENTRIES)

    journal = read_journal(file)

    assert journal is not None
    assert journal.header == HEADER
    assert list(journal.entries) == ENTRIES


def test_a_secret_is_nowhere_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"

    written(
        file,
        creation(
            1, thing("a", inputs={"s": Secret("hush")}, outputs={"s": Secret("hush")})
        ),
    )

    assert "hush" not in file.read_text()
    assert file.stat().st_mode & 0o077 == 0


def test_no_journal_is_none_and_an_empty_one_too(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()

    assert read_journal(tmp_path / "none") is None
    assert read_journal(empty) is None


def test_a_journal_cut_at_any_byte_gives_the_entries_that_are_whole(
    tmp_path: Path,
) -> None:
    file, cut = tmp_path / "dev.jsonl", tmp_path / "cut"
    written(file, ENTRIES[:4])
    content = file.read_bytes()

    for size in range(len(content) + 1):
        cut.write_bytes(content[:size])
        journal = read_journal(cut)
        whole = content[:size].count(b"\n")
        assert (journal is None) == (whole == 0)
        if journal is not None:
            assert list(journal.entries) == ENTRIES[: whole - 1]


def test_a_last_line_torn_by_a_power_cut_does_not_count(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    written(file, ENTRIES[:2])
    with file.open("ab") as stream:
        stream.write(b"\0\0\0garbage\n")

    journal = read_journal(file)

    assert journal is not None
    assert list(journal.entries) == ENTRIES[:2]


def test_damage_in_the_middle_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    written(file, ENTRIES[:3])
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([lines[0], b"garbage\n", *lines[2:]]))

    with pytest.raises(EngineError, match="line 2"):
        read_journal(file)


@pytest.mark.parametrize("line", [b"{}", b'{"header": {}}', b'{"header": {"base": 1}}'])
def test_a_first_line_of_another_kind_is_one_sentence(
    tmp_path: Path, line: bytes
) -> None:
    file = tmp_path / "dev.jsonl"
    file.write_bytes(line + b"\n")

    with pytest.raises(EngineError, match="damaged"):
        read_journal(file)


def test_the_mark_of_a_fold_replaces_a_torn_line(tmp_path: Path) -> None:
    file = tmp_path / "dev.jsonl"
    written(file, ENTRIES[:2])
    with file.open("ab") as stream:
        stream.write(b'{"entry": "do')
    journal = read_journal(file)
    assert journal is not None

    mark_applied(file, journal, "digest")

    again = read_journal(file)
    assert again is not None
    assert again.applied == {"digest"}
    assert again.entries == journal.entries


def test_threads_that_wait_together_share_a_flush(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushes: list[int] = []

    def flush(descriptor: int) -> None:
        flushes.append(descriptor)
        os.fsync(descriptor)

    monkeypatch.setattr(journal_file, "_flush", flush)
    journal = JournalFile(tmp_path / "dev.jsonl", HEADER, seal)

    def create(number: int) -> None:
        for entry in creation(number, thing(f"t{number}")):
            journal.append(entry)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(create, range(100)))
    journal.close()

    found = read_journal(tmp_path / "dev.jsonl")
    assert found is not None
    assert len(found.entries) == 200
    assert len(flushes) <= 201


def test_an_entry_that_loses_nothing_is_not_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushes: list[int] = []
    journal = JournalFile(tmp_path / "dev.jsonl", HEADER, seal)
    monkeypatch.setattr(journal_file, "_flush", flushes.append)

    journal.append(StepCompleted(None, 0, root(), significant=False))
    assert flushes == []
    journal.append(StepCompleted(None, 0, root()))
    assert len(flushes) == 1
    journal.close()


def test_a_line_that_could_be_written_in_part_only_leaves_no_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "dev.jsonl"
    journal = JournalFile(file, HEADER, seal)
    journal.append(ENTRIES[0])
    real = os.write

    def full_disk(descriptor: int, content: bytes) -> int:
        if len(content) > 10:
            return real(descriptor, content[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(OSError, match="No space"):
        journal.append(OperationFailed(12345678901))
    monkeypatch.setattr(os, "write", real)
    journal.append(ENTRIES[1])
    journal.close()

    found = read_journal(file)
    assert found is not None
    assert list(found.entries) == ENTRIES[:2]
