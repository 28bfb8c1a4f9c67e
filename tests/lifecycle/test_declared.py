"""`plan declare` of a hundred running plans, and the `up` after it: all are adopted, none is started."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_esa_prefetch.operations.declaration_forms import FORMS
from pulumi_esa_prefetch.operations.declarations import Declarable, declare_plans
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.engines import ENGINES, ESA_PREFETCH
from tests.support.faces import NATIVE, PLUGIN
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack

PLANS = 100
HUNDRED = seed(job(1, [plan(n, "running") for n in range(PLANS)], urls=10_000))


def declare(stack: Stack, *words: str) -> str:
    """What `esa-prefetch plan declare` says, whatever the engine is."""
    by_hand = Stack.__new__(Stack)
    vars(by_hand).update(vars(stack) | {"program": ESA_PREFETCH})
    return by_hand.check("plan", "declare", "--job", job_id(1), *words).output


def assert_adopted(esa: Esa, stack: Stack, names: list[str]) -> None:
    said = stack.up().diagnostics()

    assert {name: said[name] for name in names} == dict.fromkeys(
        names, "adopted: is running\n"
    )
    assert len(names) == PLANS
    assert len(stack.records()) == PLANS
    assert (esa.starts(), esa.changes()) == (0, 0)
    assert stack.is_settled()


@pytest.mark.thorough
def test_a_hundred_running_plans_are_written_into_the_config_and_adopted(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(HUNDRED)
    made = stack(esa)

    said = declare(made, "--write")

    assert said.startswith("Pulumi.test.yaml: 100 plans written")
    names = [f"job-1-{plan_id(n)[-6:]}" for n in range(PLANS)]
    assert_adopted(esa, made, names)


@pytest.mark.slow
def test_the_lines_in_python_are_a_program_that_adopts_them(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(HUNDRED)
    made = stack(esa)
    config: Document = json.loads(declare(made, "--json"))

    made.write_program(declare(made, "--as", "python"))

    assert_adopted(esa, made, list(config))


@pytest.mark.slow
@pytest.mark.skipif(
    not (ENGINES["pulumi"] and shutil.which("pulumi-language-yaml")),
    reason="the pulumi command and its host for YAML are not on PATH",
)
def test_the_resources_in_yaml_are_a_program_that_adopts_them(
    emulator: Emulators, tmp_path: Path
) -> None:
    esa = emulator(HUNDRED)
    made = Stack(tmp_path / "stack", str(ENGINES["pulumi"]), esa.endpoint)
    config: Document = json.loads(declare(made, "--json"))
    resources = declare(made, "--as", "yaml")

    made.use(NATIVE)
    project = f"name: esa-prefetch\nruntime: yaml\n{PLUGIN}{resources}"
    (made.root / "project/Pulumi.yaml").write_text(project)

    assert_adopted(esa, made, list(config))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_lines_in_typescript_are_a_module(tmp_path: Path) -> None:
    plans = [Declarable(job_id(1), plan_id(n), "class") for n in range(PLANS)]
    file = tmp_path / "index.mjs"  # it holds no types
    file.write_text(FORMS["typescript"](declare_plans(plans)))

    done = subprocess.run(
        ["node", "--check", file], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
