"""The workflows that test this package: what they pin; their shell is `make`, which other tests run."""

import json
import re
import subprocess
import sys
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


def test_every_python_that_the_package_is_for_is_tested() -> None:
    (job,) = read("ci")["jobs"].values()
    versions = job["strategy"]["matrix"]["python"]
    oldest = re.search(
        r'requires-python = ">=(.+)"', (ROOT / "pyproject.toml").read_text()
    )

    assert oldest
    assert versions[0] == oldest[1]
    minors = [int(version.partition(".")[2]) for version in versions]
    assert minors == [*range(minors[0], minors[0] + len(minors))]


def test_a_release_is_published_by_a_job_that_runs_no_code_of_ours() -> None:
    jobs = read("release")["jobs"]

    assert read("release")["permissions"] == {}
    assert all("timeout-minutes" in job for job in jobs.values())
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert [s for s in jobs["publish"]["steps"] if "run" in s] == []
    assert "secrets." not in (WORKFLOWS / "release.yml").read_text()


@pytest.mark.parametrize(
    ("tag", "heading", "is_released"),
    [
        ("v{}", "{} (2030-01-31)", True),
        ("v{}", "{} (unreleased)", False),
        ("{}", "{} (2030-01-31)", False),
        ("v{}.1", "{} (2030-01-31)", False),
    ],
)
def test_only_the_tag_of_a_dated_version_is_released(
    tmp_path: Path, tag: str, heading: str, *, is_released: bool
) -> None:
    project = (ROOT / "pyproject.toml").read_text()
    (version,) = re.findall(r'^version = "(.+)"', project, re.MULTILINE)
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / "CHANGELOG.md").write_text(f"## {heading.format(version)}\n")
    (check,) = (s["run"] for s in steps("release") if "tag" in s.get("name", ""))

    done = subprocess.run(
        ["bash", "-e", "-c", check],
        cwd=tmp_path,
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "GITHUB_REF_NAME": tag.format(version),
        },
        check=False,
        timeout=60,
    )

    assert (done.returncode == 0) == is_released
