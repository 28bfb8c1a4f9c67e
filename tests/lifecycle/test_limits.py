"""A stack's own limits: a plan that breaks one is refused, or told of, before it starts."""

import subprocess
from typing import Any

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import assert_no_trace

PLANS = {"one": {"planId": plan_id(1), "jobId": job_id(1)}}


def esa_with(emulator: Emulators, **window: str) -> Esa:
    return emulator(seed(job(1, [plan(1, "stopped", **window)])))


def freeze_around(esa: Esa) -> Document:
    start = esa.plans()[plan_id(1)]["StartTime"]
    return {"freeze": [{"name": "launch", "window": f"{start}/PT30M"}]}


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (
            {"maxOriginUrlsPerSecond": 0.001, "enforce": {"rate": "deny"}},
            "above the limit of 0.001",
        ),
        ({"enforce": {"fit": "deny"}}, "with 46 URLs not submitted"),
    ],
    ids=["its own rate", "its window"],
)
@pytest.mark.thorough
def test_what_is_denied_is_refused_in_a_sentence_and_nothing_starts(
    emulator: Emulators, stack: Stacks, limits: dict[str, Any], words: str
) -> None:
    esa = esa_with(emulator, start="+1h", end="+10h")
    stack_ = stack(esa)
    stack_.configure(limits=limits, plans=PLANS)

    previewed = stack_.run("preview")
    refused = stack_.refused()

    assert previewed.code != 0
    for result in (previewed, refused):
        assert_no_trace(result)
        assert words in result.output
    assert esa.starts() == 0
    assert stack_.records() == {}


def test_a_start_in_a_freeze_window_is_refused(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = esa_with(emulator, start="+1h", end="+99h")
    stack_ = stack(esa)
    limits = {**freeze_around(esa), "enforce": {"freeze": "deny"}}
    stack_.configure(limits=limits, plans=PLANS)

    result = stack_.refused()

    assert "in the freeze window 'launch'" in result.output
    assert esa.starts() == 0


@pytest.mark.slow
def test_a_window_moved_into_a_freeze_is_told_of_in_time_and_not_started(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = esa_with(emulator, start="+1h", end="+99h")
    stack_ = stack(esa)
    stack_.declare(PLANS)
    stack_.up()
    again = {"one": {**PLANS["one"], "triggers": {"release": "2"}}}
    limits = {**freeze_around(esa), "enforce": {"freeze": "deny"}}
    stack_.configure(limits=limits, plans=again)

    previewed = stack_.run("preview")
    refused = stack_.refused()

    assert previewed.code == 0
    assert "this is judged again right before the Start" in previewed.output
    assert "was not started, because esa-prefetch:limits deny it" in refused.output
    assert esa.starts() == 1


def test_what_is_only_warned_of_is_told_and_started(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = esa_with(emulator, start="+1h", end="+99h")
    stack_ = stack(esa)
    stack_.configure(limits=freeze_around(esa), plans=PLANS)

    result = stack_.up()

    assert "in the freeze window 'launch'" in result.output
    assert esa.starts() == 1


@pytest.mark.slow
def test_limits_never_stand_in_the_way_of_a_stop(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = esa_with(emulator, start="-1h", end="+99h")
    stack_ = stack(esa)
    stack_.declare(PLANS)
    stack_.up()
    limits = {"maxOriginUrlsPerSecond": 0.001, "enforce": "deny"}

    stack_.configure(
        limits=limits, plans={"one": {**PLANS["one"], "desiredState": "stopped"}}
    )
    stack_.up()

    assert esa.status(plan_id(1)) == "stopped"


@pytest.mark.thorough
def test_limits_that_cannot_be_read_are_one_sentence(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(esa_with(emulator))
    stack_.configure(limits={"maxOriginUrlsPerSecond": "fast"}, plans=PLANS)

    result = stack_.refused()

    assert "esa-prefetch:limits.maxOriginUrlsPerSecond: must be" in (result.output)


@pytest.mark.slow
def test_a_stack_is_judged_by_its_own_limits_whichever_engine_keeps_it(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(esa_with(emulator, start="+1h", end="+99h"))
    stack_.declare(PLANS)
    stack_.up()
    stack_.configure(
        limits={"maxOriginUrlsPerSecond": 0.001, "enforce": "deny"}, plans=PLANS
    )

    done = subprocess.run(
        [ESA_PREFETCH, "policy", "analyze"],
        cwd=stack_.root / "project",
        env=stack_.environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == (
        "deny: one would load www.example.com with 0.00167 URLs/s, above the limit "
        "of 0.001\n"
    )
    assert done.stderr == "error: 1 enforced limit is not kept\n"
