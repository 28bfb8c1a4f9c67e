"""Makes .venv with this package in it, once, also when asked twice at the same time.

Holds no requirement: those are in pyproject.toml. Runs on the caller's Python,
which may be too old, and then says so.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# A caller's settings that would make pip install or look somewhere else.
ELSEWHERE = ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONHOME", "PYTHONPATH")


def fits(stamp: Path) -> bool:
    return stamp.is_file() and stamp.read_text() == fingerprint()


def fingerprint() -> str:
    """This place, this Python, these requirements: where one differs the environment is out of date."""
    requirements = hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
    return "\n".join((str(ROOT), sys.version, requirements, ""))


def make(extra: str, stamp: Path) -> str:
    """Make or bring up to date, and return what went wrong, if anything did."""
    print("Installing into .venv (once, about a minute) ...", file=sys.stderr)
    known = list(VENV.glob("stamp*"))
    here = f"{ROOT}\n{sys.version}\n"
    if not any(old.read_text().startswith(here) for old in known):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, symlinks=True, with_pip=True)
    for old in known:
        old.unlink(missing_ok=True)
    target = f".[{extra or 'cli'}]"
    pip = [str(VENV / "bin/python"), "-m", "pip", "--disable-pip-version-check"]
    environment = {k: v for k, v in os.environ.items() if k not in ELSEWHERE}
    done = subprocess.run(
        [*pip, "install", "--quiet", "--editable", target],
        cwd=ROOT,
        env=environment,
        check=False,
    )
    if done.returncode:
        return "pip could not install the package into .venv; its message is above."
    stamp.write_text(fingerprint())
    return ""


def main(extra: str) -> str:
    if sys.version_info < (3, 11):
        version = ".".join(str(part) for part in sys.version_info[:2])
        return f"Python 3.11 or newer is needed, this is {version}: try `make PYTHON=python3.11 ...`."
    stamp = VENV / f"stamp-{extra}"
    local = ROOT / ".local"
    local.mkdir(exist_ok=True)
    with (local / "venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        enough = (stamp,) if extra else VENV.glob("stamp-*")
        return "" if any(map(fits, enough)) else make(extra, stamp)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "") or None)
