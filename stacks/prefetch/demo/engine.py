"""The engine on the demo's stack: `pulumi` where it is on PATH, else `esa-prefetch`; knows nothing of the emulator."""

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi_embedded_engine.state.locks import read_locks
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
        folders = {file.parent for file in self._state.glob(".pulumi/locks/**/*.json")}
        if any(lock.is_stale for folder in folders for lock in read_locks(folder)):
            print("An earlier run was killed: clearing its lock.")
            self._capture(EMBEDDED, "cancel", "--yes")

    def run(self, *arguments: str) -> int:
        """Run one command in the foreground and return its exit code."""
        command = [self._program, *arguments]
        # Both engines draw their tree, in colour, only where stdin too is a terminal.
        drawn = sys.stdin.isatty() and sys.stdout.isatty()
        process = subprocess.Popen(
            command,
            cwd=self._project,
            env=self._environment,
            stdin=None if drawn else subprocess.DEVNULL,
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
