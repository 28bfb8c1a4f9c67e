"""What a test can do wrong with the fixtures: each is one sentence, and leaves no process."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pulumi_embedded_engine.testing import OperationFailed, PulumiEngine
from tests.testing.greeting import program
from tests.testing.runs import run_pytest


def raising() -> None:
    raise RuntimeError("not today")


def endless() -> None:
    time.sleep(3600)


async def coroutine() -> None:
    pass


def with_argument(argument: str) -> None:
    del argument


def test_a_program_that_its_process_cannot_find_is_refused(
    pulumi_engine: PulumiEngine, tmp_path: Path
) -> None:
    def nested() -> None:
        pass

    for wrong in (nested, lambda: None, print):
        with pytest.raises(ValueError, match="at the top level of a file"):
            pulumi_engine.stack(wrong)
    with pytest.raises(ValueError, match="without arguments"):
        pulumi_engine.stack(coroutine)
    with pytest.raises(ValueError, match="without arguments"):
        pulumi_engine.stack(with_argument)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"there is no program at .*gone\.py"):
        pulumi_engine.stack(tmp_path / "gone.py")


def test_a_program_that_raises_shows_where(pulumi_engine: PulumiEngine) -> None:
    stack = pulumi_engine.stack(raising)

    with pytest.raises(OperationFailed) as raised:
        stack.up()

    assert "RuntimeError: not today" in str(raised.value)
    assert Path(__file__).name in str(raised.value)


def test_an_unknown_option_is_named(pulumi_engine: PulumiEngine) -> None:
    stack = pulumi_engine.stack(raising)

    with pytest.raises(TypeError, match="paralel"):
        stack.up(paralel=2)  # type: ignore[call-arg]


def test_a_kill_at_a_moment_that_never_comes_says_so(
    pulumi_engine: PulumiEngine, tmp_path: Path
) -> None:
    stack = pulumi_engine.stack(
        program, config={"folder": str(tmp_path), "content": "x"}
    )

    with pytest.raises(AssertionError, match="before the kill after 'nobody'"):
        stack.kill_during_up(after="nobody")


def test_a_file_and_a_directory_are_programs_too(
    pulumi_engine: PulumiEngine, tmp_path: Path
) -> None:
    text = "import pulumi\npulumi.export('name', pulumi.get_project())\n"
    (tmp_path / "one.py").write_text(text)
    (tmp_path / "whole").mkdir()
    (tmp_path / "whole/__main__.py").write_text(text)

    for where in (tmp_path / "one.py", str(tmp_path / "whole")):
        stack = pulumi_engine.stack(where, project="named")
        assert stack.up().outputs == {"name": "named"}


def test_the_mark_knows_its_engines(tmp_path: Path) -> None:
    (tmp_path / "test_mark.py").write_text(
        "import pytest\n"
        "@pytest.mark.engines('embeded')\n"
        "def test_one(pulumi_engine): ...\n"
    )

    done = run_pytest(tmp_path, "--strict-markers")

    assert done.returncode != 0
    assert "knows no engine 'embeded': give 'embedded' or 'pulumi'" in done.stdout


def test_the_fixtures_have_a_help_text_and_disturb_no_other_test(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_other.py").write_text("def test_one(): ...\n")

    shown = run_pytest(tmp_path, "--fixtures")
    done = run_pytest(tmp_path, "-W", "error", "--strict-markers")

    for name in ("pulumi_engine", "pulumi_cli", "esa"):
        assert f"\n{name} -- " in shown.stdout
    assert "1 passed" in done.stdout


def test_pulumi_cli_runs_the_command_or_skips_by_name(tmp_path: Path) -> None:
    (tmp_path / "test_cli.py").write_text(
        "def test_one(pulumi_cli): assert pulumi_cli.name == 'pulumi'\n"
    )

    done = run_pytest(tmp_path)

    if shutil.which("pulumi"):
        assert "1 passed" in done.stdout
    else:
        assert "1 skipped" in done.stdout
        assert "the pulumi command is not on PATH" in done.stdout


@pytest.mark.parametrize(
    ("plugin", "fixture", "package"),
    [
        ("pulumi_embedded_engine", "pulumi_engine", "grpc"),
        ("pulumi_esa_emulator", "esa", "werkzeug"),
    ],
)
def test_without_the_extra_the_fixture_says_what_to_install(
    tmp_path: Path, plugin: str, fixture: str, package: str
) -> None:
    (tmp_path / "conftest.py").write_text(
        f"import sys\nsys.modules[{package!r}] = None\n"
    )
    (tmp_path / "test_it.py").write_text(f"def test_one({fixture}): ...\n")

    done = run_pytest(tmp_path)

    assert "1 error" in done.stdout
    assert "pip install 'pulumi-esa-prefetch[testing]'" in done.stdout, plugin


@pytest.mark.parametrize("component", ["pulumi_embedded_engine", "pulumi_esa_emulator"])
def test_a_plugin_imports_only_pytest_until_its_fixture_runs(component: str) -> None:
    look = (
        "import sys, pytest\n"
        "before = set(sys.modules)\n"
        f"import {component}.pytest_plugin\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True
    )

    assert set(done.stdout.split()) == {component, f"{component}.pytest_plugin"}


@pytest.mark.thorough
def test_a_failed_test_and_ctrl_c_leave_no_process(tmp_path: Path) -> None:
    (tmp_path / "test_endless.py").write_text(
        "import os, signal, threading\n"
        "from tests.testing.test_engine_misuse import endless\n"
        "def test_one(pulumi_engine):\n"
        "    timer = threading.Timer(3, os.kill, (os.getpid(), signal.SIGINT))\n"
        "    timer.start()\n"
        f"    pulumi_engine.stack(endless, environ={{'MARK_OF_TEST': {str(tmp_path)!r}}}).up()\n"
    )
    done = run_pytest(tmp_path)

    assert "KeyboardInterrupt" in done.stdout
    mark = f"MARK_OF_TEST={tmp_path}".encode()
    left = [
        entry for entry in Path("/proc").glob("[0-9]*/environ") if mark in _read(entry)
    ]
    assert left == []


def _read(entry: Path) -> bytes:
    try:
        return entry.read_bytes()
    except OSError:
        return b""
