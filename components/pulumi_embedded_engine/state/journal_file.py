"""The journal on disk: one line of JSON per entry, only appended; does not interpret the entries.

The first line says what the run started from. The last lines may say which checkpoint holds all entries already. A
last line without a line break was not written completely, so no caller relies on it: it is ignored.
"""

import json
import os
import threading
from collections.abc import Callable, Container, Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar, get_type_hints

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import dumps
from pulumi_embedded_engine.model.state_records import OperationType, Resource, Snapshot
from pulumi_embedded_engine.processes.atomic_files import sync_directory
from pulumi_embedded_engine.processes.bounded_reading import read_file
from pulumi_embedded_engine.state.encoding import (
    Encrypt,
    StateEncoder,
    decode_operation,
    decode_resource,
)
from pulumi_embedded_engine.state.journal import (
    BaseReplaced,
    JournalEntry,
    OperationFailed,
    OperationStarted,
    RecordChanged,
    RecordRefreshed,
    StepCompleted,
)

_Built = TypeVar("_Built")

REMEDY: Final = "`esa-prefetch cancel` sets it aside"

# macOS has no fdatasync
_flush = getattr(os, "fdatasync", os.fsync)


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """What a run started from.

    `base` is the digest of the checkpoint without the run mark. `salt` is the salt of the secrets in the entries.
    `marks` says whether the run marks the checkpoint before its first entry (version 0.1.0 did not). The rest is for
    the history.
    """

    base: str
    salt: str
    kind: str
    message: str = ""
    started: int = 0
    config: Mapping[str, Any] = field(default_factory=dict)
    marks: bool = False


@dataclass(frozen=True, slots=True)
class Journal:
    """A journal that was read; the secrets in its entries are still encrypted.

    `applied` are the digests of checkpoints that may hold all entries already. `size` is the number of bytes of the
    complete lines.
    """

    header: JournalHeader
    entries: tuple[JournalEntry, ...]
    applied: frozenset[str]
    size: int

    def created_objects(self, known: Container[tuple[str, str]] = ()) -> list[str]:
        """The objects that a provider created or was creating, each once, as `<urn> (<id>)`.

        Objects whose URN and id are `known` are left out.
        """
        found: dict[int, Resource] = {}
        for entry in self.entries:
            if isinstance(entry, OperationStarted):
                found[entry.op] = entry.resource
            elif isinstance(entry, OperationFailed):
                found.pop(entry.op, None)
            elif isinstance(entry, StepCompleted) and entry.op is not None:
                found.pop(entry.op, None)
                if entry.new is not None:
                    found[entry.op] = entry.new
        custom = [record for record in found.values() if record.custom]
        made = {record.urn for record in custom if record.id}
        # if an object was created at a second attempt, only the entry with its id is shown
        shown = [record for record in custom if record.id or record.urn not in made]
        return sorted(
            {
                f"{record.urn} ({record.id or 'id unknown'})"
                for record in shown
                if (record.urn, record.id) not in known
            }
        )


class JournalFile:
    """A journal that a run writes; any number of threads may append entries."""

    def __init__(self, file: Path, header: JournalHeader, encrypt: Encrypt) -> None:
        self._sealer = encrypt
        file.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
        self._descriptor = os.open(file, flags, 0o600)
        self._size = 0
        self._synced = 0
        self._appending = threading.Lock()
        self._syncing = threading.Lock()
        self._broken = False
        self._append({"header": asdict(header)}, sync=True)
        sync_directory(file.parent)

    def append(self, entry: JournalEntry) -> None:
        """Write one entry; raises OSError if that is not possible.

        On return the entry is on disk, except an entry without which nothing is lost.
        """
        encoded = _encode(entry, StateEncoder(self._sealer))
        self._append(
            encoded, sync=not isinstance(entry, StepCompleted) or entry.significant
        )

    def write_applied(self, digest: str) -> None:
        """Write that the checkpoint with this digest, which is written next, holds all entries."""
        self._append({"folded": digest}, sync=True)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _append(self, content: Mapping[str, Any], *, sync: bool) -> None:
        line = dumps(content).encode() + b"\n"
        with self._appending:
            end = self._write(line)
        if sync:
            self._sync(end)

    def _write(self, line: bytes) -> int:
        if self._broken:
            raise OSError("the journal is damaged by an earlier failure to write it")
        try:
            written = 0
            while written < len(line):
                written += os.write(self._descriptor, line[written:])
        except OSError:
            # an incomplete line would damage the next one
            self._broken = True
            os.ftruncate(self._descriptor, self._size)
            self._broken = False
            raise
        self._size += len(line)
        return self._size

    def _sync(self, end: int) -> None:
        # one flush serves all threads that wrote before it began
        with self._syncing:
            if self._synced >= end:
                return
            with self._appending:
                size = self._size
            _flush(self._descriptor)
            self._synced = size


def read_journal(file: Path) -> Journal | None:
    """The journal that a run left, or None if there is none or it is empty; raises EngineError if it is damaged."""
    try:
        content = read_file(file)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EngineError(f"{file} cannot be read: {error.strerror}") from None
    lines, size = _lines(file, content)
    if not lines:
        return None
    try:
        return Journal(
            header=_build(JournalHeader, lines[0]["header"]),
            entries=tuple(_decode(line) for line in lines[1:] if "folded" not in line),
            applied=frozenset(line["folded"] for line in lines if "folded" in line),
            size=size,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise EngineError(
            f"the journal {file} is damaged: {repr(error)[:200]}; {REMEDY}"
        ) from None
    except RecursionError:
        raise EngineError(
            f"the journal {file} is nested too deeply; {REMEDY}"
        ) from None


def mark_applied(file: Path, journal: Journal, digest: str) -> None:
    """Write into a leftover journal that the checkpoint with this digest, which is written next, holds all entries.

    Raises OSError.
    """
    with file.open("r+b") as stream:
        stream.truncate(journal.size)
        stream.seek(journal.size)
        stream.write(dumps({"folded": digest}).encode() + b"\n")
        stream.flush()
        os.fsync(stream.fileno())


def _lines(file: Path, content: bytes) -> tuple[list[dict[str, Any]], int]:
    found: list[dict[str, Any]] = []
    size = 0
    whole = content.splitlines(keepends=True)
    for number, line in enumerate(whole, start=1):
        try:
            if not line.endswith(b"\n"):
                break
            found.append(json.loads(line))
        except (ValueError, RecursionError):
            if number == len(whole):
                break  # a power cut came before it was written completely
            raise EngineError(
                f"the journal {file} is damaged at line {number}; {REMEDY}"
            ) from None
        size += len(line)
    return found, size


# Their names in the file, which must stay: a newer version reads the journal of an older one.
_ENTRY_TYPES: Final[dict[str, Callable[..., JournalEntry]]] = {
    "begin": OperationStarted,
    "done": StepCompleted,
    "failed": OperationFailed,
    "amended": RecordChanged,
    "refreshed": RecordRefreshed,
    "rebased": BaseReplaced,
}
_ENTRY_NAMES: Final = {kind: name for name, kind in _ENTRY_TYPES.items()}


def _encode(entry: JournalEntry, encoder: StateEncoder) -> dict[str, Any]:
    line: dict[str, Any] = {"entry": _ENTRY_NAMES[type(entry)]}
    for item in fields(entry):
        line[item.name] = _encode_field(getattr(entry, item.name), encoder)
    return line


def _encode_field(value: Any, encoder: StateEncoder) -> Any:
    if isinstance(value, Resource):
        return encoder.resource(value)
    if not isinstance(value, Snapshot):
        return value
    return {
        "resources": [encoder.resource(record) for record in value.resources],
        "pending_operations": [
            encoder.operation(operation) for operation in value.pending_operations
        ],
        "metadata": dict(value.metadata),
        "extra": dict(value.extra),
    }


def _decode(line: dict[str, Any]) -> JournalEntry:
    kind = _ENTRY_TYPES[line.pop("entry")]
    return _build(kind, {name: _decode_field(line[name]) for name in line})


def _build(kind: Callable[..., _Built], given: Mapping[str, Any]) -> _Built:
    """The object with these fields; raises TypeError if a field has the wrong type."""
    for name, wanted in _types(kind).items():
        if name in given and not isinstance(given[name], wanted):
            raise TypeError(f"{name!r} is of another type")
    return kind(**given)


@cache
def _types(kind: Callable[..., object]) -> dict[str, Any]:
    # types that `isinstance` cannot check as they are
    plain = {OperationType: str, Mapping[str, Any]: Mapping}
    return {name: plain.get(x, x) for name, x in get_type_hints(kind).items()}


def _decode_field(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if "resources" not in value:
        return decode_resource(value, None)
    metadata, extra = dict(value["metadata"]), dict(value["extra"])
    return Snapshot(
        tuple(decode_resource(record, None) for record in value["resources"]),
        tuple(decode_operation(item, None) for item in value["pending_operations"]),
        metadata,
        extra,
    )
