"""Writes a file so that a kill or a power cut leaves the old or the new contents; knows no format."""

import os
from pathlib import Path
from uuid import uuid4


def write_atomically(file: Path, content: bytes, rights: int | None = None) -> None:
    """Replace a file in one step, so that it always has the old or the new contents; raises OSError.

    Without `rights` it keeps its permissions, and a new file gets the usual ones: others may use the same state.
    """
    temporary = file.with_name(f".{file.name}.{uuid4().hex}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    handle = os.open(temporary, flags, 0o666 if rights is None else rights)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if rights is None and file.exists():
            rights = file.stat().st_mode & 0o777
        if rights is not None:
            temporary.chmod(rights)
        temporary.replace(file)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(file.parent)


def sync_directory(directory: Path) -> None:
    """Flush the names in a directory to disk, so that they survive a power cut; raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
