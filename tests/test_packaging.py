"""The wheel that users install: what is in it, what is not, and that its names and version agree."""

import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import pulumi_esa_prefetch

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    place = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
    ]
    subprocess.run(
        [*command, f"--wheel-dir={place}", str(ROOT)], check=True, timeout=300
    )
    (path,) = place.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_the_wheel_holds_the_package_its_types_and_its_licence(
    wheel: list[str],
) -> None:
    assert "pulumi_esa_prefetch/py.typed" in wheel
    assert "pulumi_esa_prefetch/provider/hooks.py" in wheel
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_the_wheel_holds_nothing_but_the_package(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}

    assert tops == {
        "pulumi_esa_prefetch",
        f"pulumi_esa_prefetch-{PROJECT['version']}.dist-info",
    }


def test_the_installed_version_is_that_of_pyproject() -> None:
    assert version("pulumi-esa-prefetch") == PROJECT["version"]


def test_the_command_is_called_esa_prefetch() -> None:
    (command,) = entry_points(group="console_scripts", name="esa-prefetch")

    assert callable(command.load())


def test_the_public_names_exist_and_are_sorted() -> None:
    names = pulumi_esa_prefetch.__all__

    assert sorted(names) == list(names)
    assert all(hasattr(pulumi_esa_prefetch, name) for name in names)


def test_importing_the_package_imports_neither_pulumi_alicloud_nor_the_engine() -> None:
    program = (
        "import sys, pulumi_esa_prefetch as p; [getattr(p, n) for n in p.__all__]; "
        "print(*(n for n in sys.modules if n.startswith(('pulumi_alicloud', "
        "'pulumi_esa_prefetch.engine', 'pulumi_esa_prefetch.emulator', 'pulumi_esa_prefetch.cli'))))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert done.stdout.split() == []
