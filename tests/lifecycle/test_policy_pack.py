"""The policy pack under the pulumi command: at a preview, at `up`, on an exported state."""

import json
from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import Emulators
from tests.support.engines import ENGINES
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack

PACK = str(ROOT / "policy")
OVERLOAD = {"maxOriginUrlsPerSecond": 0.002}
SEED = seed(
    job(
        1,
        [plan(1, "stopped", start="+1h"), plan(2, "stopped", start="+2h")],
    )
)
PLANS = {
    name: {"planId": plan_id(n), "jobId": job_id(1)} for n, name in [(1, "a"), (2, "b")]
}


@pytest.fixture
def cli(tmp_path: Path, emulator: Emulators) -> tuple[Stack, Esa]:
    program = ENGINES["pulumi"]
    if program is None:
        pytest.skip("the pulumi command is not on PATH")
    pytest.importorskip("pulumi_policy", reason="pulumi-policy is not installed")
    esa = emulator(SEED)
    made = Stack(tmp_path / "stack", program, esa.endpoint)
    made.declare(PLANS)
    return made, esa


def configured(folder: Path, **policies: Document) -> list[str]:
    """Write the pack's own configuration and return the flags that use it."""
    path = folder / "pack.json"
    path.write_text(json.dumps(policies))
    return ["--policy-pack", PACK, "--policy-pack-config", str(path)]


def test_an_overload_is_refused_before_anything_starts(
    cli: tuple[Stack, Esa],
) -> None:
    stack, esa = cli
    stack.configure(limits={**OVERLOAD, "enforce": "deny"}, verify=False)

    result = stack.run("up", "--yes", "--policy-pack", PACK)

    assert result.code != 0
    assert "[mandatory]  origin-load" in result.output
    assert (
        "a and b together load www.example.com with up to 0.00333 URLs/s"
        in result.output
    )
    assert esa.starts() == 0


def test_an_overload_that_the_stack_only_warns_of_is_told_and_goes_on(
    cli: tuple[Stack, Esa],
) -> None:
    stack, esa = cli
    stack.configure(limits=OVERLOAD)

    result = stack.check("up", "--yes", "--policy-pack", PACK)

    assert "[advisory]  origin-load-warnings" in result.output
    assert "a and b together load www.example.com" in result.output
    assert esa.starts() == 2


def test_a_start_in_a_freeze_window_of_the_organisation_is_refused(
    cli: tuple[Stack, Esa], tmp_path: Path
) -> None:
    stack, esa = cli
    start = esa.plans()[plan_id(2)]["StartTime"]
    freeze = [{"name": "launch", "window": f"{start}/PT30M"}]
    flags = configured(tmp_path, **{"freeze-window": {"freeze": freeze}})

    result = stack.run("up", "--yes", *flags)

    assert result.code != 0
    assert "[mandatory]  freeze-window" in result.output
    assert "b would start at" in result.output
    assert esa.starts() == 0


def test_limits_that_are_kept_let_it_through(cli: tuple[Stack, Esa]) -> None:
    stack, esa = cli
    stack.configure(limits={"maxOriginUrlsPerSecond": 1})

    stack.check("up", "--yes", "--policy-pack", PACK)

    assert esa.starts() == 2


def test_an_exported_state_is_refused_without_a_login(
    cli: tuple[Stack, Esa], tmp_path: Path
) -> None:
    stack, _ = cli
    stack.up()
    exported = tmp_path / "state.json"
    exported.write_text(stack.check("stack", "export").output)
    flags = configured(tmp_path, **{"origin-load": {**OVERLOAD, "askEsa": False}})

    result = stack.run("policy", "analyze", "--file", str(exported), *flags)

    assert result.code != 0
    assert "[mandatory]  origin-load" in result.output
    assert "a and b together load the origin of job" in result.output


def test_limits_that_cannot_be_read_are_a_violation_in_words(
    cli: tuple[Stack, Esa],
) -> None:
    stack, esa = cli
    stack.configure(limits={"maxOriginUrlsPerSecond": "fast"})

    result = stack.run("up", "--yes", "--policy-pack", PACK)

    assert result.code != 0
    assert "esa-prefetch:limits.maxOriginUrlsPerSecond: must be" in result.output
    assert "policy_pack.py" not in result.output
    assert esa.starts() == 0
