"""The directions of imports, as the contracts in pyproject.toml hold them."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_every_import_goes_the_way_that_the_contracts_allow() -> None:
    program = str(Path(sys.executable).parent / "lint-imports")

    done = subprocess.run(
        [program, "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout
