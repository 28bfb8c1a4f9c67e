"""`make up` and its siblings in a copy of the project, on either engine, in the tests' virtualenv."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stacks.prefetch.demo.locks import until
from stacks.prefetch.demo.settings import ROOT
from tests.support.demo_commands import run_module
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Esa
from tests.support.processes import killed
from tests.support.throwaway_stack import Result

# What `create` starts of the demo's plans, by DESIGN's table: the waiting, the stopped and the failed one.
STARTED = {
    "665d3b48621bccf3fe29e1a7",
    "665d3b48621bccf3fe29e1b2",
    "665d3b48621bccf3fe29e1b3",
}
PAUSED = "665d3b48621bccf3fe29e1c9"
NIGHTLY = "665d3b48621bccf3fe29e1b1"


class Demo:
    """A copy of the project with nothing run in it yet."""

    def __init__(self, root: Path, engine: str, port: int) -> None:
        self.root = root
        self.port = port
        shutil.copytree(
            ROOT / "stacks",
            root / "stacks",
            ignore=shutil.ignore_patterns("__pycache__", "Pulumi.demo.yaml"),
        )
        shutil.copy(ROOT / "Pulumi.yaml", root)
        self.files = {path: path.read_bytes() for path in self._files()}
        places = os.environ["PATH"].split(os.pathsep)
        if engine == ESA_PREFETCH:
            places = [
                place for place in places if not (Path(place) / "pulumi").exists()
            ]
        self.environment = os.environ | {
            "PATH": os.pathsep.join(places),
            "EMULATOR_PORT": str(port),
            # A person's own account and stacks must not matter.
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "theirs",
            "ALIBABA_CLOUD_PROFILE": "theirs",
            "ALICLOUD_ACCESS_KEY": "theirs",
            "ESA_ENDPOINT": "http://127.0.0.1:9",
            "PULUMI_BACKEND_URL": "https://api.example.com",
            "PULUMI_STACK": "theirs",
        }

    def run(self, command: str) -> Result:
        return run_module("stacks.prefetch.demo", command, self.root, self.environment)

    def check(self, command: str) -> str:
        result = self.run(command)
        assert result.code == 0, result.output
        return result.output

    def esa(self) -> Esa:
        return Esa(f"http://127.0.0.1:{self.port}")

    def is_as_committed(self) -> bool:
        return {path: path.read_bytes() for path in self._files()} == self.files

    def emulator_pid(self) -> int:
        return int((self.root / ".local/prefetch/emulator.pid").read_text().split()[0])

    def config(self) -> Path:
        return self.root / "stacks/prefetch/Pulumi.demo.yaml"

    def _files(self) -> list[Path]:
        found = [path for path in self.root.rglob("*") if path.is_file()]
        # what .gitignore names
        left = {".local", "__pycache__", "Pulumi.demo.yaml"}
        return [
            path for path in found if not left & set(path.relative_to(self.root).parts)
        ]


@pytest.fixture
def demo(tmp_path: Path, engine: str) -> Iterator[Demo]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    made = Demo(tmp_path / "a copy", engine, port)
    yield made
    made.run("clean")


def test_up_starts_what_the_table_says_once_and_the_second_time_nothing(
    demo: Demo,
) -> None:
    first = demo.check("up")
    second = demo.check("up")

    with closing(demo.esa()) as esa:
        starts = [
            c["parameters"]["Id"] for c in esa.calls("StartScheduledPreloadExecution")
        ]
        assert sorted(starts) == sorted(STARTED)
        assert (esa.stops(), esa.stops(PAUSED)) == (1, 1)
    assert "+ 7 created" in first
    assert "7 unchanged" in second
    for line in (
        "launch-evening     waiting",
        "catalogue-nightly  running",
        "manuals-paused     stopped",
    ):
        assert line in second
    assert demo.is_as_committed()


@pytest.mark.slow
def test_refresh_and_preview_start_nothing_and_down_leaves_nothing(demo: Demo) -> None:
    demo.check("up")
    with closing(demo.esa()) as esa:
        before = esa.changes()
        demo.check("preview")
        demo.check("refresh")
        assert esa.changes() == before

    output = demo.check("down")

    assert "- 7 deleted" in output
    assert output.endswith(
        "Removed: the stack with its history, the local ESA with its data.\n"
    )
    assert not demo.config().exists()
    assert {
        path.name
        for path in (demo.root / ".local/prefetch").iterdir()
        if path.suffix != ".lock"
    } == set()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", demo.port), timeout=5)
    assert demo.is_as_committed()


@pytest.mark.slow
def test_a_killed_emulator_comes_back_with_all_it_knew(demo: Demo) -> None:
    demo.check("up")
    os.kill(demo.emulator_pid(), signal.SIGKILL)

    output = demo.check("up")

    assert "7 unchanged" in output
    with closing(demo.esa()) as esa:
        assert esa.status(PAUSED) == "stopped"
        assert esa.status(NIGHTLY) == "running"


@pytest.mark.slow
def test_an_emulator_that_lost_its_data_takes_the_state_with_it(demo: Demo) -> None:
    demo.check("up")
    os.kill(demo.emulator_pid(), signal.SIGKILL)
    (demo.root / ".local/prefetch/emulator.json").unlink()

    output = demo.check("up")

    assert "starting afresh" in output
    assert "+ 7 created" in output


@pytest.mark.slow
def test_two_at_once_wait_for_each_other(demo: Demo) -> None:
    command = [sys.executable, "-m", "stacks.prefetch.demo", "up"]
    both = [
        subprocess.Popen(
            command,
            cwd=demo.root,
            env=demo.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]

    outputs = [process.communicate(timeout=240)[0] for process in both]

    assert [process.returncode for process in both] == [0, 0], outputs
    assert sum("+ 7 created" in output for output in outputs) == 1
    assert sum("7 unchanged" in output for output in outputs) == 1
    with closing(demo.esa()) as esa:
        assert esa.starts() == len(STARTED)


@pytest.mark.slow
def test_after_a_killed_up_the_next_one_clears_the_lock_and_ends_as_declared(
    demo: Demo,
) -> None:
    demo.check("preview")
    with closing(demo.esa()) as esa:
        esa.post("faults", {"faults": [{"kind": "stall", "seconds": 10}]})
        process = subprocess.Popen(
            [sys.executable, "-m", "stacks.prefetch.demo", "up"],
            cwd=demo.root,
            env=demo.environment,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        calls = len(esa.history())
        assert until(lambda: len(esa.history()) > calls, 60)
        with killed(process):
            esa.post("faults", {"faults": []})
            output = demo.check("up")

    assert "An earlier run was killed: clearing its lock." in output
    with closing(demo.esa()) as esa:
        assert {plan: esa.effective_starts(plan) for plan in STARTED} == dict.fromkeys(
            STARTED, 1
        )


@pytest.mark.thorough
def test_a_setting_that_is_changed_by_hand_changes_no_committed_file(
    demo: Demo, engine: str
) -> None:
    demo.check("up")
    change = "config set --path esa-prefetch:plans.manuals-paused.desiredState running"
    script = (
        f'eval "$({sys.executable} -m stacks.prefetch.demo env)"; {engine} {change}'
    )

    subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=demo.root,
        env=demo.environment,
        timeout=120,
        check=True,
    )

    assert "desiredState: running" in demo.config().read_text()
    assert demo.is_as_committed()
    kept = demo.check("clean").splitlines()[-1]
    assert kept == (
        "Kept: your changes in stacks/prefetch/Pulumi.demo.yaml; without that file `make "
        "up` begins anew."
    )


@pytest.mark.thorough
def test_without_a_port_a_command_and_a_shell_use_the_emulator_that_runs(
    demo: Demo,
) -> None:
    demo.check("preview")
    port = demo.environment.pop("EMULATOR_PORT")

    variables = demo.check("env")
    demo.check("preview")

    assert f"export ESA_ENDPOINT=http://127.0.0.1:{port}\n" in variables
    with closing(demo.esa()) as esa:
        assert esa.state()["jobs"]


@pytest.mark.thorough
def test_env_lets_a_shell_run_the_engine_by_hand(demo: Demo, engine: str) -> None:
    demo.check("up")
    with closing(demo.esa()) as esa:
        script = f'eval "$({sys.executable} -m stacks.prefetch.demo env)"; {engine} stack output --json'
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=demo.root,
            env=demo.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )

        plans = json.loads(done.stdout)["plans"]
        assert plans["manuals-paused"]["status"] == esa.status(PAUSED)


def test_a_wrong_port_is_refused_in_a_sentence(demo: Demo) -> None:
    demo.environment["EMULATOR_PORT"] = "http"

    result = demo.run("up")

    assert (result.code, result.output) == (
        1,
        "error: EMULATOR_PORT must be a number from 1 to 65535, not 'http'.\n",
    )
