"""What becomes of the journal that a killed run left: the checkpoint it makes, or why it makes none; writes nothing.

No passphrase is needed: the entries' secrets are under the salt of the checkpoint they go into, and stay closed.
"""

import hashlib
import os
from datetime import datetime

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.state import checkpoint, locks
from pulumi_embedded_engine.state.checkpoint import Deployment
from pulumi_embedded_engine.state.file_backend import StackFiles
from pulumi_embedded_engine.state.journal import replay
from pulumi_embedded_engine.state.journal_file import Journal, read_journal
from pulumi_embedded_engine.state.locks import USERNAME


def checkpoint_digest(content: bytes) -> str:
    """By what a journal knows a checkpoint's contents."""
    return hashlib.sha256(content).hexdigest()


def recovered_deployment(
    files: StackFiles, content: bytes, journal: Journal, now: datetime
) -> Deployment:
    """The state after a journal; raises EngineError if the checkpoint is not the one that the journal goes on from."""
    deployment = checkpoint.parse_checkpoint(content)
    if checkpoint_digest(content) != journal.header.base:
        raise EngineError(
            f"the state of {files.name} was changed by another hand since the run that left the "
            f"journal {files.journal}; `esa-prefetch cancel` sets the journal aside, then see "
            "what it created"
        )
    base = checkpoint.snapshot_of(deployment, None)
    try:
        snapshot = replay(base, journal.entries)
    except ValueError as error:
        raise EngineError(
            f"the journal {files.journal} does not fit its state: {error}"
        ) from None
    return checkpoint.deployment_of(
        snapshot,
        salt=deployment.salt or journal.header.salt,
        encrypt=None,
        now=now,
        features=deployment.features,
    )


def is_applied(files: StackFiles, content: bytes, journal: Journal) -> bool:
    """Whether a checkpoint holds all of a journal: it is the one that the fold made, or one that goes on from it.

    A run was killed between the two last writes, and the CLI has gone on: the mark is gone, for only the fold takes it
    off, and what the journal tells is there.
    """
    if checkpoint_digest(content) in journal.applied:
        return True
    went_on = journal.header.marks and journal.applied and not files.is_marked
    return bool(went_on) and not missing_objects(content, journal)


def missing_objects(content: bytes, journal: Journal) -> list[str]:
    """The objects that a journal tells of and the checkpoint does not: `<urn> (<id>)`, sorted."""
    records = checkpoint.parse_checkpoint(content).records
    return journal.created_objects(
        known={(r.get("urn", ""), r.get("id", "")) for r in records}
    )


def is_interrupted(files: StackFiles) -> bool:
    """Whether a run that is no longer running left what the state lacks; raises EngineError if it cannot be read."""
    if not _is_unfinished(files) or _is_running(files):
        return False
    # The run may have ended between the two looks.
    return _is_unfinished(files)


def _is_unfinished(files: StackFiles) -> bool:
    if files.is_marked:
        return True
    if files.journal.exists() and not os.access(files.journal, os.R_OK):
        return False  # another user's run, which cannot be judged
    try:
        journal = read_journal(files.journal)
    except EngineError:
        return True
    if journal is None or not journal.entries:
        return False
    return not is_applied(files, files.read_checkpoint(), journal)


def _is_running(files: StackFiles) -> bool:
    found = [
        lock for lock in locks.read_locks(files.locks) if lock.username == USERNAME
    ]
    # A lock of another host cannot be judged.
    living = [lock for lock in found if not lock.is_stale]
    if all(lock.pid == os.getpid() for lock in living):
        return bool(living) and locks.is_kernel_locked(files.locks)
    return True
