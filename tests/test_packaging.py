"""What users get, the sources and the wheel made of them: what is in it, what is not, names and version."""

import json
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import pulumi_esa_prefetch
from stacks.prefetch.demo.settings import shielded
from tests.support.engines import ENGINES

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sdist")
    run("hatchling", "build", "--target=sdist", f"--directory={place}")
    (path,) = place.glob("*.tar.gz")
    return path


@pytest.fixture(scope="module")
def sources(sdist: Path) -> set[str]:
    with tarfile.open(sdist) as archive:
        return {name.partition("/")[2] for name in archive.getnames()}


@pytest.fixture(scope="module")
def wheel_file(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("wheel")
    alone = ["--no-deps", "--no-build-isolation"]
    run("pip", "wheel", "--quiet", *alone, f"--wheel-dir={place}", str(sdist))
    (path,) = place.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def wheel(wheel_file: Path) -> list[str]:
    with zipfile.ZipFile(wheel_file) as archive:
        return archive.namelist()


def run(*module: str) -> None:
    subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=True, timeout=300)


def files_of_the_makefile() -> Iterator[set[str]]:
    """Each file that it runs, by all the names that it may have."""
    text = (ROOT / "Makefile").read_text()
    for file in re.findall(r"\.ci/[\w.]+", text):
        yield {file}
    for module in re.findall(r"-m ((?:stacks|tests)[\w.]*)", text):
        path = module.replace(".", "/")
        yield {f"{path}.py", f"{path}/__main__.py"}


def test_the_sources_hold_every_file_that_the_makefile_runs(sources: set[str]) -> None:
    needed = list(files_of_the_makefile())

    assert {".ci/environment.py"} in needed
    assert [names for names in needed if not names & sources] == []


def test_the_sources_hold_all_that_is_needed_to_work_on_them(sources: set[str]) -> None:
    needed = {"Makefile", "Pulumi.yaml", "pyproject.toml", "LICENSE", "CHANGELOG.md"}
    folders = {".ci", ".github", "components", "docs", "policy", "stacks", "tests"}

    assert needed <= sources
    assert folders <= {name.partition("/")[0] for name in sources}


def test_the_sources_hold_nothing_of_this_machine(sources: set[str]) -> None:
    left = {".git", ".venv", ".local", ".mypy_cache", ".coverage", "__pycache__"}

    assert [name for name in sources if left.intersection(name.split("/"))] == []


def test_the_wheel_holds_the_package_its_types_and_its_licence(
    wheel: list[str],
) -> None:
    components = {name.split("/")[0] for name in wheel if ".dist-info" not in name}
    assert {f"{name}/py.typed" for name in components} <= set(wheel)
    assert "pulumi_esa_prefetch/provider/hooks.py" in wheel
    assert any(name.endswith("licenses/LICENSE") for name in wheel)


def test_the_wheel_holds_nothing_but_the_four_components(wheel: list[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}

    assert tops == {
        "pulumi_embedded_engine",
        "pulumi_esa_cli",
        "pulumi_esa_emulator",
        "pulumi_esa_prefetch",
        f"pulumi_esa_prefetch-{PROJECT['version']}.dist-info",
    }


def test_the_wheel_holds_the_schema_and_no_plugin_for_the_path(
    wheel: list[str],
) -> None:
    assert "pulumi_esa_prefetch/native/schema.json" in wheel
    # The CLI warns on every command if such a script is on PATH.
    scripts = PROJECT["scripts"]
    assert [name for name in scripts if name.startswith("pulumi-")] == []


def test_the_sources_hold_the_plugins_folder_and_not_its_environment(
    sources: set[str],
) -> None:
    found = {name for name in sources if name.startswith("plugin/")}

    assert {"plugin/PulumiPlugin.yaml", "plugin/__main__.py"} <= found
    assert not [name for name in found if "venv" in name]


def test_the_wheel_says_that_it_brings_no_plugin(wheel_file: Path) -> None:
    with zipfile.ZipFile(wheel_file) as archive:
        said = json.loads(archive.read("pulumi_esa_prefetch/pulumi-plugin.json"))

    assert said == {"resource": False, "name": "esa-prefetch"}


def test_pulumi_looks_for_no_plugin_of_an_editable_install(tmp_path: Path) -> None:
    assert "esa-prefetch" not in plugins_that_pulumi_wants(tmp_path, sys.prefix)


@pytest.mark.slow
def test_pulumi_looks_for_no_plugin_of_an_installed_wheel(
    tmp_path: Path, wheel_file: Path
) -> None:
    place = tmp_path / "venv"
    venv.create(place, symlinks=True, with_pip=True)
    alone = ["--no-deps", "--no-index", str(wheel_file)]
    run("pip", f"--python={place}/bin/python", "--quiet", "install", *alone)

    assert "esa-prefetch" not in plugins_that_pulumi_wants(tmp_path, str(place))


def plugins_that_pulumi_wants(root: Path, environment: str) -> set[str]:
    """The names of the plugins that the `pulumi` command wants for a program in an environment."""
    pulumi = ENGINES["pulumi"]
    if pulumi is None:
        pytest.skip("the pulumi command is not on PATH")
    runtime = {"name": "python", "options": {"virtualenv": environment}}
    project = {"name": "wants", "runtime": runtime}
    (root / "Pulumi.yaml").write_text(json.dumps(project))
    (root / "__main__.py").touch()
    (root / "state").mkdir()
    own = {
        "PULUMI_BACKEND_URL": (root / "state").as_uri(),
        "PULUMI_HOME": str(root / "home"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
    }

    done = subprocess.run(
        [pulumi, "about", "--json"],
        cwd=root,
        env=shielded(os.environ, own),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    names = {plugin["name"] for plugin in json.loads(done.stdout)["plugins"]}
    assert "python" in names, done.stdout
    return names


def test_the_installed_version_is_that_of_pyproject() -> None:
    assert version("pulumi-esa-prefetch") == PROJECT["version"]


def test_the_changelog_begins_with_the_version_of_pyproject() -> None:
    headings = re.findall(
        r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )

    assert headings[0] == PROJECT["version"]


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
        "'pulumi_embedded_engine', 'pulumi_esa_emulator', 'pulumi_esa_cli'))))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert done.stdout.split() == []
