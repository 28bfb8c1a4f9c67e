import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.processes import child_process
from pulumi_embedded_engine.processes.child_process import ChildProcess

SECONDS = 20.0
FOREVER = "import time\nprint('up', flush=True)\ntime.sleep(600)"


def _until(true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.01)
    return False


def _runs(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return status != "Z"


def _child(code: str, lines: list[str]) -> ChildProcess:
    command = [sys.executable, "-c", code]
    return ChildProcess(command, Path.cwd(), os.environ, lines.append, lines.append)


def test_all_lines_of_a_child_are_told_before_its_end_is() -> None:
    lines: list[str] = []
    child = _child("import sys\nprint('a')\nprint('b', file=sys.stderr)", lines)

    code = child.wait(SECONDS)
    child.close()

    assert code == 0
    assert sorted(lines) == ["a", "b"]


def test_the_exit_code_is_the_commands_own() -> None:
    child = _child("raise SystemExit(32)", [])

    assert child.wait(SECONDS) == 32

    child.close()


def test_a_command_that_is_not_there_is_told_in_a_sentence() -> None:
    lines: list[str] = []
    child = ChildProcess(
        ["/no/such"], Path.cwd(), os.environ, lines.append, lines.append
    )

    assert child.wait(SECONDS) == 127
    child.close()

    assert lines == ["cannot start /no/such: No such file or directory"]


def test_closing_ends_the_child_and_its_own_children() -> None:
    lines: list[str] = []
    nested = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(p.pid, flush=True)\ntime.sleep(600)"
    )
    child = _child(nested, lines)
    assert _until(lambda: bool(lines))

    child.close()

    assert _until(lambda: not _runs(int(lines[0])))


def test_no_child_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = f"import os\nopen({str(note)!r}, 'w').write(str(os.getpid()))\n{FOREVER}"
    engine = (
        "import os, sys, time\nfrom pathlib import Path\n"
        "from pulumi_embedded_engine.processes.child_process import ChildProcess\n"
        f"ChildProcess([sys.executable, '-c', {child!r}], Path('.'), os.environ, print, print)\n"
        "time.sleep(600)"
    )
    source = str(Path(child_process.__file__).parents[2])
    environ = {**os.environ, "PYTHONPATH": source}
    parent = subprocess.Popen([sys.executable, "-c", engine], env=environ)
    assert _until(lambda: note.exists() and note.read_text() != "")
    pid = int(note.read_text())

    parent.send_signal(signal.SIGKILL)
    parent.wait()

    assert _until(lambda: not _runs(pid))


def test_an_interrupt_ends_a_child_also_if_the_engine_ignores_it() -> None:
    lines: list[str] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        child = _child(FOREVER, lines)
        assert _until(lambda: lines == ["up"])
        child.interrupt()

        assert child.wait(SECONDS) not in (None, 0)
    finally:
        signal.signal(signal.SIGINT, before)
        child.close()


def test_a_variable_that_is_too_long_for_the_system_is_named() -> None:
    environ = {"PATH": os.environ["PATH"], "PULUMI_CONFIG": "x" * 3_000_000}

    with pytest.raises(EngineError, match="variable PULUMI_CONFIG, of 3000000 char"):
        ChildProcess(["true"], Path.cwd(), environ, print, print)
    with pytest.raises(EngineError, match=r"cannot start true: No such file"):
        ChildProcess(["true"], Path("/nowhere"), {}, print, print)
