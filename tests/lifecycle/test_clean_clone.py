"""The two lines a stranger types: a clone of what is committed, and `make up` in it, with a virtualenv of its own."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import ROOT, foreign_variables

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no git clone"),
    pytest.mark.skipif(shutil.which("make") is None, reason="make is not on PATH"),
]


def test_make_up_works_from_a_clean_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", ROOT, clone], check=True, timeout=60)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    first = make(clone, port, "up")
    second = make(clone, port, "up")
    down = make(clone, port, "down")

    assert "+ 7 created" in first
    assert "7 unchanged" in second
    assert "Removed: the stack with its history" in down
    assert subprocess.check_output(["git", "status", "--short"], cwd=clone) == b""


def make(clone: Path, port: int, target: str) -> str:
    environment = {
        k: v for k, v in os.environ.items() if k not in foreign_variables(os.environ)
    }
    done = subprocess.run(
        ["make", target, f"EMULATOR_PORT={port}", f"PYTHON={sys.executable}"],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
