"""What destroy says of what it leaves behind."""

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed


@pytest.mark.thorough
def test_destroy_warns_of_a_waiting_plan_that_will_still_start(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(seed(job(1, [plan(1, "waiting", start="+2h")])))
    stack_ = stack(esa)
    stack_.declare({"plan": {"planId": plan_id(1), "jobId": job_id(1)}})
    stack_.up()

    result = stack_.check("destroy", "--yes", "--skip-preview")

    (line,) = result.diagnostics()["plan"].splitlines()
    assert line.startswith("warning: left as it is: is waiting, ")
    assert 'on_destroy="delete"' in line
    assert esa.status(plan_id(1)) == "waiting"
    assert stack_.deployment().get("resources", []) == []
