"""A run that may change a stack: it takes the lock, keeps the journal, and saves the final checkpoint.

Knows no steps and no providers.

The order of writing, and what is left if the process is killed at each point:

1. The kernel lock (released when the process dies) and the lock file are taken. A kill leaves our lock file, which
   our next run replaces.
2. A leftover journal is applied to the checkpoint, then the new journal begins. A kill leaves one of the two; the
   next run applies it.
3. Before the first entry that changes the state, the checkpoint gets the mark that keeps every other tool out (see
   `run_mark`). A kill leaves a mark without entries, which the next run or `cancel` removes. Entries that change
   nothing are held back until then, so a run without changes marks nothing.
4. Entries are written. A kill leaves the entries that were confirmed, and at most one more.
5. The digest of the new checkpoint is written into the journal. Then the checkpoint, without the mark, replaces the
   old one in one rename; the old one is kept in `.bak`. After a kill the checkpoint is the old one (the journal is
   applied again) or the new one (its digest is in the journal, so nothing is applied twice).
6. History and backup are written. A kill loses at most one entry of the history.
7. The journal is removed, then the lock. A kill leaves our lock file without a journal, as in 1.

While there is a journal the lock stays, whatever fails. The CLI's `cancel` can remove the lock, but not the mark.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import dumps
from pulumi_embedded_engine.model.operation_context import OperationResult
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.state import checkpoint, history, integrity, locks
from pulumi_embedded_engine.state.checkpoint import Deployment
from pulumi_embedded_engine.state.file_backend import StackFiles
from pulumi_embedded_engine.state.journal import (
    JournalEntry,
    JournalReplay,
    OperationStarted,
)
from pulumi_embedded_engine.state.journal_file import (
    Journal,
    JournalFile,
    JournalHeader,
    mark_applied,
    read_journal,
)
from pulumi_embedded_engine.state.journal_recovery import (
    checkpoint_digest,
    is_applied,
    recovered_deployment,
)
from pulumi_embedded_engine.state.passphrase_secrets import PassphraseSecrets

_HISTORY_KINDS: Final = {"up": "update"}


class StackUpdate:
    """A run that holds the lock of its stack; any number of threads may write journal entries."""

    def __init__(
        self, base: Snapshot, journal: JournalFile, mark: Callable[[], None]
    ) -> None:
        self.base = base
        self.outcome: OperationResult | None = None
        self.entry_count = 0
        self.has_changes = False
        self._journal = journal
        self._write_mark = mark
        self._marked = False
        self._held_back: list[JournalEntry] = []
        self._replay = JournalReplay(base)
        self._lock = threading.Lock()
        self._marking_lock = threading.Lock()

    def write(self, entry: JournalEntry) -> None:
        """Write one entry; on return it is as durable as its type needs. Raises OSError if it cannot be written."""
        if isinstance(entry, OperationStarted):
            # an operation whose entry cannot be written is not started
            self._append(entry, changes=self._replay.changes(entry))
            self._replay_entry(entry)
        else:
            # the step has happened: it counts, even if its entry cannot be written now
            self._append(entry, changes=self._replay_entry(entry))

    def _replay_entry(self, entry: JournalEntry) -> bool:
        """Apply an entry to the snapshot; gives whether the state has changed since the run began."""
        with self._lock:
            self.has_changes = self.has_changes or self._replay.changes(entry)
            self._replay.add(entry)
            self.entry_count += 1
            return self.has_changes

    def _append(self, entry: JournalEntry, *, changes: bool) -> None:
        if not self._marked:
            with self._marking_lock:
                if not self._marked:
                    if not changes:
                        self._held_back.append(entry)
                        return
                    self._write_mark()
                    while self._held_back:
                        self._journal.append(self._held_back[0])
                        del self._held_back[0]
                    self._marked = True
        self._journal.append(entry)

    def set_outcome(self, outcome: OperationResult) -> None:
        """Set how the run ended; without it the history shows a failure."""
        self.outcome = outcome

    def snapshot(self) -> Snapshot:
        """The state after all entries so far."""
        with self._lock:
            return self._replay.snapshot() if self.entry_count else self.base


@contextmanager
def lock_stack(files: StackFiles, clock: Clock) -> Iterator[None]:
    """Hold the lock of a stack, after the journal of a killed run was applied; raises EngineError if others hold it.

    If a journal is left at the end, the lock stays too.
    """
    try:
        with locks.kernel_lock(files.locks):
            lock = locks.acquire(files.locks, clock)
            try:
                apply_leftover_journal(files, clock)
                yield
            finally:
                if not files.journal.exists():
                    locks.remove_lock(lock)
    except BlockingIOError:
        raise locks.lock_error(locks.read_locks(files.locks)) from None


def apply_leftover_journal(files: StackFiles, clock: Clock) -> bool:
    """Apply a leftover journal to the checkpoint; gives whether there was one with entries.

    A mark without a journal is removed. Raises EngineError if that is not possible.
    """
    journal = read_journal(files.journal)
    with _write_errors(files):
        if journal is not None and journal.entries:
            content = _with_journal_applied(
                files, files.read_checkpoint(), journal, clock
            )
            _write_history(files, journal.header, None, content, clock)
        if files.checkpoint.exists():
            files.unmark()
        files.journal.unlink(missing_ok=True)
        files.remove_unfinished_files()
    return journal is not None and bool(journal.entries)


def _with_journal_applied(
    files: StackFiles, content: bytes, journal: Journal, clock: Clock
) -> bytes:
    if is_applied(files, content, journal):
        return content
    deployment = recovered_deployment(files, content, journal, clock.now())
    new = checkpoint_bytes(deployment, files.qualified)
    mark_applied(files.journal, journal, checkpoint_digest(new))
    files.write_checkpoint(new)
    return new


def checkpoint_bytes(deployment: Deployment, stack: str) -> bytes:
    """The contents of a checkpoint file."""
    return dumps(checkpoint.render_checkpoint(deployment, stack)).encode()


@contextmanager
def _write_errors(files: StackFiles) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            f"the state of {files.name} cannot be written ({error}); nothing is lost: its "
            f"journal {files.journal} stays, and the next run or `esa-prefetch cancel` applies it to the state"
        ) from None


@contextmanager
def journalled_update(
    files: StackFiles,
    base: Snapshot,
    header: JournalHeader,
    secrets: "UpdateSecrets",
    clock: Clock,
) -> Iterator[StackUpdate]:
    """A run on a locked stack; at its end the journal is applied to the checkpoint, however the run ended."""
    with _write_errors(files):
        journal = JournalFile(files.journal, header, secrets.journal.encrypt)

    def mark() -> None:
        files.mark(_base_content(files, header))

    update = StackUpdate(base, journal, mark)
    try:
        yield update
    finally:
        _finish(files, update, journal, secrets, header, clock)


def _base_content(files: StackFiles, header: JournalHeader) -> bytes:
    """The checkpoint that a run started from; raises EngineError if it was replaced by another one."""
    content = files.read_checkpoint()
    if checkpoint_digest(content) != header.base:
        raise EngineError(
            f"the state of {files.name} was changed by something else during this run; what the run did "
            f"so far is in the journal {files.journal}, which `esa-prefetch cancel` sets aside"
        )
    return content


@dataclass(frozen=True, slots=True)
class UpdateSecrets:
    """The secrets of a run: `journal` has the salt of the former state, `state` the salt of the stack's file."""

    journal: PassphraseSecrets
    state: PassphraseSecrets


def _finish(
    files: StackFiles,
    update: StackUpdate,
    journal: JournalFile,
    secrets: UpdateSecrets,
    header: JournalHeader,
    clock: Clock,
) -> None:
    snapshot = update.snapshot()
    with _write_errors(files):
        content = (
            _base_content(files, header)
            if update.has_changes
            else files.read_checkpoint()
        )
        if update.entry_count and checkpoint_digest(content) == header.base:
            deployment = checkpoint.deployment_of(
                snapshot,
                salt=secrets.state.salt,
                encrypt=secrets.state.encrypt,
                now=clock.now(),
            )
            content = checkpoint_bytes(deployment, files.qualified)
            journal.write_applied(checkpoint_digest(content))
            files.write_checkpoint(content)
        else:
            files.unmark()
        journal.close()
        _write_history(files, header, update.outcome, content, clock)
        files.journal.unlink()
    # after writing, as the CLI does: an invalid state can be looked at, exported and repaired
    try:
        integrity.check_snapshot(snapshot)
    except integrity.IntegrityError as fault:
        raise EngineError(
            f"the state of {files.name} was written but is not valid: {fault}; "
            "`pulumi state repair` of the pulumi CLI can repair it"
        ) from None


def _write_history(
    files: StackFiles,
    header: JournalHeader,
    outcome: OperationResult | None,
    content: bytes,
    clock: Clock,
) -> None:
    good = outcome is not None and not outcome.failed and not outcome.cancelled
    ended = clock.now().timestamp()
    entry = {
        "kind": _HISTORY_KINDS.get(header.kind, header.kind),
        "startTime": header.started,
        "message": header.message,
        "environment": {"exec.agent": checkpoint.writer_version()},
        "config": dict(header.config),
        "version": 0,
        "result": "succeeded" if good else "failed",
        "endTime": int(ended),
        "resourceChanges": dict(outcome.changes) if outcome else {},
    }
    history.write_entry(files, entry, content, int(ended * 1_000_000) * 1000)
