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
from pulumi_embedded_engine.state.journal import fold
from pulumi_embedded_engine.state.journal_file import Journal, read_journal
from pulumi_embedded_engine.state.locks import USERNAME


def digest(content: bytes) -> str:
    """By what a journal knows a checkpoint's contents."""
    return hashlib.sha256(content).hexdigest()


def recovered(
    files: StackFiles, content: bytes, journal: Journal, now: datetime
) -> Deployment:
    """The state after a journal; raises EngineError if the checkpoint is not the one that the journal goes on from."""
    deployment = checkpoint.parse(content)
    if digest(content) != journal.header.base:
        raise EngineError(
            f"the state of {files.name} was changed by another hand since the run that left the "
            f"journal {files.journal}; `esa-prefetch cancel` sets the journal aside, then see "
            "what it created"
        )
    base = checkpoint.read(deployment, None)
    try:
        snapshot = fold(base, journal.entries)
    except ValueError as error:
        raise EngineError(
            f"the journal {files.journal} does not fit its state: {error}"
        ) from None
    return checkpoint.write(
        snapshot,
        salt=deployment.salt or journal.header.salt,
        sealer=None,
        now=now,
        features=deployment.features,
    )


def is_folded(files: StackFiles, content: bytes, journal: Journal) -> bool:
    """Whether a checkpoint holds all of a journal: it is the one that the fold made, or one that goes on from it.

    A run was killed between the two last writes, and the CLI has gone on: the mark is gone, for only the fold takes it
    off, and what the journal tells is there.
    """
    if digest(content) in journal.folded:
        return True
    went_on = journal.header.marks and journal.folded and not files.marked
    return bool(went_on) and not missing(content, journal)


def missing(content: bytes, journal: Journal) -> list[str]:
    """The objects that a journal tells of and the checkpoint does not: `<urn> (<id>)`, sorted."""
    records = checkpoint.parse(content).records
    return journal.made(known={(r.get("urn", ""), r.get("id", "")) for r in records})


def is_interrupted(files: StackFiles) -> bool:
    """Whether a run that is no longer running left what the state lacks; raises EngineError if it cannot be read."""
    if not _is_unfinished(files) or _is_running(files):
        return False
    # The run may have ended between the two looks.
    return _is_unfinished(files)


def _is_unfinished(files: StackFiles) -> bool:
    if files.marked:
        return True
    if files.journal.exists() and not os.access(files.journal, os.R_OK):
        return False  # another user's run, which cannot be judged
    try:
        journal = read_journal(files.journal)
    except EngineError:
        return True
    if journal is None or not journal.entries:
        return False
    return not is_folded(files, files.read_checkpoint(), journal)


def _is_running(files: StackFiles) -> bool:
    found = [lock for lock in locks.held(files.locks) if lock.username == USERNAME]
    # A lock of another host cannot be judged.
    living = [lock for lock in found if not lock.stale]
    if all(lock.pid == os.getpid() for lock in living):
        return bool(living) and locks.is_guarded(files.locks)
    return True
