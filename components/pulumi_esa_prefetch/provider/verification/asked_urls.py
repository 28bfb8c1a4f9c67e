"""The URLs that a resource has begun to ask, in a file on this machine; asks nothing.

The state has them too, but an engine that is killed loses the outputs of the hook that runs, and a resource that is
replaced, or made again after a destroy, does not get those of the one before. The file holds digests. Another machine
does not have it.
"""

import os
import threading
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

_MOST_BYTES: Final = 1 << 22
"""So much of a file is read, from its end: the digests of 240 000 URLs."""
_OLDEST: Final = timedelta(days=400)
"""How long a file is kept after the last measurement of its resource."""


def folder(environ: Mapping[str, str]) -> Path:
    """Where the files are: beside what Pulumi keeps on this machine."""
    home = environ.get("PULUMI_HOME")
    chosen = Path(home) if home else Path.home() / ".pulumi"
    return chosen / "esa-prefetch" / "asked"


def remove_old(place: Path, now: datetime) -> None:
    """Remove the files of resources that have not measured for long: most are gone, and the state has the others'."""
    for path in place.glob("*.txt"):
        with suppress(OSError):
            written = datetime.fromtimestamp(path.stat().st_mtime, now.tzinfo)
            if written < now - _OLDEST:
                path.unlink()


class AskedUrls:
    """The file of one resource; ``key`` names the resource and its stack."""

    def __init__(self, place: Path, key: str) -> None:
        self._path = place / f"{sha256(key.encode()).hexdigest()[:32]}.txt"
        self._lock = threading.Lock()

    def digests(self) -> frozenset[str]:
        """The digests in the file. Raises OSError if there is a file that cannot be read."""
        try:
            with self._path.open("rb") as stream:
                stream.seek(max(0, os.fstat(stream.fileno()).st_size - _MOST_BYTES))
                content = stream.read(_MOST_BYTES)
        except FileNotFoundError:
            return frozenset()
        return frozenset(content.decode("ascii", "replace").split())

    def add(self, digest: str) -> None:
        """Add a digest; it is on the disk when this returns. Raises OSError."""
        with self._lock:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._path.open("ab") as stream:
                # The newline first: a line that a kill has cut off does not spoil the next one.
                stream.write(f"\n{digest}".encode())
                stream.flush()
                os.fsync(stream.fileno())
