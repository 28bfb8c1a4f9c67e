"""Runs pytest in a directory of its own, as a user of the fixtures does."""

import os
import subprocess
import sys
from pathlib import Path

from stacks.prefetch.demo.settings import ROOT

SECONDS = 600


def run_pytest(
    directory: Path, *arguments: str, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    """Run it, with both outputs in one; tests of ours can be imported unless another Python is given."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    if python == sys.executable:
        environ["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        [python, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", *arguments],
        cwd=directory,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
