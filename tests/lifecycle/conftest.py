"""One fixture, two engines: the embedded one always, the `pulumi` command where it is on PATH."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lifecycle.esa import Document, Esa
from tests.lifecycle.stack import Stack

ESA_PREFETCH = str(Path(sys.executable).parent / "esa-prefetch")
ENGINES = {"embedded": ESA_PREFETCH, "pulumi": shutil.which("pulumi")}

Emulators = Callable[..., Esa]
Stacks = Callable[[Esa], Stack]


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    program = ENGINES[request.param]
    if program is None:
        pytest.skip("the pulumi command is not on PATH")
    return program


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulators]:
    """Start emulators, each on a port of its own, as the command a person would type."""
    running: list[tuple[subprocess.Popen[str], Esa]] = []

    def start(seed: Document, *arguments: str) -> Esa:
        file = tmp_path / f"seed-{len(running)}.json"
        file.write_text(json.dumps(seed))
        process = subprocess.Popen(
            [ESA_PREFETCH, "emulator", "--port=0", f"--seed={file}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None
        esa = Esa(process.stdout.readline().split()[-1])
        running.append((process, esa))
        return esa

    yield start

    for process, esa in running:
        esa.close()
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def stack(tmp_path: Path, engine: str) -> Stacks:
    """Make stacks, each a project of its own, against an emulator."""
    made: list[Stack] = []

    def make(esa: Esa) -> Stack:
        made.append(Stack(tmp_path / f"stack-{len(made)}", engine, esa.endpoint))
        return made[-1]

    return make
