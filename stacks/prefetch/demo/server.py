"""The emulator in the background: found, started, stopped; knows its process and its port, not what it emulates."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path

from stacks.prefetch.demo.locks import take, until
from stacks.prefetch.demo.settings import ROOT, DemoError, Settings

START_SECONDS = 60.0
STOP_SECONDS = 10.0
ANSWER_SECONDS = 5.0


def as_running(settings: Settings) -> Settings:
    """The settings with the port of the emulator that was started here, if it runs."""
    ours = Process(settings)
    return replace(settings, port=ours.port()) if ours.alive() else settings


def ensure(settings: Settings) -> None:
    """Leave the emulator of this clone answering on the port; raise DemoError if that cannot be."""
    ours = Process(settings)
    alive = ours.alive()
    if alive and ours.port() == settings.port:
        if _answers_in_time(settings):
            return
        ours.stop()
    _refuse_taken_port(settings)
    if alive:
        ours.stop()
    _forget_halves(settings)
    ours.start()


def _refuse_taken_port(settings: Settings) -> None:
    """Raise DemoError if anything listens on the port: what is not this clone's is never used."""
    if answers(settings):
        raise _taken(settings, "an emulator that this clone did not start")


def _taken(settings: Settings, by: str) -> DemoError:
    return DemoError(
        f"Port {settings.port} is taken by {by}: stop it, or choose another port with "
        f"`{settings.port_option}`."
    )


def answers(settings: Settings) -> bool:
    """Whether an emulator answers on the port; raise DemoError if something else does."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    url = f"{settings.endpoint}/_emulator/state"
    try:
        with opener.open(url, timeout=ANSWER_SECONDS) as answer:
            if "jobs" in json.load(answer):
                return True
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError):
            return False
    except (ValueError, TypeError, HTTPException, OSError):
        pass  # something listens, and it is not an emulator
    raise _taken(settings, "a server that is not the emulator")


def _answers_in_time(settings: Settings) -> bool:
    try:
        return answers(settings)
    except DemoError:
        return False  # ours, and hung


def _forget_halves(settings: Settings) -> None:
    """Data and state live and die together: one without the other is about an ESA that is gone."""
    if settings.data.exists() == settings.state.exists():
        return
    settings.data.unlink(missing_ok=True)
    if settings.state.exists():
        print("The emulator that this state was about is gone: starting afresh.")
        shutil.rmtree(settings.state)


class Process:
    """The emulator started here; it holds a lock as long as it lives, so that its pid is never another's."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = settings.local / "emulator.lock"
        self._pid = settings.local / "emulator.pid"
        self._log = settings.local / "emulator.log"

    def alive(self) -> bool:
        """Whether the process that was started here still lives."""
        with self._lock.open("a") as lock:
            return not take(lock)

    def port(self) -> int:
        """The port that it was started on."""
        return self._words()[1]

    def start(self) -> None:
        """Start it on the seed, or on what it remembers, and wait until it answers."""
        note_pid = f'echo "$$ {self._settings.port}" >"$0"; exec "$@"'
        with self._lock.open("a") as lock, self._log.open("wb") as log:
            if not take(lock):
                raise DemoError("The emulator is being started by someone else.")
            process = subprocess.Popen(
                # The shell becomes the emulator: its own pid is on disk before it runs.
                ["/bin/sh", "-c", note_pid, self._pid, *self._command()],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=[lock.fileno()],
            )
        self._wait(process)
        print(f"Emulator started: {self._settings.endpoint}")

    def stop(self) -> None:
        """End it, first politely, and wait until it is gone."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if not self.alive():
                break
            os.kill(self._words()[0], number)
            until(lambda: not self.alive(), STOP_SECONDS)
        self._pid.unlink(missing_ok=True)

    def _command(self) -> list[str]:
        program = Path(sys.executable).parent / "esa-prefetch"
        return [
            *(str(program), "emulator"),
            *("--port", str(self._settings.port)),
            *("--seed", str(self._settings.seed)),
            *("--data", str(self._settings.data)),
        ]

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        until(lambda: process.poll() is not None or self._is_listening(), START_SECONDS)
        # its own word: another server may have taken the port meanwhile
        if process.poll() is None and self._is_listening():
            return
        process.kill()
        process.wait()
        said = self._log.read_text(errors="replace").strip().splitlines()
        reason = said[-1] if said else f"it said nothing; see {self._log}"
        raise DemoError(f"The emulator did not start: {reason}")

    def _is_listening(self) -> bool:
        return self._log.read_bytes().startswith(b"ESA emulator listening on ")

    def _words(self) -> tuple[int, int]:
        try:
            pid, port = self._pid.read_text().split()
            return int(pid), int(port)
        except (OSError, ValueError):
            raise DemoError(
                f"The emulator runs, but {self._pid} does not say as which process: "
                f"end it by hand (it holds {self._lock})."
            ) from None
