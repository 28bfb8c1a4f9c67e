"""The fixtures where somebody has installed them: a new environment, types for checkers, the engine without ESA."""

import os
import resource
import shutil
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

import pytest

from pulumi_embedded_engine.testing import PulumiEngine
from stacks.prefetch.demo.settings import ROOT
from tests.support.engines import ESA_PREFETCH
from tests.testing.greeting import program
from tests.testing.page import write_page
from tests.testing.runs import run_pytest

pytestmark = pytest.mark.slow
SECONDS = 900
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# What the engine imports of the extra `cli`.
ENGINE_NEEDS = ("cryptography", "grpcio", "protobuf", "ruamel.yaml", "semver")


def run(*command: str | Path, cwd: Path = ROOT) -> str:
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def new_environment(place: Path, *wanted: str) -> Path:
    venv.create(place, symlinks=True, with_pip=True)
    python = place / "bin/python"
    run(python, "-m", "pip", "install", "--quiet", *wanted, cwd=place)
    return python


def wheel_of(source: Path, place: Path) -> Path:
    run(
        sys.executable,
        "-m",
        "hatchling",
        "build",
        "-t",
        "wheel",
        "-d",
        place,
        cwd=source,
    )
    (wheel,) = place.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python with the wheel, its extra, and what a careful project has beside them."""
    place = tmp_path_factory.mktemp("installed")
    wheel = wheel_of(ROOT, place / "wheel")
    return new_environment(
        place / "venv",
        f"{wheel}[testing]",
        "pytest-xdist",
        "mypy",
        "pyright",
        "alibabacloud_esa20240910>=3.16,<4",
    )


def test_the_page_works_in_a_fresh_project(installed: Path, tmp_path: Path) -> None:
    write_page(tmp_path)

    done = run_pytest(tmp_path, "-n", "4", python=str(installed))

    assert done.returncode == 0, done.stdout


def test_the_types_satisfy_mypy_and_pyright_at_their_strictest(
    installed: Path, tmp_path: Path
) -> None:
    # What a test of a program says of the fixtures; the provider of the page is untyped, as Pulumi's own examples.
    write_page(tmp_path, "test_launch.py")

    run(installed, "-m", "mypy", "--strict", "test_launch.py", cwd=tmp_path)
    pyright = installed.with_name("pyright")
    settings = '{"typeCheckingMode": "strict", "include": ["test_launch.py"]}'
    (tmp_path / "pyrightconfig.json").write_text(settings)
    if subprocess.run(
        [pyright, "--version"], capture_output=True, check=False
    ).returncode:
        pytest.skip("pyright cannot be had here")
    run(pyright, "--pythonpath", installed, cwd=tmp_path)


def test_the_engine_and_its_fixtures_need_nothing_of_esa(tmp_path: Path) -> None:
    source = tmp_path / "engine"
    shutil.copytree(
        ROOT / "components/pulumi_embedded_engine",
        source / "pulumi_embedded_engine",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    extra = PROJECT["optional-dependencies"]["cli"]
    needs = [one for one in extra if one.startswith(ENGINE_NEEDS)]
    (source / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "engine-alone"\nversion = "1"\n'
        f"dependencies = {[*needs, 'pulumi', 'pytest']!r}\n"
        "[project.entry-points.pytest11]\n"
        'engine = "pulumi_embedded_engine.pytest_plugin"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["pulumi_embedded_engine"]\n'
    )
    python = new_environment(tmp_path / "venv", str(wheel_of(source, tmp_path / "out")))
    work = tmp_path / "work"
    work.mkdir()
    write_page(work, "textfile.py", "test_textfile.py")

    done = run_pytest(work, python=str(python))
    listed = run(python, "-m", "pip", "list", cwd=work)

    assert done.returncode == 0, done.stdout
    assert "6 passed" in done.stdout
    assert "esa" not in listed.lower()


def test_a_life_costs_at_most_twice_what_the_command_takes(
    pulumi_engine: PulumiEngine, tmp_path: Path
) -> None:
    (tmp_path / "files").mkdir()
    stack = pulumi_engine.stack(
        program, config={"folder": str(tmp_path / "files"), "content": "hello"}
    )
    operations = ("preview", "up", "up", "refresh", "destroy")

    before = _seconds_used()
    for name in operations:
        getattr(stack, name)()
    fixture = _seconds_used() - before

    before = _seconds_used()
    for name in operations:
        confirmed = [] if name == "preview" else ["--yes", "--skip-preview"]
        subprocess.run(
            [ESA_PREFETCH, name, "--stack=test", "--non-interactive", *confirmed],
            cwd=stack.directory,
            env=os.environ | stack._environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=True,
        )
    command = _seconds_used() - before

    assert fixture <= 2 * command


def _seconds_used() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    used = [
        resource.getrusage(who)
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return sum(one.ru_utime + one.ru_stime for one in used)
