"""A project with many independent resources of a provider that does nothing, and one engine that works on it."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

OPERATIONS: Final = {
    "up": "up",
    "no change": "up",
    "refresh": "refresh",
    "destroy": "destroy",
}
_FLAGS: Final = ("--yes", "--skip-preview", "--non-interactive", "--stack", "dev")
_SECONDS: Final = 3600
_PROVIDER: Final = """\
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class Nothing(ResourceProvider):
    def create(self, props):
        return CreateResult(props["name"], props)


class Thing(Resource):
    def __init__(self, name):
        super().__init__(Nothing(), name, {"name": name})
"""
_PROGRAM: Final = """\
from nothing import Thing

for number in range({count}):
    Thing(f"thing-{{number}}")
"""


@dataclass(frozen=True)
class Used:
    """What one operation took: seconds by the clock; the engine process's own CPU seconds and peak bytes, if known."""

    seconds: float
    cpu: float = 0.0
    memory: int = 0


@dataclass(frozen=True)
class Ground:
    """One stack in a directory of its own; `metered` says whether the command is a script that notes what it used."""

    directory: Path
    command: Sequence[str]
    metered: bool

    def measure(self, count: int) -> dict[str, Used]:
        """Make so many resources, change nothing, refresh and destroy them."""
        self._prepare(count)
        self._run("stack", "init", "dev", "--non-interactive")
        return {
            title: self._run(operation, *_FLAGS)
            for title, operation in OPERATIONS.items()
        }

    def _prepare(self, count: int) -> None:
        for name in ("project", "state", "home"):
            (self.directory / name).mkdir(parents=True)
        environment = Path(sys.executable).parent.parent
        files = {
            "Pulumi.yaml": "name: bench\nruntime:\n  name: python\n  options:\n"
            f"    virtualenv: {environment}\n",
            "nothing.py": _PROVIDER,
            "__main__.py": _PROGRAM.format(count=count),
        }
        for name, text in files.items():
            (self.directory / "project" / name).write_text(text)

    def _run(self, *arguments: str) -> Used:
        note = self.directory / "used.json"
        metering = [str(note)] if self.metered else []
        began = time.monotonic()
        done = subprocess.run(
            [*self.command, *metering, *arguments],
            cwd=self.directory / "project",
            env=self._environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        seconds = time.monotonic() - began
        if done.returncode:
            raise SystemExit(
                f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}{done.stderr}"
            )
        return Used(seconds, **(json.loads(note.read_text()) if self.metered else {}))

    def _environ(self) -> dict[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith("PULUMI_")}
        return kept | {
            "PULUMI_BACKEND_URL": f"file://{self.directory}/state",
            "PULUMI_CONFIG_PASSPHRASE": "bench",
            "PULUMI_HOME": str(self.directory / "home"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
