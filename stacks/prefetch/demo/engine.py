"""The engine on the demo's stack: `pulumi` where it is on PATH, else `esa-prefetch`; knows nothing of the emulator."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from stacks.prefetch.demo.settings import STACK, DemoError, Settings

EMBEDDED = str(Path(sys.executable).parent / "esa-prefetch")


class Engine:
    """Runs commands in the demo's environment, one after another; never asks anything."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self._state = settings.state
        self._project = settings.project
        self._environment = dict(environment)
        self._program = shutil.which("pulumi", path=environment["PATH"]) or EMBEDDED

    def has_stack(self) -> bool:
        """Whether there is any state to work on."""
        stacks = self._state / ".pulumi/stacks"
        return any(stacks.glob(f"**/{STACK}.json*"))

    def open_stack(self) -> None:
        """Make the stack if it is not there, and clear the lock of a run that was killed."""
        self._state.mkdir(parents=True, exist_ok=True)
        if not self.has_stack():
            self._capture(self._program, "stack", "init", STACK)
        if any(map(_left_behind, self._state.glob(".pulumi/locks/**/*.json"))):
            print("An earlier run was killed: clearing its lock.")
            self._capture(EMBEDDED, "cancel", "--yes")

    def run(self, *arguments: str) -> int:
        """Run one command in the foreground and return its exit code."""
        command = [self._program, *arguments]
        process = subprocess.Popen(
            command, cwd=self._project, env=self._environment, stdin=subprocess.DEVNULL
        )

        def pass_on(number: int, _: FrameType | None) -> None:
            process.send_signal(number)

        # A terminal's Ctrl-C reaches the engine by itself: it finishes what runs, and this waits for it.
        signal.signal(signal.SIGINT, lambda *_: None)
        signal.signal(signal.SIGTERM, pass_on)
        return process.wait()

    def outputs(self) -> dict[str, Any]:
        """What the stack exports."""
        return dict(
            json.loads(self._capture(self._program, "stack", "output", "--json"))
        )

    def _capture(self, *command: str) -> str:
        done = subprocess.run(
            command,
            cwd=self._project,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()
            raise DemoError(f"`{' '.join(command[1:])}` failed: {said}")
        return done.stdout


def _left_behind(lock: Path) -> bool:
    """Whether the process that wrote a lock on this machine is dead."""
    try:
        holder = json.loads(lock.read_text())
        return holder["hostname"] == socket.gethostname() and _is_dead(holder["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _is_dead(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # Where nobody reaps orphans, as in a container, a killed process stays as a zombie.
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z"
