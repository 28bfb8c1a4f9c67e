"""Rebuilds the checkpoint from the journal of a killed run, or says why it cannot; writes nothing.

No passphrase is needed: the secrets of the entries have the same salt as the checkpoint, so they stay encrypted.
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
    """The digest by which a journal names the contents of a checkpoint."""
    return hashlib.sha256(content).hexdigest()


def recovered_deployment(
    files: StackFiles, content: bytes, journal: Journal, now: datetime
) -> Deployment:
    """The state after a journal; raises EngineError if the checkpoint is not the one that the run started from."""
    deployment = checkpoint.parse_checkpoint(content)
    if checkpoint_digest(content) != journal.header.base:
        raise EngineError(
            f"the state of {files.name} was changed by something else since the run that left the "
            f"journal {files.journal}; `esa-prefetch cancel` sets the journal aside, then look at "
            "what it created"
        )
    base = checkpoint.snapshot_of(deployment, None)
    try:
        snapshot = replay(base, journal.entries)
    except ValueError as error:
        raise EngineError(
            f"the journal {files.journal} contradicts its state: {error}"
        ) from None
    return checkpoint.deployment_of(
        snapshot,
        salt=deployment.salt or journal.header.salt,
        encrypt=None,
        now=now,
        features=deployment.features,
    )


def is_applied(files: StackFiles, content: bytes, journal: Journal) -> bool:
    """Whether a checkpoint holds all entries of a journal: it was made from the journal, or from such a checkpoint.

    The second case: a run was killed after it wrote the checkpoint and before it removed the journal, and the CLI
    changed the checkpoint since. Then there is no run mark, which only writing such a checkpoint removes, and all
    objects of the journal are in the checkpoint.
    """
    if checkpoint_digest(content) in journal.applied:
        return True
    went_on = journal.header.marks and journal.applied and not files.is_marked
    return bool(went_on) and not missing_objects(content, journal)


def missing_objects(content: bytes, journal: Journal) -> list[str]:
    """The objects that are in a journal and not in the checkpoint, as `<urn> (<id>)`, sorted."""
    records = checkpoint.parse_checkpoint(content).records
    return journal.created_objects(
        known={(r.get("urn", ""), r.get("id", "")) for r in records}
    )


def is_interrupted(files: StackFiles) -> bool:
    """Whether a run that no longer runs left changes that are not in the state; raises EngineError if unreadable."""
    if not _is_unfinished(files) or _is_running(files):
        return False
    # the run may have ended between the two checks
    return _is_unfinished(files)


def _is_unfinished(files: StackFiles) -> bool:
    if files.is_marked:
        return True
    if files.journal.exists() and not os.access(files.journal, os.R_OK):
        return False  # the run of another user, of which nothing is known
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
    # whether a process of another host is alive is not known, so its lock counts
    living = [lock for lock in found if not lock.is_stale]
    if all(lock.pid == os.getpid() for lock in living):
        return bool(living) and locks.is_kernel_locked(files.locks)
    return True
