"""The programs of docs/languages.md, run by the `pulumi` command as they stand; what is missing is skipped by name."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import pytest

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
from pulumi_esa_prefetch.native.schema import schema_text
from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.engines import ENGINES
from tests.support.faces import make_plugin
from tests.support.local_esa import Document, Esa, job, plan, seed
from tests.support.throwaway_stack import Stack

PAGE = (ROOT / "docs/languages.md").read_text()
PLAN, JOB = "665d3b48621bccf3fe29e1a7", "665d3af3621bccf3fe29e1a4"
PLUGIN_IN_DOCS: Final = "../pulumi-esa-prefetch/plugin"
TYPE: Final = "esa-prefetch:index:ScheduledPrefetch"
KEY = StaticCredentials(Credentials("emulator-key", "emulator-secret"))

PACKAGE_JSON = {
    "name": "launch",
    "main": "index.ts",
    "devDependencies": {"@types/node": "^22", "typescript": "^5"},
    "dependencies": {"@pulumi/pulumi": "^3.142.0"},
}
COMPILER = {
    "strict": True,
    "target": "es2020",
    "module": "commonjs",
    "moduleResolution": "node",
}
GO_MOD = (
    "module launch\n\ngo 1.23\n\nrequire github.com/pulumi/pulumi/sdk/v3 v3.200.0\n"
)


def program(heading: str, tag: str) -> str:
    """The program below this line of the page."""
    _, _, after = PAGE.partition(f"\n{heading}")
    found = re.search(rf"```{tag}\n(.*?)```", after, re.DOTALL)
    assert found is not None
    return found[1]


PROGRAMS = {
    "yaml": program("YAML, the whole", "yaml"),
    "nodejs": program("TypeScript:", "typescript"),
    "python": program("Python, native:", "python"),
    "go": program("Go, whose", "go"),
}
FILES = {
    "yaml": "Pulumi.yaml",
    "nodejs": "index.ts",
    "python": "__main__.py",
    "go": "main.go",
}
TOOLS = {"yaml": [], "nodejs": ["node", "npm"], "python": [], "go": ["go"]}
REGISTRIES = {
    "yaml": "pypi.org",
    "nodejs": "registry.npmjs.org",
    "python": "pypi.org",
    "go": "proxy.golang.org",
}


@pytest.fixture
def esa(emulator: Emulators) -> Esa:
    return emulator(declared(PLAN))


def declared(*ids: str) -> Document:
    """A seed with the job of the page and these plans."""
    plans = [plan(1, "stopped") | {"Id": each} for each in ids]
    return seed(job(1, plans) | {"Id": JOB})


@pytest.fixture
def needs() -> Callable[[str], str]:
    def look(language: str) -> str:
        """Skip if something is missing; the CLI's path."""
        command = ENGINES["pulumi"]
        if command is None:
            pytest.skip("the pulumi command is not on PATH")
        for tool in [f"pulumi-language-{language}", *TOOLS[language]]:
            if shutil.which(tool) is None:
                pytest.skip(f"{tool} is not on PATH")
        return command

    return look


def needs_registry(language: str) -> None:
    for host in {REGISTRIES[language], "pypi.org"}:
        if any(name in os.environ for name in ("HTTPS_PROXY", "https_proxy")):
            return
        try:
            socket.create_connection((host, 443), timeout=10).close()
        except OSError:
            pytest.skip(f"{host} does not answer")


@pytest.fixture
def lives(tmp_path: Path, esa: Esa) -> Callable[[str, str], "Life"]:
    return lambda command, language: Life(tmp_path, command, language, esa)


class Life:
    """One program and its stack."""

    def __init__(self, root: Path, command: str, language: str, esa: Esa) -> None:
        self.esa = esa
        self.stack = Stack(root / "stack", command, esa.endpoint)
        self.folder = root / "stack/project"
        self.file = self.folder / FILES[language]
        shutil.rmtree(self.folder / "program")
        text = PROGRAMS[language].replace(PLUGIN_IN_DOCS, "../plugin")
        self.text = text.replace("name: launch", "name: esa-prefetch")
        runtime = f"name: esa-prefetch\nruntime: {language}\n"
        (self.folder / "Pulumi.yaml").write_text(runtime)
        self.file.write_text(self.text)
        self.stack.variables |= {
            name: os.environ[name]
            for name in ("GOPATH", "GOMODCACHE", "GOCACHE", "GOPROXY")
            if name in os.environ
        }

    def write(self, **files: object) -> None:
        """Write files of the project, by names with `_` for their dot."""
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (self.folder / name.replace("_", ".")).write_text(text)

    def declare(self, release: str) -> None:
        """Change the trigger."""
        self.file.write_text(self.text.replace("1.4.0", release))

    def printed(self) -> object:
        """The stack's outputs."""
        return json.loads(self.stack.check("stack", "output", "--json").output)

    def live(self) -> None:
        """Up, no change, drift, trigger, destroy."""
        stack, esa = self.stack, self.esa

        stack.up()
        assert self.printed() == {"status": "running", "starts": 1}
        assert stack.is_settled()

        with EsaClient(esa.endpoint, KEY) as client:
            client.stop_scheduled_preload_execution(plan_id=PLAN)
        assert "started again: this stack started it" in stack.up("--refresh").output

        self.declare("1.5.0")
        preview = stack.check("preview", "--diff").output
        assert '~ release: "1.4.0" => "1.5.0"' in preview
        assert "~ starts: 2 => 3" in preview
        stack.up()
        assert esa.effective_starts(PLAN) == 3
        assert stack.is_settled()

        stack.check("destroy", "--yes", "--skip-preview")
        assert esa.status(PLAN) == "stopped"
        assert esa.effective_starts(PLAN) == 3


def test_the_programs_are_as_short_as_the_page_says() -> None:
    lengths = {n: len([x for x in t.splitlines() if x]) for n, t in PROGRAMS.items()}

    assert {n: lengths[n] <= 12 for n in ("yaml", "nodejs", "python")} == {
        "yaml": True,
        "nodejs": True,
        "python": True,
    }


def test_the_dynamic_program_runs_and_is_as_short(esa: Esa, stack: Stacks) -> None:
    dynamic = stack(esa)
    text = program("Python, dynamic:", "python")
    dynamic.write_program(text)

    dynamic.up()

    assert len([line for line in text.splitlines() if line]) <= 12
    assert dynamic.printed_outputs() == {"status": "running", "starts": 1}


def test_a_yaml_program_lives(
    needs: Callable[[str], str], lives: Callable[[str, str], Life], tmp_path: Path
) -> None:
    life = lives(needs("yaml"), "yaml")
    make_plugin(tmp_path / "stack/plugin")

    life.live()


def test_a_plan_is_imported_without_a_call_that_changes_it(
    needs: Callable[[str], str],
    lives: Callable[[str, str], Life],
    tmp_path: Path,
    esa: Esa,
) -> None:
    life = lives(needs("yaml"), "yaml")
    make_plugin(tmp_path / "stack/plugin")
    head = life.text.partition("resources:")[0]
    life.file.write_text(head)
    with EsaClient(esa.endpoint, KEY) as client:
        client.start_scheduled_preload_execution(plan_id=PLAN)
    before = esa.changes()

    done = life.stack.check(
        "import", TYPE, "launch", f"{JOB}:{PLAN}", "--yes", "--protect=false"
    )

    code = re.search(r"^resources:\n(?:  .*\n)+", done.output, re.MULTILINE)
    assert code is not None
    life.file.write_text(head + code[0])
    assert life.stack.is_settled()
    assert esa.changes() == before


def test_a_plan_that_is_gone_is_not_imported(
    needs: Callable[[str], str], lives: Callable[[str, str], Life], tmp_path: Path
) -> None:
    life = lives(needs("yaml"), "yaml")
    make_plugin(tmp_path / "stack/plugin")

    done = life.stack.run("import", TYPE, "launch", f"{JOB}:{'0' * 24}", "--yes")

    assert done.code != 0
    assert f"the job has the plans {PLAN}" in done.output
    assert life.stack.records() == {}


MORE = """
  last:
    type: esa-prefetch:ScheduledPrefetch
    properties: { planId: "%s:%s", triggers: { key: { fn::secret: hidden-word } } }
    options: { dependsOn: ["${launched}"] }
outputs:
  status: ${plan.status}
  plans: ${plans.plans}
  finish: ${load.finish}
  ready: ${season.ready}
  launched: ${launched.status}
"""
GET_PLAN = """
  plan:
    fn::invoke: { function: esa-prefetch:getPlan, arguments: { planId: "${launch.id}" } }
"""


def test_components_and_functions_of_a_yaml_program(
    needs: Callable[[str], str],
    tmp_path: Path,
    emulator: Emulators,
) -> None:
    ids = [PLAN, PLAN[:-1] + "8", PLAN[:-1] + "9"]
    esa = emulator(declared(*ids))
    life = Life(tmp_path, needs("yaml"), "yaml", esa)
    make_plugin(tmp_path / "stack/plugin")
    launch = life.text.partition("outputs:")[0]
    functions, _, resources = program("## Functions and", "yaml").partition(
        "resources:"
    )
    life.file.write_text(
        launch.rstrip()
        + resources.rstrip()
        + MORE % (JOB, ids[2])
        + functions
        + GET_PLAN
    )

    life.stack.check("preview")
    assert esa.changes() == 0
    life.stack.up()

    assert sorted(life.stack.records()) == ["last", "launch", "season-day-1"]
    records = life.stack.records()
    assert records["season-day-1"]["parent"].endswith("PrefetchCampaign::season")
    assert len({record["provider"] for record in records.values()}) == 1
    outputs = life.stack.printed_outputs()
    assert (outputs["status"], outputs["launched"]) == ("running", "running")
    assert [each["planId"] for each in outputs["plans"]] == ids
    assert outputs["finish"].endswith("Z")
    assert "hidden-word" not in life.stack.checkpoint().read_text()
    assert life.stack.is_settled()
    assert esa.starts() == 3
    life.stack.check("destroy", "--yes", "--skip-preview")
    assert {esa.status(each) for each in ids} == {"stopped"}


@pytest.mark.parametrize("language", ["python", "nodejs", "go"])
def test_an_sdk_is_made_without_a_warning(
    needs: Callable[[str], str], language: str, tmp_path: Path
) -> None:
    command = needs(language)
    (tmp_path / "schema.json").write_text(schema_text("0.1.0"))

    done = subprocess.run(
        [command, "package", "gen-sdk", "schema.json", f"--language={language}"],
        cwd=tmp_path,
        env=os.environ | {"PULUMI_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "warning" not in said.lower()
    made = [path for path in (tmp_path / "sdk").rglob("*") if path.is_file()]
    names = {path.stem.replace("_", "").lower() for path in made}
    assert {"scheduledprefetch", "prefetchcampaign", "getplans", "forecast"} <= names


PROJECTS: Final[Mapping[str, Mapping[str, object]]] = {
    "yaml": {},
    "nodejs": {
        "package_json": PACKAGE_JSON,
        "tsconfig_json": {"compilerOptions": COMPILER, "files": ["index.ts"]},
    },
    "python": {
        "Pulumi_yaml": "name: esa-prefetch\nruntime:\n  name: python\n  options: { virtualenv: venv }\n",
        "requirements_txt": "pulumi>=3.272,<4\n",
    },
    "go": {"go_mod": GO_MOD},
}


@pytest.mark.slow
@pytest.mark.parametrize("language", ["nodejs", "python", "go"])
def test_a_program_lives_on_the_sdk_that_package_add_makes(
    needs: Callable[[str], str],
    lives: Callable[[str, str], Life],
    tmp_path: Path,
    language: str,
) -> None:
    command = needs(language)
    needs_registry(language)
    life = lives(command, language)
    life.write(**PROJECTS[language])
    # A folder that is not in the clone, so that the clone stays as it is.
    folder = tmp_path / "stack/plugin"
    folder.mkdir()
    for name in ("PulumiPlugin.yaml", "__main__.py"):
        shutil.copy(ROOT / "plugin" / name, folder)
    (folder / "requirements.txt").write_text(f"-e {ROOT}\n")

    added = life.stack.run("package", "add", "../plugin", seconds=900)

    assert added.code == 0, added.output
    assert not re.search(r"^\W*warning", added.output, re.IGNORECASE | re.MULTILINE)
    life.live()


@pytest.mark.slow
def test_the_schema_of_the_plugins_folder_is_that_of_the_package(
    needs: Callable[[str], str], tmp_path: Path, lives: Callable[[str, str], Life]
) -> None:
    life = lives(needs("python"), "python")
    needs_registry("python")
    folder = tmp_path / "stack/plugin"
    folder.mkdir()
    for name in ("PulumiPlugin.yaml", "__main__.py"):
        shutil.copy(ROOT / "plugin" / name, folder)
    (folder / "requirements.txt").write_text(f"-e {ROOT}\n")

    done = life.stack.run("package", "get-schema", "../plugin", seconds=900)

    assert done.code == 0, done.output
    found = json.loads(done.output[done.output.index("{\n") :])
    assert list(found["resources"]) == sorted(json.loads(schema_text("1"))["resources"])
