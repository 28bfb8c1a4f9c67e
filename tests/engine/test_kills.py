"""A real program, a real provider host, and kill -9 for the engine during a run."""

import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.cli_recordings import EMBEDDED, CommandProject

SECONDS = 120
COUNT = 12
FLAGS = ("--yes", "--skip-preview", "--non-interactive", "--stack", "dev")

# An object is a file. An existing one is adopted, as with a service whose objects have unique names.
PROGRAM = f"""\
import os
import time
import uuid
from pathlib import Path

import pulumi
from pulumi.dynamic import CreateResult, ReadResult, Resource, ResourceProvider


class Files(ResourceProvider):
    def create(self, props):
        world = Path(os.environ["WORLD"])
        found = list(world.glob(props["name"] + ".*"))
        file = found[0] if found else world / (props["name"] + "." + uuid.uuid4().hex)
        file.touch()
        time.sleep(0.05)
        return CreateResult(file.name, {{**props, "file": file.name}})

    def read(self, id_, props):
        there = (Path(os.environ["WORLD"]) / id_).exists()
        return ReadResult(id_ if there else None, props)

    def delete(self, id_, props):
        (Path(os.environ["WORLD"]) / id_).unlink(missing_ok=True)
        time.sleep(0.05)


class File(Resource):
    def __init__(self, name, other):
        props = {{"name": name, "other": other, "file": None}}
        super().__init__(Files(), name, props)


last = None
for number in range({COUNT}):
    last = File(f"f{{number}}", last.file if last and number % 3 else "")
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("operation", "effects"),
    [("up", 1), ("up", 4), ("up", 9), ("destroy", 1), ("destroy", 7)],
)
def test_one_up_recovers_from_a_killed_engine(
    operation: str, effects: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "world"
    folder.mkdir()
    monkeypatch.setenv("WORLD", str(folder))
    project = CommandProject.make(tmp_path)
    project.program(PROGRAM)
    project.init(EMBEDDED)
    before = 0
    if operation == "destroy":
        done(project, "up", *FLAGS)
        before = COUNT

    engine = project.start(
        EMBEDDED,
        operation,
        *FLAGS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(lambda: abs(len(objects(folder)) - before) >= effects)
    engine.send_signal(signal.SIGKILL)
    engine.wait(SECONDS)
    until(lambda: not running_processes(tmp_path))

    done(project, "up", "--refresh", *FLAGS)

    assert Counter(name.partition(".")[0] for name in objects(folder)) == {
        f"f{number}": 1 for number in range(COUNT)
    }
    recorded = {row.get("id") for row in project.state()["resources"]}
    assert set(objects(folder)) <= recorded
    done(project, "preview", "--expect-no-changes", "--non-interactive")
    done(project, "destroy", *FLAGS)
    assert objects(folder) == []


def objects(folder: Path) -> list[str]:
    return [file.name for file in folder.iterdir()]


def done(project: CommandProject, *arguments: str) -> None:
    ended = project.run(EMBEDDED, *arguments)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def running_processes(directory: Path) -> list[str]:
    """Processes of the killed engine's project that still run."""
    found = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    )
    return [line for line in found.stdout.splitlines() if str(directory) in line]


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)
