"""The emulator as a process that can be killed and comes back on its port with what it remembers."""

import json
import subprocess
from pathlib import Path

from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Document


class Service:
    """One `esa-prefetch emulator` with a data file; with `edge`, the sites' edge too."""

    def __init__(
        self, root: Path, seed: Document, *, edge: bool = False, quiet: bool = False
    ) -> None:
        root.mkdir()
        self._root = root
        (root / "seed.json").write_text(json.dumps(seed))
        self._port = "0"
        self._flags = [*(["--edge=0"] if edge else []), *(["--quiet"] if quiet else [])]
        self._process: subprocess.Popen[str] | None = None
        self.endpoint = ""
        self.start()

    def start(self) -> None:
        """Start it, the first time on a free port, then on the same."""
        self._process = subprocess.Popen(
            [
                *(ESA_PREFETCH, "emulator", f"--port={self._port}"),
                *(f"--seed={self._root}/seed.json", f"--data={self._root}/data.json"),
                *self._flags,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.endpoint = self._process.stdout.readline().split()[-1]
        self._port = self.endpoint.rpartition(":")[2]

    @property
    def pid(self) -> int:
        """The id of its process."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """Kill it where it stands."""
        assert self._process is not None
        self._process.kill()
        self._process.communicate(timeout=30)

    def close(self) -> None:
        """End it."""
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=30)
