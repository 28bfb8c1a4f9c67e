"""`make site-up` and its siblings in a copy of the project, on either engine."""

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import ROOT
from tests.support.demo_commands import run_module
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Esa
from tests.support.throwaway_stack import Result


class Demo:
    """A copy of what the demo needs, with nothing run in it yet."""

    def __init__(self, root: Path, engine: str) -> None:
        self.root = root
        for folder in ("stacks", "tests/standin"):
            shutil.copytree(
                ROOT / folder,
                root / folder,
                ignore=shutil.ignore_patterns("Pulumi.demo.yaml"),
            )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        places = os.environ["PATH"].split(os.pathsep)
        if engine == ESA_PREFETCH:
            places = [each for each in places if not (Path(each) / "pulumi").exists()]
        self.environment = os.environ | {
            "EMULATOR_PORT": str(self.port),
            "PATH": os.pathsep.join(places),
        }

    def run(self, command: str) -> Result:
        return run_module("stacks.site.demo", command, self.root, self.environment)


@pytest.fixture
def demo(tmp_path: Path, engine: str) -> Iterator[Demo]:
    made = Demo(tmp_path / "a copy", engine)
    yield made
    made.run("clean")


@pytest.mark.slow
def test_up_twice_and_down_leave_the_committed_files_and_nothing_else(
    demo: Demo,
) -> None:
    first, second = demo.run("up"), demo.run("up")
    with closing(Esa(f"http://127.0.0.1:{demo.port}")) as esa:
        starts = esa.starts()
    down = demo.run("down")

    assert (first.code, second.code, down.code) == (0, 0, 0), first.output
    assert "+ 13 created" in first.output
    assert "13 unchanged" in second.output
    assert starts == 3
    assert "- 13 deleted" in down.output
    assert not (demo.root / "stacks/site/Pulumi.demo.yaml").exists()
    left = {path.name for path in (demo.root / ".local/site").iterdir()}
    assert {name for name in left if not name.endswith(".lock")} == set()
