"""Resources of a native provider in Python, on both engines: how it is found, what it is asked, what is recorded."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli_recordings import EMBEDDED, SECONDS
from tests.support.native_project import NativeProject

Engine = Sequence[str]
UP = ("up", "--yes", "--skip-preview", "--non-interactive", "--color", "never")
PREVIEW = ("preview", "--non-interactive", "--color", "never")
REFRESH = ("refresh", "--yes", "--skip-preview", "--non-interactive")
A = "Box('a', size=1, zone='x', tags={'release': '1'})\n"


@pytest.fixture
def project(tmp_path: Path, engine: Engine) -> NativeProject:
    made = NativeProject.make(tmp_path)
    made.init(engine)
    return made


def run(project: NativeProject, engine: Engine, *words: str, code: int = 0) -> str:
    done = project.run(engine, *words)
    output = done.stdout + done.stderr
    assert done.returncode == code, output
    return output


def asked(project: NativeProject) -> list[str]:
    return sorted(row["method"] for row in project.requests())


@pytest.mark.parametrize(
    "named",
    [
        "packages:\n  box: ./plugin\n",
        "packages:\n  box: {source: ./plugin}\n",
        "plugins:\n  providers:\n    - {name: box, path: plugin}\n",
    ],
)
@pytest.mark.thorough
def test_a_plugin_is_found_by_the_folder_that_pulumi_yaml_names(
    project: NativeProject, engine: Engine, named: str
) -> None:
    project.describe(named)
    project.program(A)

    run(project, engine, *UP)

    assert project.record("a")["id"] == "id-a"
    (started,) = (r for r in project.log() if r["method"] == "started")
    assert started["python"] == str(project.plugin / "venv/bin/python")
    assert started["cwd"] == str(project.root / "project")


@pytest.mark.thorough
def test_a_plugin_gets_the_configuration_of_its_package(
    project: NativeProject, engine: Engine
) -> None:
    project.configure(
        engine,
        [("box:region", "eu"), ("box:token", "s3cret", True), ("proj:other", "1")],
    )
    project.program(A)

    run(project, engine, *UP)

    (started,) = (r for r in project.log() if r["method"] == "started")
    known = {"region": "eu", "token": "s3cret"}
    assert json.loads(started["environ"]["PULUMI_CONFIG"]) == known
    assert started["environ"]["PULUMI_PROJECT"] == "proj"
    (checked,), (configured,) = map(project.requests, ("CheckConfig", "Configure"))
    assert checked["news"] == known
    assert configured["args"]["region"] == "eu"
    assert configured["args"]["token"]["value"] == "s3cret"
    assert configured["variables"] == {
        "box:config:region": "eu",
        "box:config:token": "s3cret",
    }
    assert configured["name"] == "default"
    assert configured["type"] == "pulumi:providers:box"
    assert re.fullmatch("[0-9a-f-]{36}", configured["id"])
    resources = project.deployment()["resources"]
    (record,) = (r for r in resources if r["type"] == "pulumi:providers:box")
    assert record["inputs"]["region"] == record["outputs"]["region"] == "eu"
    assert "ciphertext" in record["inputs"]["token"]
    assert record["id"] == configured["id"]


def test_a_plugin_is_introduced_and_asked_as_by_the_cli(
    project: NativeProject, engine: Engine
) -> None:
    times = "CustomTimeouts(create='7s', update='8s', delete='9s')"
    timed = f"Box('a', size={{}}, opts=ResourceOptions(custom_timeouts={times}))"
    project.program(timed.format(1))
    run(project, engine, *UP)
    first = asked(project)
    (shaken,) = project.requests("Handshake")
    (created,) = project.requests("Create")
    project.forget()
    project.program(timed.format(2))
    run(project, engine, *UP)
    second = asked(project)
    (updated,) = project.requests("Update")
    (compared,) = project.requests("Diff")
    project.forget()
    run(project, engine, "destroy", "--yes", "--skip-preview", "--non-interactive")
    (deleted,) = project.requests("Delete")

    assert first == ["Cancel", "Check", "CheckConfig", "Configure", "Create"]
    assert second == sorted([*first[:-1], "Diff", "DiffConfig", "Update"])
    assert shaken["rootDirectory"] == shaken["programDirectory"] == str(project.plugin)
    assert (created["timeout"], created.get("preview")) == (7, None)
    assert (updated["timeout"], deleted["timeout"]) == (8, 9)
    for request in (updated, compared):
        assert request["oldInputs"] == {"label": "a", "size": 1}
        assert request["olds"]["serial"] == 1
    assert deleted["oldInputs"] == {"label": "a", "size": 2}


@pytest.mark.thorough
def test_a_preview_asks_for_outputs_and_shows_each_changed_property(
    project: NativeProject, engine: Engine
) -> None:
    project.program(A)
    run(project, engine, *UP)
    project.forget()
    project.program(A.replace("'release': '1'", "'release': '2', 'by': 'me'"))

    text = run(project, engine, *PREVIEW)
    detail = run(project, engine, *PREVIEW, "--diff")
    shown = json.loads(project.run(engine, *PREVIEW, "--json").stdout)

    assert all(request["preview"] for request in project.requests("Update"))
    assert "[diff: ~tags]" in text
    assert '+ by     : "me"' in detail
    assert '~ release: "1" => "2"' in detail
    assert "zone" not in detail
    project.program("Box('a', size=1, zone='x')\n")
    assert "[diff: -tags]" in run(project, engine, *PREVIEW)
    step = next(s for s in shown["steps"] if s["urn"].endswith("::a"))
    assert step["detailedDiff"] == {
        "tags.by": {"kind": "add", "inputDiff": True},
        "tags.release": {"kind": "update", "inputDiff": True},
    }


@pytest.mark.thorough
def test_a_partial_failure_is_recorded_and_updated_by_the_next_run(
    project: NativeProject, engine: Engine
) -> None:
    project.program(A)
    project.control(unready={"create": {"a": ["no answer", "look again"]}})
    said = run(project, engine, *UP, code=1)
    created = project.record("a")
    detail = run(project, engine, *PREVIEW, "--diff")
    project.control(unready={"update": {"a": ["not yet"]}}, recorded={"size": 77})
    project.program(A.replace("size=1", "size=2"))
    again = run(project, engine, *UP, code=1)
    updated = project.record("a")
    project.control()
    run(project, engine, *UP)
    last = project.record("a")

    assert "error: 2 errors occurred:\n" in said
    assert "* no answer\n" in said
    assert "* look again\n" in said
    assert created["initErrors"] == ["no answer", "look again"]
    assert created["outputs"]["state"] == "waiting"
    assert re.search(r"~ box:index:Box: \(update\)(\n.*){3}label: +\"a\"", detail)
    assert "* not yet\n" in again
    # the old inputs stay: what the provider says about inputs is not taken
    assert updated["inputs"]["size"] == 1
    assert updated["outputs"]["size"] == 2
    assert updated["initErrors"] == ["not yet"]
    assert "initErrors" not in last
    assert last["inputs"]["size"] == 2


@pytest.mark.thorough
def test_a_refresh_records_what_is_not_ready_and_what_is_ready_again(
    project: NativeProject, engine: Engine
) -> None:
    project.program(A)
    run(project, engine, *UP)
    project.control(unready={"read": {"a": ["cold", "wet"]}})
    said = run(project, engine, *REFRESH)
    unready = project.record("a")
    project.control()
    run(project, engine, *REFRESH)

    assert "Refreshed resource is in an unhealthy state:\n" in said
    assert re.search(r"\* cold\n *\* wet\n", said)
    assert unready["initErrors"] == ["cold", "wet"]
    assert "initErrors" not in project.record("a")


DYNAMIC = """
import pulumi.dynamic
class Maker(pulumi.dynamic.ResourceProvider):
    serialize_as_secret_always = False
    def create(self, props):
        outputs = {**props, "old_serial": 1}
        return pulumi.dynamic.CreateResult("id-" + props["label"], outputs)
    def diff(self, id_, olds, news):
        return pulumi.dynamic.DiffResult(changes=True, replaces=["label"])
class Old(pulumi.dynamic.Resource, module="box", name="Box"):
    def __init__(self, name, opts=None, **props):
        props = {"label": name, "old_serial": None, **props}
        super().__init__(Maker(), name, props, opts)
def renamed(type_):
    return ResourceOptions(aliases=[pulumi.Alias(type_=type_)])
"""
OLD = "Old('a', size=1, opts=renamed('box:index:Box'))\n"
MOVED = "Box('a', size=1, opts=renamed('pulumi-python:dynamic/box:Box'))\n"


@pytest.mark.thorough
def test_a_dynamic_resource_becomes_a_native_one_by_its_alias(
    project: NativeProject, engine: Engine
) -> None:
    project.program(DYNAMIC + OLD)
    run(project, engine, *UP)
    project.program(DYNAMIC + MOVED)

    said = run(project, engine, *UP)

    assert "2 unchanged" in said
    started = ["Cancel", "Check", "CheckConfig", "Configure"]
    assert asked(project) == [*started, "Diff", "DiffConfig"]
    assert project.record("a")["id"] == "id-a"
    assert project.record("a")["outputs"]["old_serial"] == 1
    assert types(project) == {
        "pulumi:pulumi:Stack",
        "pulumi:providers:box",
        "box:index:Box",
    }


@pytest.mark.thorough
def test_a_native_resource_becomes_a_dynamic_one_by_a_replacement(
    project: NativeProject, engine: Engine
) -> None:
    project.program(DYNAMIC + MOVED)
    run(project, engine, *UP)
    project.program(DYNAMIC + OLD)

    said = run(project, engine, *UP)

    assert "+-1 replaced" in said
    assert len(project.requests("Delete")) == 1
    assert types(project) == {
        "pulumi:pulumi:Stack",
        "pulumi:providers:pulumi-python",
        "pulumi-python:dynamic/box:Box",
    }


@pytest.mark.thorough
def test_a_native_provider_may_ask_for_the_replacement_of_what_is_moved_to_it(
    project: NativeProject, engine: Engine
) -> None:
    project.program(DYNAMIC + OLD)
    run(project, engine, *UP)
    project.program(DYNAMIC + MOVED)
    project.control(moved=True)

    said = run(project, engine, *UP)

    assert "+-1 replaced" in said
    assert len(project.requests("Create")) == 1


def types(project: NativeProject) -> set[str]:
    return {record["type"] for record in project.state()["resources"]}


@pytest.mark.thorough
def test_an_import_takes_over_what_is_read(
    project: NativeProject, engine: Engine
) -> None:
    imported = "Box('a', size={}, opts=ResourceOptions(import_='id-a'))"
    project.program(imported.format(1))
    project.control(gone=["id-a"])
    missing = run(project, engine, *UP, code=1)
    project.control(remote={"id-a": {"size": 2}})
    differs = run(project, engine, *PREVIEW)
    project.program(imported.format(2))
    said = run(project, engine, *UP)
    after = run(project, engine, *PREVIEW, "--expect-no-changes")

    assert "resource 'id-a' does not exist" in missing
    assert "[diff: ~size]" in differs
    assert "= 1 imported" in said
    assert "unchanged" in after
    assert project.record("a")["importID"] == "id-a"
    assert project.record("a")["inputs"] == {"label": "a", "size": 2}


@pytest.mark.thorough
def test_a_function_answers_and_its_failure_names_it(
    project: NativeProject, engine: Engine
) -> None:
    project.program(
        "b = Box('b')\n"
        "found = pulumi.runtime.invoke('box:index:find', {'x': 1})\n"
        "later = pulumi.runtime.invoke_output('box:index:find', {'x': b.label})\n"
        "pulumi.export('answer', found.value['answer'])\n"
        "pulumi.export('later', later)\n"
    )
    run(project, engine, *UP)
    stack = project.record("proj-dev")["outputs"]
    project.program("pulumi.runtime.invoke('box:index:find', {'raise': 1})")
    raised = run(project, engine, *UP, code=1)
    project.program("pulumi.runtime.invoke('box:index:find', {'refuse': 1})")
    refused = run(project, engine, *UP, code=1)

    assert stack["answer"] == 42
    assert stack["later"]["x"] == "b"
    assert (
        "invocation of box:index:find returned an error: no box of that name" in raised
    )
    assert "invoke of box:index:find failed: refused (refuse)" in refused


def attached(project: NativeProject) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(project.plugin), "127.0.0.1:1"],
        env=project.environ(),
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_plugin_that_somebody_else_started_is_attached(
    project: NativeProject, engine: Engine
) -> None:
    project.program(A)
    with attached(project) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()
            variables: dict[str, Any] = {"PULUMI_DEBUG_PROVIDERS": f"box:{port}"}
            with project.start(engine, *UP, **variables) as running:
                assert running.wait(60) == 0
            assert process.poll() is None
        finally:
            process.kill()

    methods = [row["method"] for row in project.log()]
    assert methods.count("started") == methods.count("Attach") == 1
    assert project.record("a")["id"] == "id-a"


MANY = "for number in range(9):\n    Box(f'b{number}', size=1)\n"


def test_an_interrupt_reaches_the_provider_and_what_runs_is_recorded(
    project: NativeProject, engine: Engine
) -> None:
    gate = project.root / "gate"
    project.control(gate=str(gate))
    project.program(MANY)
    with project.start(engine, *UP, "--parallel", "2", start_new_session=True) as run:
        wait_for(lambda: project.methods().count("creating") == 2)
        run.send_signal(signal.SIGINT)
        wait_for(lambda: "Cancel" in project.methods())
        gate.touch()
        code = run.wait(60)

    assert code not in (0, None)
    state = project.state()
    made = [r["id"] for r in state["resources"] if r["type"] == "box:index:Box"]
    assert len(made) == len(project.requests("Create")) == 2
    assert state["pending_operations"] == []


def test_as_many_calls_run_at_once_as_parallel_allows(
    project: NativeProject, engine: Engine
) -> None:
    gate = project.root / "gate"
    project.control(gate=str(gate))
    project.program(MANY)

    with project.start(engine, *UP, "--parallel", "8") as run:
        wait_for(lambda: project.methods().count("creating") == 8)
        gate.touch()
        assert run.wait(60) == 0

    assert max(row["now"] for row in project.log() if "now" in row) == 8


def wait_for(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


LEFT = {
    "git": (
        "packages:\n  box: github.com/someone/box@v1\n",
        "",
        "comes from github.com/someone/box",
    ),
    "registry": ("packages:\n  box: someone/box\n", "", "comes from someone/box"),
    "nodejs": (
        "packages:\n  box: ./plugin\n",
        "runtime: nodejs\n",
        "has the runtime 'nodejs'",
    ),
    "uv": (
        "packages:\n  box: ./plugin\n",
        "runtime: {name: python, options: {toolchain: uv}}\n",
        "has the toolchain 'uv'",
    ),
}


@pytest.mark.parametrize("kind", LEFT)
@pytest.mark.thorough
def test_a_plugin_that_only_the_cli_runs_is_one_sentence_that_names_it(
    tmp_path: Path, kind: str
) -> None:
    named, described, expected = LEFT[kind]
    project = NativeProject.make(tmp_path)
    project.init(EMBEDDED)
    project.describe(named)
    if described:
        (project.plugin / "PulumiPlugin.yaml").write_text(described)
    project.program(A)

    said = run(project, EMBEDDED, *UP, code=1)

    (line,) = {line for line in said.splitlines() if line.startswith("    error: ")}
    assert expected in line
    assert line.endswith("use the pulumi CLI")


@pytest.mark.thorough
def test_without_a_venv_of_its_own_the_programs_python_runs_the_plugin(
    tmp_path: Path,
) -> None:
    project = NativeProject.make(tmp_path)
    project.init(EMBEDDED)
    (project.plugin / "venv").unlink()
    project.program(A)

    run(project, EMBEDDED, *UP)

    (started,) = (r for r in project.log() if r["method"] == "started")
    assert started["python"] == sys.executable
    main = project.plugin / "__main__.py"
    main.write_text("import not_there\n" + main.read_text())
    said = run(project, EMBEDDED, *UP, code=1)
    assert "No module named 'not_there'" in said
    assert "`pulumi install` makes one" in said


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    project = NativeProject.make(tmp_path)
    project.init(EMBEDDED)
    project.describe("packages:\n  box: ./nowhere\n")
    project.program(A)

    said = run(project, EMBEDDED, *UP, code=1)

    assert "names './nowhere' as the folder of the package 'box'" in said
