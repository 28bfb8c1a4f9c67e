"""Several stacks at once on one quota, and the program of docs/fleets.md."""

import re
from pathlib import Path

import pytest

from pulumi_embedded_engine.testing import PulumiEngine
from pulumi_esa_emulator.testing import LocalEsa, job, plan
from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.fleet import Size, fairness, simulate

PAGE = ROOT / "docs/fleets.md"


@pytest.mark.thorough
def test_the_program_of_the_page_splits_a_campaign_and_every_plan_is_started_once(
    pulumi_engine: PulumiEngine, esa: LocalEsa, tmp_path: Path
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    jobs = esa.seed(*(job(plan("stopped"), plan("stopped")) for _ in range(6)))
    plans = {
        f"plan-{number}": {"planId": one.id, "jobId": one.job_id}
        for number, one in enumerate(esa.plans.values())
    }
    path = tmp_path / "program.py"
    path.write_text(program)
    names: list[str] = []
    for number in (0, 1):
        stack = pulumi_engine.stack(
            path,
            config={
                "esa-prefetch:plans": plans,
                "fleet:stacks": 2,
                "fleet:number": number,
            },
            environ=esa.environment,
        )
        names += stack.up().ops

    assert sorted(names) == sorted(plans)
    assert esa.starts() == len(plans) == 2 * len(jobs)


@pytest.mark.slow
def test_a_small_fleet_starts_each_plan_once_and_says_its_figures() -> None:
    said: list[str] = []

    result = simulate(Size(stacks=3, plans=120, jobs=12), said.append)

    # How few are refused is judged by `make fleet`: here the run is too short.
    assert "each plan started once" not in result["missed"]
    assert [one["operation"] for one in result["operations"]] == [
        "up",
        "refresh",
        "destroy",
    ]
    assert len(said) == 5


def test_fairness_is_one_for_equal_shares_and_a_quarter_for_one_of_four() -> None:
    assert fairness([5.0] * 4) == pytest.approx(1)
    assert fairness([20.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)
