"""A request costs the same with ten thousand plans as with ten."""

import time

import pytest

from tests.emulator.conftest import EmulatorFactory, InProcessEmulator
from tests.emulator.seeds import plan, plan_id, seed

START = "StartScheduledPreloadExecution"


def seconds_for_starts(emulator: InProcessEmulator, number: int) -> float:
    requests = [
        emulator.esa.request(START, {"Id": plan_id(one)}) for one in range(number)
    ]
    begun = time.perf_counter()
    for request in requests:
        assert emulator.esa.http.send(request).status_code == 200
    return time.perf_counter() - begun


@pytest.mark.slow
def test_a_start_among_ten_thousand_plans_costs_as_much_as_among_a_few(
    new_emulator: EmulatorFactory,
) -> None:
    few = new_emulator(seed(*(plan(number) for number in range(200))))
    many = new_emulator(seed(*(plan(number) for number in range(10_000))))
    seconds_for_starts(few, 50)

    small = min(seconds_for_starts(few, 200) for _ in range(3))
    big = min(seconds_for_starts(many, 200) for _ in range(3))

    assert big < 3 * small


@pytest.mark.slow
def test_ten_thousand_plans_run_to_their_end(new_emulator: EmulatorFactory) -> None:
    plans = (plan(n, EndTime=None, SliceLen=1) for n in range(10_000))
    emulator = new_emulator(seed(*plans, urls=20_000))

    emulator.clock.advance(24 * 3600)
    state = emulator.control.get("/_emulator/state").json()

    [job] = state["jobs"]
    assert job["TaskSubmitted"] == 20_000
    assert {one["Status"] for one in job["plans"]} == {"finished"}
