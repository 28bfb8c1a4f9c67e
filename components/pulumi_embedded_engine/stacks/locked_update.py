"""One run that may change a stack: its lock, its journal, and the checkpoint that comes of it.

Knows no steps and no providers.

The order of writing, and what a kill leaves in each gap:

1. the guard (a kernel lock, gone with the process) and the lock file: a kill leaves a lock of ours, which our next
   run replaces;
2. a leftover journal is folded, then the new one begins: a kill leaves one of the two, both of which the next start
   folds;
3. before the first entry that changes the state the checkpoint gets the mark that keeps every other tool out (see
   `run_mark`): a kill leaves a mark without entries, which the next run or `cancel` takes off. Entries that change
   nothing are held back until then: a run without changes marks nothing;
4. entries: a kill leaves those that were confirmed, and at most one more;
5. the digest of the new checkpoint in the journal, then the checkpoint, unmarked, in one rename, with the old one in
   `.bak`: after a kill the checkpoint is the old one (folded again) or the new one (known by its digest, so nothing
   is folded twice);
6. history and backup: a kill loses at most an entry of the history;
7. the journal goes, then the lock: a kill leaves a lock of ours without a journal, as in 1.

As long as a journal is there the lock stays, whatever fails. The lock can be cleared by the CLI's `cancel`; the mark
cannot.
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
from pulumi_embedded_engine.state.journal import Begin, Entry, Folding
from pulumi_embedded_engine.state.journal_file import (
    Header,
    Journal,
    JournalFile,
    mark_folded,
    read_journal,
)
from pulumi_embedded_engine.state.journal_recovery import digest, is_folded, recovered
from pulumi_embedded_engine.state.passphrase_secrets import PassphraseSecrets

_KINDS: Final = {"up": "update"}


class Update:
    """A run under its lock; a journal writer for any number of threads."""

    def __init__(
        self, base: Snapshot, journal: JournalFile, mark: Callable[[], None]
    ) -> None:
        self.base = base
        self.outcome: OperationResult | None = None
        self.entries = 0
        self.changed = False
        self._journal = journal
        self._mark = mark
        self._marked = False
        self._held: list[Entry] = []
        self._folding = Folding(base)
        self._lock = threading.Lock()
        self._marking = threading.Lock()

    def write(self, entry: Entry) -> None:
        """Record one entry; on return it is as safe as its kind needs. Raises OSError if it cannot be kept."""
        if isinstance(entry, Begin):
            # what could not be written down is not begun
            self._append(entry, changes=self._folding.changes(entry))
            self._fold(entry)
        else:
            # what has happened counts, even where it cannot be written down now
            self._append(entry, changes=self._fold(entry))

    def _fold(self, entry: Entry) -> bool:
        """Fold an entry; whether the state has changed since the run began."""
        with self._lock:
            self.changed = self.changed or self._folding.changes(entry)
            self._folding.add(entry)
            self.entries += 1
            return self.changed

    def _append(self, entry: Entry, *, changes: bool) -> None:
        if not self._marked:
            with self._marking:
                if not self._marked:
                    if not changes:
                        self._held.append(entry)
                        return
                    self._mark()
                    while self._held:
                        self._journal.append(self._held[0])
                        del self._held[0]
                    self._marked = True
        self._journal.append(entry)

    def result(self, outcome: OperationResult) -> None:
        """Say how the run ended; without it the history shows a failure."""
        self.outcome = outcome

    def snapshot(self) -> Snapshot:
        """The state after all entries so far."""
        with self._lock:
            return self._folding.snapshot() if self.entries else self.base


@contextmanager
def locked(files: StackFiles, clock: Clock) -> Iterator[None]:
    """Hold a stack, with what a killed run left of it folded; raises EngineError if others hold it.

    The lock stays behind as long as a journal does.
    """
    try:
        with locks.guard(files.locks):
            lock = locks.take(files.locks, clock)
            try:
                settle(files, clock)
                yield
            finally:
                if not files.journal.exists():
                    locks.drop(lock)
    except BlockingIOError:
        raise locks.refusal(locks.held(files.locks)) from None


def settle(files: StackFiles, clock: Clock) -> bool:
    """Fold a leftover journal into the checkpoint; whether there was one that tells anything.

    A mark that no journal belongs to is taken off. Raises EngineError if that cannot be done.
    """
    journal = read_journal(files.journal)
    with _writing(files):
        if journal is not None and journal.entries:
            content = _folded(files, files.read_checkpoint(), journal, clock)
            _remember(files, journal.header, None, content, clock)
        if files.checkpoint.exists():
            files.unmark()
        files.journal.unlink(missing_ok=True)
        files.sweep()
    return journal is not None and bool(journal.entries)


def _folded(files: StackFiles, content: bytes, journal: Journal, clock: Clock) -> bytes:
    if is_folded(files, content, journal):
        return content
    deployment = recovered(files, content, journal, clock.now())
    new = render(deployment, files.qualified)
    mark_folded(files.journal, journal, digest(new))
    files.write_checkpoint(new)
    return new


def render(deployment: Deployment, stack: str) -> bytes:
    """The contents of a checkpoint file."""
    return dumps(checkpoint.render_checkpoint(deployment, stack)).encode()


@contextmanager
def _writing(files: StackFiles) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EngineError(
            f"the state of {files.name} cannot be written ({error}); nothing is lost: its "
            f"journal {files.journal} stays and is folded by the next run or `esa-prefetch cancel`"
        ) from None


@contextmanager
def journalled(
    files: StackFiles, base: Snapshot, header: Header, ciphers: "Ciphers", clock: Clock
) -> Iterator[Update]:
    """A run on a locked stack: at its end the journal is folded, however the run ended."""
    with _writing(files):
        journal = JournalFile(files.journal, header, ciphers.journal.encrypt)

    def mark() -> None:
        files.mark(_own(files, header))

    update = Update(base, journal, mark)
    try:
        yield update
    finally:
        _finish(files, update, journal, ciphers, header, clock)


def _own(files: StackFiles, header: Header) -> bytes:
    """The checkpoint that a run began from; raises EngineError if another is in its place."""
    content = files.read_checkpoint()
    if digest(content) != header.base:
        raise EngineError(
            f"the state of {files.name} was changed by another hand while this run lasted; what it did "
            f"so far stands in the journal {files.journal}, which `esa-prefetch cancel` sets aside"
        )
    return content


@dataclass(frozen=True, slots=True)
class Ciphers:
    """Under which salt secrets are written: the former state's in the journal, the stack file's in the new state."""

    journal: PassphraseSecrets
    state: PassphraseSecrets


def _finish(
    files: StackFiles,
    update: Update,
    journal: JournalFile,
    ciphers: Ciphers,
    header: Header,
    clock: Clock,
) -> None:
    snapshot = update.snapshot()
    with _writing(files):
        content = _own(files, header) if update.changed else files.read_checkpoint()
        if update.entries and digest(content) == header.base:
            deployment = checkpoint.write(
                snapshot,
                salt=ciphers.state.salt,
                sealer=ciphers.state.encrypt,
                now=clock.now(),
            )
            content = render(deployment, files.qualified)
            journal.folded(digest(content))
            files.write_checkpoint(content)
        else:
            files.unmark()
        journal.close()
        _remember(files, header, update.outcome, content, clock)
        files.journal.unlink()
    # after the writing, as the CLI does: what is wrong can be seen, exported and mended
    try:
        integrity.verify(snapshot)
    except integrity.Broken as fault:
        raise EngineError(
            f"the state of {files.name} was written but is not valid: {fault}; "
            "`pulumi state repair` of the pulumi CLI can mend it"
        ) from None


def _remember(
    files: StackFiles,
    header: Header,
    outcome: OperationResult | None,
    content: bytes,
    clock: Clock,
) -> None:
    good = outcome is not None and not outcome.failed and not outcome.cancelled
    ended = clock.now().timestamp()
    entry = {
        "kind": _KINDS.get(header.kind, header.kind),
        "startTime": header.started,
        "message": header.message,
        "environment": {"exec.agent": checkpoint.writer_version()},
        "config": dict(header.config),
        "version": 0,
        "result": "succeeded" if good else "failed",
        "endTime": int(ended),
        "resourceChanges": dict(outcome.changes) if outcome else {},
    }
    history.record(files, entry, content, int(ended * 1_000_000) * 1000)
