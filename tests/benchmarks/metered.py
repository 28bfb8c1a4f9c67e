"""Runs the embedded engine in this process, then notes what this process alone has used; starts no other.

A script of its own: FILE ARGUMENTS...
"""

import json
import resource
import sys
from pathlib import Path

from pulumi_esa_cli.main import main


def _note(file: Path) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    # on Linux the peak is in KiB, on a Mac in bytes
    unit = 1 if sys.platform == "darwin" else 1024
    numbers = {
        "cpu": used.ru_utime + used.ru_stime,
        "memory": used.ru_maxrss * unit,
    }
    file.write_text(json.dumps(numbers))


if __name__ == "__main__":
    try:
        code = main(sys.argv[2:])
    finally:
        _note(Path(sys.argv[1]))
    sys.exit(code)
