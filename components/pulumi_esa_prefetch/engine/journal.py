"""What happened in one operation, entry by entry, and the snapshot that follows from it; holds no files.

A run starts from a base snapshot; each entry is one fact. `fold` (pure) gives the snapshot after any prefix of entries, which is
what a killed run left. Records of the base are named by their position in it, for a URN may occur twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pulumi_esa_prefetch.engine.records import OperationType, Resource, Snapshot


@dataclass(frozen=True, slots=True)
class Begin:
    """A provider is about to be called: on disk, flushed, before the call."""

    op: int
    type: OperationType
    resource: Resource


@dataclass(frozen=True, slots=True)
class Done:
    """An operation or a step without a call ended well: base record `old` goes (or turns into `old_becomes`), `new` comes at the end.

    `op` is None for steps that called no provider (same, a record dropped). `significant` is False where only unsaved facts changed:
    such an entry alone needs no write of its own.
    """

    op: int | None
    old: int | None
    new: Resource | None
    old_becomes: Resource | None = None
    significant: bool = True


@dataclass(frozen=True, slots=True)
class Failed:
    """An operation failed without effect on the records: only its pending entry goes."""

    op: int


@dataclass(frozen=True, slots=True)
class Amended:
    """A record finished in this run got other contents (outputs of a component or the stack, a mark for deletion), found by its URN."""

    urn: str
    new: Resource


@dataclass(frozen=True, slots=True)
class Removed:
    """A record finished in this run went again, found by its URN."""

    urn: str


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Base record `old` was read anew: it keeps its place with new contents, or is gone (`new` is None)."""

    old: int
    new: Resource | None


@dataclass(frozen=True, slots=True)
class Rebased:
    """The run goes on from another base (the end of a refresh phase): positions now count in this snapshot."""

    base: Snapshot


Entry = Begin | Done | Failed | Amended | Removed | Refreshed | Rebased


class JournalWriter(Protocol):
    """Where entries go; each call returns when the entry is as safe as its kind needs."""

    def write(self, entry: Entry) -> None:
        """Record one entry; raises OSError if it cannot be kept."""
        ...


def fold(base: Snapshot, entries: "list[Entry] | tuple[Entry, ...]", metadata: Mapping[str, Any] | None = None) -> Snapshot:
    """The snapshot after these entries: finished records in order of completion, then the rest of the base in its order."""
    raise NotImplementedError
