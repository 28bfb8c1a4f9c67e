"""The reports on ten thousand plans: documents as engines print them, and what each report takes on them."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any, Final

from stacks.prefetch.demo.settings import shielded
from tests.benchmarks.usage import Notes, Used
from tests.support.engines import ESA_PREFETCH
from tests.support.previews import inputs, outputs, plan_id, urn

_AT: Final = ("--at", "2026-11-11T00:00:00Z", "--offline")
REPORTS: Final = {
    "summary": ("summary", "preview.json", "--output", "markdown", *_AT),
    "summary --json": ("summary", "preview.json", "--json", *_AT),
    "timeline": ("timeline", "--file", "state.json", *_AT),
    "timeline --json": ("timeline", "--file", "state.json", "--json", *_AT),
    "policy": (
        *("policy", "analyze", "--file", "state.json", "--limits", "limits.yaml"),
        *_AT,
    ),
    "policy --json": (
        *("policy", "analyze", "--file", "state.json", "--limits", "limits.yaml"),
        *("--json", *_AT),
    ),
}
_LIMITS: Final = "maxOriginUrlsPerSecond: 1000000\n"
_JOB: Final = "alicloud:esa/scheduledPreloadJob:ScheduledPreloadJob"


class Documents:
    """A preview and a state of so many plans in so many jobs, in a directory."""

    def __init__(self, directory: Path, plans: int, jobs: int) -> None:
        directory.mkdir(parents=True)
        self._directory = directory
        self._notes = Notes(directory)
        records = [_job(number) for number in range(jobs)]
        records += [_plan(number, number % jobs) for number in range(plans)]
        steps = [_step(record) for record in records]
        deployment = {"version": 3, "deployment": {"resources": records}}
        files = {
            "preview.json": json.dumps({"steps": steps, "duration": 1}),
            "state.json": json.dumps(deployment),
            "limits.yaml": _LIMITS,
        }
        for name, text in files.items():
            (directory / name).write_text(text)

    def report(self, name: str) -> Used:
        """Make one of REPORTS, and say what it took."""
        began = time.monotonic()
        done = subprocess.run(
            [ESA_PREFETCH, *REPORTS[name]],
            cwd=self._directory,
            env=shielded(os.environ, {"PYTHONPATH": str(self._notes.import_path)}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )
        used = self._notes.take(time.monotonic() - began)
        if done.returncode:
            raise SystemExit(f"{name} failed:\n{done.stdout[-2000:]}")
        return used


def _job_id(number: int) -> str:
    return f"{number:024x}"


def _job(number: int) -> dict[str, Any]:
    urls = "\n".join(f"https://www{number}.example.com/{n}" for n in range(100))
    declared = {"siteId": "1", "insertWay": "textBox", "urlList": urls}
    return {
        "urn": urn(f"job-{number}", _JOB),
        "custom": True,
        "id": f"1:{_job_id(number)}",
        "type": _JOB,
        "inputs": declared,
        "outputs": declared,
    }


def _plan(number: int, job: int) -> dict[str, Any]:
    identity = {"job_id": _job_id(job), "plan_id": plan_id(number)}
    declared = inputs(number, **identity)
    return {
        "urn": urn(f"plan-{number}"),
        "custom": True,
        "id": f"{_job_id(job)}:{plan_id(number)}",
        "type": "pulumi-python:dynamic/esa:ScheduledPrefetch",
        "inputs": declared,
        "outputs": outputs(number, "waiting", **identity),
        "dependencies": [urn(f"job-{job}", _JOB)],
        "propertyDependencies": {"job_id": [urn(f"job-{job}", _JOB)]},
    }


def _step(record: dict[str, Any]) -> dict[str, Any]:
    """Each tenth plan runs again; the others stay."""
    number = int(record["urn"].rpartition("-")[2])
    declared = {key: value for key, value in record.items() if key != "outputs"}
    if record["type"] == _JOB or number % 10:
        op = "same"
    else:
        op = "update"
        declared = {
            **declared,
            "inputs": {**declared["inputs"], "triggers": {"r": "2"}},
        }
    return {
        "op": op,
        "urn": record["urn"],
        "oldState": record,
        "newState": declared,
        "detailedDiff": None,
    }
