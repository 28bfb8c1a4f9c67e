"""What becomes of the journal that a killed run left: the checkpoint it makes, or why it makes none; writes nothing.

No passphrase is needed: the entries' secrets are under the salt of the checkpoint they go into, and stay closed.
"""

import hashlib
from datetime import datetime

from pulumi_esa_prefetch.engine import checkpoint
from pulumi_esa_prefetch.engine.backend import StackFiles
from pulumi_esa_prefetch.engine.checkpoint import Deployment
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.journal import fold
from pulumi_esa_prefetch.engine.journal_file import Journal


def digest(content: bytes) -> str:
    """By what a journal knows a checkpoint's contents."""
    return hashlib.sha256(content).hexdigest()


def recovered(
    files: StackFiles, content: bytes, journal: Journal, now: datetime
) -> Deployment:
    """The state after a journal; raises EngineError if the checkpoint is not the one that the journal goes on from."""
    deployment = checkpoint.parse(content)
    found = digest(content)
    if found in journal.folded or not journal.entries:
        return deployment
    if found != journal.header.base:
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
