"""The workflows that test this package: what they pin; their shell is `make`, which other tests run."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = ROOT / ".github/workflows"
TESTING = ["ci", "nightly"]


def read(workflow: str) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(
        (WORKFLOWS / f"{workflow}.yml").read_text()
    )
    return document


def steps(workflow: str) -> list[dict[str, Any]]:
    return [step for job in read(workflow)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", [*TESTING, "preview", "drift"])
def test_a_workflow_uses_the_pulumi_command_of_the_recordings(
    workflow: str,
) -> None:
    recorded = json.loads((ROOT / "tests/golden/state/checkpoint.json").read_text())

    (pulumi,) = (s for s in steps(workflow) if "pulumi/actions" in s.get("uses", ""))

    version = recorded["checkpoint"]["latest"]["manifest"]["version"]
    assert f"v{pulumi['with']['pulumi-version']}" == version


@pytest.mark.parametrize("workflow", TESTING)
def test_a_workflow_only_reads_and_is_ended_some_time(workflow: str) -> None:
    document = read(workflow)

    assert document["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in document["jobs"].values())


def test_every_action_is_one_commit_and_the_same_in_all_workflows() -> None:
    text = "".join(path.read_text() for path in WORKFLOWS.glob("*.yml"))
    uses = set(re.findall(r"uses: (\S+)@(\S+)", text))

    assert all(re.fullmatch(r"[0-9a-f]{40}", commit) for _, commit in uses)
    assert len({action for action, _ in uses}) == len(uses)


def test_the_long_tests_run_every_night() -> None:
    started_by = read("nightly")[True]  # YAML 1.1 reads `on` as true

    assert "schedule" in started_by
    assert {"run": "make test-all"} in steps("nightly")
