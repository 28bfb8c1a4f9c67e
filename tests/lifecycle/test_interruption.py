"""What is left when an engine is killed or meets another: nothing is lost, nothing is started twice."""

import os
import signal
import subprocess

import pytest

from stacks.prefetch.demo.locks import until
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.faces import DYNAMIC, NATIVE
from tests.support.local_esa import job, job_id, plan, plan_id, seed
from tests.support.processes import killed
from tests.support.throwaway_stack import Stack

COUNT = 12
SEED = seed(*(job(n, [plan(n, "stopped")]) for n in range(1, COUNT + 1)))
PLANS = {
    f"plan-{n}": {"planId": plan_id(n), "jobId": job_id(n)} for n in range(1, COUNT + 1)
}


@pytest.mark.parametrize(
    "face",
    [DYNAMIC.name, pytest.param(NATIVE.name, marks=pytest.mark.thorough)],
)
def test_after_a_kill_one_up_makes_everything_as_declared_and_starts_nothing_twice(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare(PLANS)
    process = start(stack_)
    assert until(lambda: esa.starts() >= 2, 60)

    with killed(process):
        cancelled = stack_.run("cancel", "--yes", "test")
        if "failed to load checkpoint" in cancelled.output:
            pytest.skip("pulumi was killed while it wrote its checkpoint, and lost it")
        assert cancelled.code == 0, cancelled.output
        stack_.up("--refresh")

    assert {
        n: esa.effective_starts(plan_id(n)) for n in range(1, COUNT + 1)
    } == dict.fromkeys(range(1, COUNT + 1), 1)
    assert {r["outputs"]["status"] for r in stack_.records().values()} == {"running"}
    assert set(stack_.records()) == set(PLANS)


@pytest.mark.parametrize("face", [NATIVE.name])
@pytest.mark.thorough
def test_ctrl_c_in_the_middle_begins_no_call_and_loses_none(
    emulator: Emulators, stack: Stacks
) -> None:
    count = 50
    esa = emulator(seed(*(job(n, [plan(n, "stopped")]) for n in range(1, count + 1))))
    stack_ = stack(esa)
    stack_.declare(
        {
            f"plan-{n}": {"planId": plan_id(n), "jobId": job_id(n)}
            for n in range(1, count + 1)
        }
    )
    stall = {"kind": "stall", "seconds": 1, "actions": "StartScheduledPreloadExecution"}
    esa.post("faults", {"faults": [stall]})
    process = start(stack_)
    assert until(lambda: esa.starts() >= 2, 60)

    os.killpg(process.pid, signal.SIGINT)
    process.wait(timeout=60)
    esa.post("faults", {"faults": []})

    assert process.returncode != 0
    started = esa.starts_by_plan()
    assert 2 <= len(started) < count
    assert set(stack_.statuses()) == set(started)
    stack_.up()

    assert esa.starts_by_plan() == {plan_id(n): 1 for n in range(1, count + 1)}
    assert set(stack_.statuses().values()) == {"running"}


def test_a_second_up_at_the_same_time_is_told_who_holds_the_lock(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare(PLANS)
    esa.post("faults", {"faults": [{"kind": "stall", "seconds": 5}]})
    process = start(stack_)
    assert until(lambda: len(esa.history()) > 0, 60)

    second = stack_.refused()

    esa.post("faults", {"faults": []})
    process.communicate(timeout=120)
    assert "locked" in second.output
    assert f"pid {process.pid}" in second.output


def start(stack: Stack) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        stack.command("up", "--yes", "--skip-preview"),
        cwd=stack.root / "project",
        env=stack.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
