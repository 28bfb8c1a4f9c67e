"""docs/engine.md says what the commands, the engine's files and its exit codes are: held to the code here."""

import inspect
import os
import re
import subprocess
from pathlib import Path

import pulumi
import pytest

from pulumi_embedded_engine import errors
from tests.support.cli_recordings import EMBEDDED, CommandProject

PAGE = (Path(__file__).parents[1] / "docs" / "engine.md").read_text("utf-8")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
EVERYWHERE = {
    "--color",
    "--cwd",
    "--fully-qualify-stack-names",
    "--help",
    "--non-interactive",
    "--verbose",
}
# of the process, not of an engine's command
SHELL = {"130"}


def section(title: str) -> str:
    found = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def rows(title: str) -> list[list[str]]:
    lines = [line for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def commands() -> dict[str, set[str]]:
    return {
        cells[0].strip("`"): set(FLAG.findall(cells[1]))
        for cells in rows("Commands and their options")
        if cells[0].startswith("`")
    }


def helped(*words: str) -> str:
    done = subprocess.run(
        [*EMBEDDED, *words, "--help"],
        env=os.environ | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("command", list(commands()))
@pytest.mark.thorough
def test_the_page_names_each_option_of_a_command(command: str) -> None:
    offered = set(FLAG.findall(helped(*command.split())))

    assert offered - EVERYWHERE == commands()[command] - EVERYWHERE


def test_the_page_names_each_command() -> None:
    for group in ("stack", "config"):
        listed = set(re.findall(r"^│ (\w+)  ", helped(group), re.MULTILINE))
        assert {f"{group} {name}" for name in listed} == {
            name for name in commands() if name.startswith(f"{group} ")
        }


def test_the_page_names_each_resource_option_of_the_sdk() -> None:
    known = set(inspect.signature(pulumi.ResourceOptions.__init__).parameters) - {
        "self"
    }
    told = [set(re.findall(r"`(\w+)`", row[1])) for row in rows("Resource options")]

    done, left = (names for names in told if names)
    assert done | left == known
    assert not done & left


def test_the_page_names_each_exit_code_of_the_engine() -> None:
    codes = {
        str(value) for name, value in vars(errors).items() if isinstance(value, int)
    }

    told = {row[0] for row in rows("Exit codes") if row[0].isdigit()}

    assert told == codes | {"0"} | SHELL


def test_the_page_names_each_file_that_an_update_leaves(tmp_path: Path) -> None:
    project = CommandProject.make(tmp_path)
    project.init(EMBEDDED)
    done = project.run(EMBEDDED, "up", "--yes", "--skip-preview", "--stack", "dev")
    assert done.returncode == 0, done.stderr
    told = [
        row[0].strip("`").replace("PROJECT", "proj").replace("STACK", "dev")
        for row in rows("Files")
        if row[0].startswith("`")
    ]

    state = tmp_path / "state"
    left = [str(file.relative_to(state)) for file in state.rglob("*") if file.is_file()]

    assert left
    for file in left:
        assert any(
            file == name or (name.endswith("/") and file.startswith(name))
            for name in told
        ), file


@pytest.fixture
def project(tmp_path: Path) -> CommandProject:
    made = CommandProject.make(tmp_path)
    made.init(EMBEDDED)
    return made


LEFT = [
    ("up", "--exclude", "urn:pulumi:dev::proj::a:b:C::d", "--yes"),
    ("destroy", "-x", "urn:pulumi:dev::proj::a:b:C::d", "--yes"),
    ("preview", "--exclude-dependents"),
    ("refresh", "--run-program", "--yes"),
    ("destroy", "--run-program", "--yes"),
    ("up", "--json", "--yes", "--skip-preview"),
    ("refresh", "-j", "--yes"),
    ("destroy", "--json", "--yes"),
    ("up", "--output", "json", "--yes"),
    ("destroy", "--output=json", "--yes"),
    ("up", "--event-log", "events.json", "--yes"),
    ("config", "cp", "--dest", "other"),
    ("config", "refresh", "--force"),
    ("config", "set-all", "--plaintext", "a=b"),
    ("config", "rm-all", "a"),
    ("config", "env", "init"),
    ("stack", "init", "other", "--copy-config-from", "dev"),
    ("stack", "rename", "other"),
    ("state", "delete", "x"),
    ("import", "a:b:C", "d", "e"),
]


@pytest.mark.parametrize("words", LEFT, ids=" ".join)
def test_what_is_left_to_the_cli_is_one_sentence_that_names_it(
    project: CommandProject, words: tuple[str, ...]
) -> None:
    before = tree(project)

    done = project.run(EMBEDDED, *words)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert re.search(rf"use `pulumi {words[0]}\b", done.stderr)
    assert tree(project) == before


@pytest.mark.parametrize("command", ["refresh", "destroy"])
def test_a_variable_that_wants_the_program_run_is_one_sentence_too(
    project: CommandProject, command: str
) -> None:
    before = tree(project)

    with project.start(
        EMBEDDED,
        command,
        "--yes",
        PULUMI_RUN_PROGRAM="true",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        _, said = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "PULUMI_RUN_PROGRAM" in said
    assert f"use `pulumi {command}`" in said
    assert tree(project) == before


@pytest.mark.parametrize("toolchain", ["uv", "poetry"])
def test_another_toolchain_needs_a_python_to_be_named(
    project: CommandProject, toolchain: str
) -> None:
    file = project.root / "project/Pulumi.yaml"
    file.write_text(
        f"name: proj\nruntime:\n  name: python\n  options: {{toolchain: {toolchain}}}\n"
    )
    before = tree(project)

    done = project.run(EMBEDDED, "up", "--yes", "--skip-preview")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"toolchain: {toolchain}" in done.stderr
    assert "PULUMI_PYTHON_CMD" in done.stderr
    assert tree(project) == before


def tree(project: CommandProject) -> dict[str, bytes]:
    places = (project.root / "state", project.root / "project")
    files = [file for place in places for file in place.rglob("*") if file.is_file()]
    return {str(file): file.read_bytes() for file in files}
