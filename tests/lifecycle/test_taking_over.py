"""A stack moves from the dynamic face to the native one by a record alone; the way back is a replacement."""

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.faces import DYNAMIC, NATIVE
from tests.support.local_esa import job, job_id, plan, plan_id, seed

STATUSES = ("stopped", "running", "waiting", "finished", "failed")


def declared(numbers: range, jobs: int) -> dict[str, dict[str, object]]:
    return {
        f"plan-{n}": {
            "planId": plan_id(n),
            "jobId": job_id(n % jobs + 1),
            "triggers": {"release": "1"},
        }
        for n in numbers
    }


@pytest.mark.parametrize(
    ("plans", "jobs"), [(5, 2), pytest.param(200, 10, marks=pytest.mark.slow)]
)
@pytest.mark.thorough
def test_a_stack_moves_by_one_up_that_only_records_and_the_next_finds_nothing(
    emulator: Emulators, stack: Stacks, plans: int, jobs: int
) -> None:
    numbers = range(1, plans + 1)
    held = {
        j: [
            plan(n, STATUSES[n % 5], start="+1d" if n % 5 == 2 else "-1h", end="+3d")
            for n in numbers
            if n % jobs + 1 == j
        ]
        for j in range(1, jobs + 1)
    }
    esa = emulator(seed(*(job(j, found) for j, found in held.items())))
    made = stack(esa)
    made.declare(declared(numbers, jobs))
    made.up()
    before, changes = made.records(), esa.changes()

    made.use(NATIVE)
    preview = made.check("preview")
    first = made.up()

    assert f"{plans} to update" in preview.output
    assert preview.output.count("will be taken over: no call") >= plans
    assert esa.changes() == changes
    assert f"~ {plans} updated" in first.output
    after = made.records()
    assert {name: record["type"] for name, record in after.items()} == dict.fromkeys(
        before, NATIVE.type
    )
    for name, record in after.items():
        assert record["id"] == before[name]["id"]
        assert record["outputs"]["startTime"] == before[name]["outputs"]["start_time"]
    assert set(made.printed_outputs()["starts"].values()) <= {0, 1}

    second = made.up("--expect-no-changes")

    assert f"{plans + 1} unchanged" in second.output
    assert esa.changes() == changes


@pytest.mark.slow
def test_the_way_back_to_the_dynamic_face_is_a_replacement(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(1, "stopped")])))
    made = stack(esa)
    made.use(NATIVE)
    made.declare(declared(range(1, 2), 1))
    made.up()

    made.use(DYNAMIC)
    preview = made.check("preview")

    assert "1 to create" in preview.output
    assert "1 to delete" in preview.output
