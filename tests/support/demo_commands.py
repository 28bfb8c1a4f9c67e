"""Commands of the demos' modules, run in a copy of the project; starts nothing by itself."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support.throwaway_stack import Result


def run_module(
    module: str, command: str, root: Path, environment: Mapping[str, str]
) -> Result:
    """Run `python -m MODULE COMMAND` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", module, command],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    return Result(done.returncode, done.stdout)
