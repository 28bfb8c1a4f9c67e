"""The shell of the GitHub workflows, run as it stands there, with the pulumi command."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import Emulators
from tests.support.engines import ENGINES
from tests.support.local_esa import Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Result, Stack

WORKFLOWS = ROOT / ".github/workflows"
PLANS = {
    name: {"planId": plan_id(number), "jobId": job_id(1)}
    for number, name in enumerate(["one", "two"], 1)
}


def steps(workflow: str) -> list[dict[str, Any]]:
    document = yaml.safe_load((WORKFLOWS / f"{workflow}.yml").read_text())
    (only,) = document["jobs"].values()
    return list(only["steps"])


def script(workflow: str, name: str) -> str:
    return str(next(s["run"] for s in steps(workflow) if s.get("name") == name))


@pytest.fixture
def runner(tmp_path: Path, emulator: Emulators) -> tuple[Stack, Esa]:
    """Make a stack on the pulumi command, and an ESA with two stopped plans."""
    program = ENGINES["pulumi"]
    if program is None:
        pytest.skip("the pulumi command is not on PATH")
    esa = emulator(seed(job(1, [plan(1, "stopped"), plan(2, "stopped")])))
    stack = Stack(tmp_path / "stack", program, esa.endpoint)
    stack.declare(PLANS)
    return stack, esa


def run(stack: Stack, text: str) -> Result:
    """Run a step as GitHub does: bash -e, with a file for the job's summary."""
    done = subprocess.run(
        ["bash", "-e", "-c", text],
        cwd=stack.root / "project",
        env={**stack.environment(), "GITHUB_STEP_SUMMARY": str(page(stack))},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
        check=False,
    )
    return Result(done.returncode, done.stdout)


def page(stack: Stack) -> Path:
    return stack.root / "summary.md"


@pytest.mark.parametrize("workflow", ["preview", "drift"])
def test_a_workflow_has_few_rights_and_pins_what_it_uses(workflow: str) -> None:
    document = yaml.safe_load((WORKFLOWS / f"{workflow}.yml").read_text())
    (only,) = document["jobs"].values()

    assert document["permissions"] == {}
    assert only["permissions"]["contents"] == "read"
    assert "timeout-minutes" in only
    for step in only["steps"]:
        if "uses" in step:
            assert len(step["uses"].partition("@")[2]) == 40, step


@pytest.mark.parametrize("workflow", ["preview", "drift"])
def test_the_shell_of_a_workflow_holds_no_expression_that_a_pull_request_could_fill(
    workflow: str,
) -> None:
    for step in steps(workflow):
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize(
    ("workflow", "needing"), [("preview", "Preview"), ("drift", "Compare")]
)
def test_only_the_step_that_runs_pulumi_gets_the_secrets(
    workflow: str, needing: str
) -> None:
    document = yaml.safe_load((WORKFLOWS / f"{workflow}.yml").read_text())
    (only,) = document["jobs"].values()

    given = [s.get("name") for s in only["steps"] if "secrets." in str(s)]

    assert given == [needing]
    assert "secrets." not in str({**document, "jobs": {**only, "steps": []}})


def test_a_pull_request_gets_its_comment_and_starts_nothing(
    runner: tuple[Stack, Esa],
) -> None:
    stack, esa = runner

    previewed = run(stack, script("preview", "Preview"))
    summed = run(stack, script("preview", "Summary"))

    comment = (stack.root / "project/comment.md").read_text()
    assert (previewed.code, summed.code) == (0, 0), previewed.output + summed.output
    assert "2 to create" in comment
    assert "| + `one` | **will be started** | is stopped |" in comment
    assert page(stack).read_text() == comment
    assert (stack.root / "project/summary.json").stat().st_size > 0
    assert esa.changes() == 0


def test_the_summary_of_a_preview_needs_no_secret_of_the_stack(
    runner: tuple[Stack, Esa],
) -> None:
    stack, _ = runner
    run(stack, script("preview", "Preview"))

    without = f"unset PULUMI_CONFIG_PASSPHRASE\n{script('preview', 'Summary')}"
    summed = run(stack, without)

    assert summed.code == 0, summed.output
    assert "2 to create" in (stack.root / "project/comment.md").read_text()


def test_a_preview_that_fails_is_told_in_the_comment_and_fails_the_job(
    runner: tuple[Stack, Esa],
) -> None:
    stack, _ = runner
    stack.declare({"one": {"planId": plan_id(9), "jobId": job_id(1)}})

    run(stack, script("preview", "Preview"))
    summed = run(stack, script("preview", "Summary"))

    assert summed.code == 1
    assert "The preview failed" in (stack.root / "project/comment.md").read_text()


def test_no_drift_is_green_and_one_line(runner: tuple[Stack, Esa]) -> None:
    stack, _ = runner
    stack.up()

    result = run(stack, script("drift", "Compare"))

    assert result.code == 0, result.output
    line = "esa-prefetch/test: everything is as declared."
    assert f"::notice title=As declared::{line}\n" in result.output
    assert page(stack).read_text() == f"    {line}\n"


def test_drift_is_red_with_one_line_that_says_what_differs(
    runner: tuple[Stack, Esa],
) -> None:
    stack, esa = runner
    stack.up()
    stop(stack, plan_id(2))
    starts = esa.starts()

    result = run(stack, script("drift", "Compare"))

    assert result.code == 7, result.output
    assert (
        "::error title=Drift::esa-prefetch/test: two will be started again: this stack "
        "started it, and it was found stopped." in result.output
    )
    assert esa.starts() == starts


def test_drift_is_red_without_a_refresh_too(runner: tuple[Stack, Esa]) -> None:
    stack, _ = runner
    stack.up()
    stop(stack, plan_id(2))

    result = run(stack, script("drift", "Compare").replace("--refresh", ""))

    assert result.code == 7, result.output
    assert "::error title=Drift::esa-prefetch/test: drift: two will" in result.output


def test_a_plan_that_is_gone_is_drift_and_not_a_failure(
    runner: tuple[Stack, Esa],
) -> None:
    stack, _ = runner
    stack.up()
    delete(stack, plan_id(2))

    result = run(stack, script("drift", "Compare"))

    assert result.code == 7, result.output
    assert (
        "::error title=Drift::esa-prefetch/test: drift: two will fail with up --refresh: "
        "is gone from ESA; cannot tell, the preview failed (" in result.output
    )


def test_a_name_is_no_workflow_command_and_no_markup(
    runner: tuple[Stack, Esa],
) -> None:
    stack, _ = runner
    name = "50%0A::warning::<b>_x_</b> ##[error]"
    stack.declare({name: PLANS["one"]})

    result = run(stack, script("drift", "Compare"))

    (line,) = [line for line in result.output.splitlines() if "title=Drift" in line]
    assert line.startswith("::error title=Drift::")
    assert name.replace("%", "%25") in line
    assert page(stack).read_text().startswith("    esa-prefetch/test: ")
    assert name in page(stack).read_text()


def test_what_cannot_be_told_is_not_called_drift(runner: tuple[Stack, Esa]) -> None:
    stack, _ = runner
    stack.up()
    stack.variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "wrong"

    result = run(stack, script("drift", "Compare"))

    assert result.code not in (0, 7), result.output
    assert "::error title=Could not be told::" in result.output
    assert "SignatureDoesNotMatch" in result.output


def test_esa_that_cannot_be_read_is_not_called_drift(runner: tuple[Stack, Esa]) -> None:
    stack, _ = runner
    stack.up()
    stack.variables["ESA_ENDPOINT"] = "http://127.0.0.1:9"

    result = run(stack, script("drift", "Compare").replace("--refresh", ""))

    assert result.code == 1, result.output
    assert "::error title=Could not be told::esa-prefetch/test: not verified; ESA" in (
        result.output
    )


def stop(stack: Stack, plan: str) -> None:
    """Stop a plan behind the stack's back."""
    call(stack, "stop_scheduled_preload_execution", plan)


def delete(stack: Stack, plan: str) -> None:
    """Delete a plan behind the stack's back."""
    call(stack, "delete_scheduled_preload_execution", plan)


def call(stack: Stack, method: str, plan: str) -> None:
    program = (
        "import os, sys\n"
        "from pulumi_esa_prefetch.api.client import EsaClient\n"
        "from pulumi_esa_prefetch.settings.settings import read_settings\n"
        "settings = read_settings(lambda name: None, os.environ)\n"
        "with EsaClient.from_settings(settings) as client:\n"
        "    getattr(client, sys.argv[1])(plan_id=sys.argv[2])\n"
    )
    arguments = ["python", "-c", program, method, plan]
    subprocess.run(arguments, env=stack.environment(), check=True)
