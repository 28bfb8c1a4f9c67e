"""A program's wait tells the webhook how it ended; a webhook that fails changes nothing of the run."""

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed
from tests.support.webhook_receiver import TOKEN, webhook_receiver

PROGRAM = f"""
from pulumi_esa_prefetch import PrefetchCompletion, ScheduledPrefetch

launch = ScheduledPrefetch("launch", plan_id="{plan_id(1)}", job_id="{job_id(1)}")
PrefetchCompletion("warm", plan=launch, until="running", timeout=60)
"""


@pytest.mark.thorough
def test_an_up_calls_the_webhook_once_and_a_failed_call_is_one_warning(
    stack: Stacks, emulator: Emulators
) -> None:
    made = stack(emulator(seed(job(1, [plan(1, "stopped")]))))
    made.write_program(PROGRAM)
    with webhook_receiver(status=500) as receiver:
        made.configure(webhook=receiver.url)
        result = made.up()

    (call,) = receiver.calls
    assert call["outcome"] == "reached"
    assert (call["project"], call["stack"]) == ("esa-prefetch", "test")
    assert (call["resource"], call["status"]) == ("warm", "running")
    assert made.statuses() == {plan_id(1): "running"}
    assert "".join(result.diagnostics().values()).count("warning: ") == 1
    assert "warning: esa-prefetch:webhook: http://127.0.0.1:" in result.output
    assert TOKEN not in result.output
