"""The ``create`` hook: it adopts or starts a plan, and starts nothing that it could not look up."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.plan_cache import MAX_AGE
from tests.provider.world import JOB, LIST, PLAN, START, World, created, fault, props
from tests.support.local_esa import job, plan, plan_id


def test_create_of_what_is_as_declared_adopts() -> None:
    world = World("running")

    outs = created(world)

    assert (outs["status"], outs["starts"], outs["request_id"]) == ("running", 0, "")
    assert world.writes() == []


@pytest.mark.parametrize("desired_state", ["running", "stopped"])
def test_create_of_a_missing_plan_is_an_error(desired_state: str) -> None:
    world = World("running")

    with pytest.raises(PrefetchError, match=f"plan {JOB}:{plan_id(9)} does not exist"):
        created(world, plan_id=plan_id(9), desired_state=desired_state)

    assert world.writes() == []


def test_create_without_a_plan_id_says_so() -> None:
    with pytest.raises(PrefetchError, match="plan_id has no value"):
        World().provider.create({"job_id": JOB})


def test_create_of_a_plan_that_cannot_be_looked_up_starts_nothing() -> None:
    world = World("stopped", faults=(fault({"kind": "denied"}, action=LIST),))

    with pytest.raises(PrefetchError, match=f"plan {JOB}:{PLAN} cannot be looked up"):
        created(world)

    assert world.writes() == []


def test_a_thousand_creates_of_one_job_are_few_lists_and_a_thousand_starts() -> None:
    plans = [plan(n, "stopped") for n in range(1, 1001)]
    world = World(jobs=[job(1, plans, urls=2000)])

    def one(number: int) -> str:
        declared = props(plan_id=plan_id(number))
        world.provider.check({}, declared)
        return world.provider.create(declared).id

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(1, 1001)))

    assert len(set(made)) == 1000
    # The Starts take longer than a list is cached, so the job is listed a few times.
    assert world.calls(LIST) <= 1 + world.clock.monotonic() // MAX_AGE
    assert world.calls(START) == 1000
    assert world.effects() == [START] * 1000


def test_no_value_of_a_trigger_and_no_key_is_in_an_error_or_a_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hush = "hush-hush"
    world = World("stopped", faults=(fault({"kind": "denied"}, every=1),))
    said = [
        json.dumps(
            [f.reason for f in world.provider.check({}, props(rerun=hush)).failures]
        )
    ]

    with pytest.raises(PrefetchError) as caught:
        created(world, triggers={"token": hush})

    said += [str(caught.value), capsys.readouterr().out]
    assert not any(hush in text or "emulator-secret" in text for text in said)
