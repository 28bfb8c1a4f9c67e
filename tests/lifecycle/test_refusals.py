"""An expired token, a missing right, a wrong clock: told on the whole path, and settled by the next `up`."""

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.lifecycle.faults import START
from tests.support.local_esa import Document, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import assert_no_trace

SEED = seed(job(1, [plan(1, "stopped"), plan(2, "stopped")]))
PLANS = {
    "one": {"planId": plan_id(1), "jobId": job_id(1)},
    "two": {"planId": plan_id(2), "jobId": job_id(1)},
}
BEHIND = {"kind": "skewed-clock", "seconds": 4000}
AHEAD = {"kind": "skewed-clock", "seconds": -7500}


@pytest.mark.parametrize(
    ("fault", "code", "advice"),
    [
        pytest.param(
            {"kind": "expired-token"},
            "InvalidSecurityToken.Expired",
            "use a fresh temporary key or a profile",
            id="expired token",
        ),
        pytest.param(
            {"kind": "denied"},
            "NoPermission",
            f"allow the key the RAM action esa:{START}",
            id="denied",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"kind": "denied", "code": "Forbidden.RAM"},
            "Forbidden.RAM",
            f"allow the key the RAM action esa:{START}",
            id="denied by RAM",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            BEHIND,
            "InvalidTimeStamp.Expired",
            "67 minutes behind the server's",
            id="wrong clock",
            marks=pytest.mark.slow,
        ),
    ],
)
@pytest.mark.thorough
def test_a_start_refused_for_who_asks_is_told_and_made_up_for_once(
    emulator: Emulators, stack: Stacks, fault: Document, code: str, advice: str
) -> None:
    esa = emulator(SEED, faults=fault | {"actions": START, "ids": plan_id(1)})
    stack_ = stack(esa)
    stack_.declare(PLANS)

    said = stack_.refused("--continue-on-error").diagnostics()["one"]

    assert code in said
    assert advice in said
    assert set(stack_.records()) == {"two"}
    assert (esa.status(plan_id(1)), esa.effective_starts()) == ("stopped", 1)
    esa.post("faults", [])
    stack_.up()
    assert esa.starts_by_plan() == {plan_id(1): 1, plan_id(2): 1}


@pytest.mark.parametrize(
    ("fault", "explained"),
    [
        (BEHIND, "this machine's clock is 67 minutes behind the server's"),
        (AHEAD, "this machine's clock is 2 hours 5 minutes ahead of the server's"),
    ],
    ids=["behind", "ahead"],
)
@pytest.mark.thorough
def test_a_wrong_clock_is_explained_by_how_wrong_it_is_and_nothing_starts(
    emulator: Emulators, stack: Stacks, fault: Document, explained: str
) -> None:
    esa = emulator(SEED, faults=fault)
    stack_ = stack(esa)
    stack_.declare(PLANS)

    result = stack_.refused("--continue-on-error")

    # the first plan that is looked up ends the program
    assert explained in result.output
    assert (stack_.records(), esa.changes()) == ({}, 0)


@pytest.mark.thorough
def test_a_token_that_expires_after_the_up_is_told_by_the_refresh_and_no_record_is_lost(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare(PLANS)
    stack_.up()
    records = stack_.records()
    esa.post("faults", {"kind": "expired-token"})

    refreshed = stack_.run("refresh", "--yes", "--skip-preview")

    assert_no_trace(refreshed)
    assert refreshed.code == 1
    assert "InvalidSecurityToken.Expired" in refreshed.output
    assert {name: one["outputs"] for name, one in stack_.records().items()} == {
        name: one["outputs"] for name, one in records.items()
    }
