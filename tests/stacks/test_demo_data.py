"""The demo's seed and declarations: they fit each other, and show what `create` does in each state."""

import json
from typing import Any

from ruamel.yaml import YAML

from pulumi_esa_prefetch.resources.plan_config import read_plans
from stacks.prefetch.demo.settings import ROOT

PLACE = ROOT / "stacks/prefetch"


def seeded() -> dict[str, dict[str, Any]]:
    jobs = json.loads((PLACE / "seed.json").read_text())["jobs"]
    return {
        plan["Id"]: plan | {"JobId": job["Id"]} for job in jobs for plan in job["plans"]
    }


def stack_file() -> dict[str, Any]:
    return dict(YAML(typ="safe").load(PLACE / "demo.yaml"))


def test_every_declared_plan_is_in_the_seed_under_its_job() -> None:
    plans = read_plans(stack_file()["config"]["esa-prefetch:plans"])

    for plan in plans.values():
        assert seeded()[str(plan.plan_id)]["JobId"] == plan.job_id


def test_the_declared_plans_are_found_in_every_status() -> None:
    plans = read_plans(stack_file()["config"]["esa-prefetch:plans"]).values()

    running = {
        seeded()[str(p.plan_id)]["Status"]
        for p in plans
        if p.desired_state != "stopped"
    }
    stopped = {
        seeded()[str(p.plan_id)]["Status"]
        for p in plans
        if p.desired_state == "stopped"
    }

    assert running == {"waiting", "running", "stopped", "failed", "finished"}
    assert stopped == {"running"}


def test_the_stack_file_has_its_salt_and_no_endpoint() -> None:
    file = stack_file()

    assert file["encryptionsalt"].startswith("v1:")
    assert list(file["config"]) == ["esa-prefetch:plans"]


def test_the_program_is_under_forty_lines() -> None:
    assert len((PLACE / "__main__.py").read_text().splitlines()) < 40
