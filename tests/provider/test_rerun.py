"""Triggers run a plan again: the calls and their order, what is refused before Stop, what a failure leaves."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import httpx
import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import LEAST_SECONDS
from pulumi_esa_prefetch.provider.plan_cache import MAX_AGE
from tests.provider.world import (
    ID,
    JOB,
    LIST,
    PLAN,
    RESET,
    START,
    STOP,
    World,
    created,
    fault,
    props,
)
from tests.support.local_esa import job, plan, plan_id

AGAIN = {"triggers": {"release": "2"}}


def rerun(world: World, outs: dict[str, Any], **declared: Any) -> dict[str, Any]:
    result = world.provider.update(ID, outs, props(**AGAIN | declared))
    assert result.outs is not None
    return result.outs


@pytest.mark.parametrize(
    ("status", "declared", "calls"),
    [
        ("running", {}, [STOP, RESET, START]),
        ("running", {"rerun": "resume"}, [STOP, START]),
        ("finished", {}, [RESET, START]),
        ("finished", {"rerun": "resume"}, [START]),
    ],
)
def test_a_changed_trigger_runs_the_plan_again(
    status: str, declared: dict[str, str], calls: list[str]
) -> None:
    world = World(status)
    outs = created(world)

    outs = rerun(world, outs, **declared)

    assert world.writes() == calls
    assert (outs["status"], outs["starts"]) == ("running", 1)
    assert outs["triggers"] == {"release": "2"}


def test_a_waiting_plan_is_not_stopped_because_it_cannot_be() -> None:
    world = World("waiting", start="+1h")
    outs = created(world)

    assert rerun(world, outs)["status"] == "waiting"
    assert world.writes() == [START, RESET, START]


def test_a_window_that_is_over_is_refused_before_stop() -> None:
    world = World("finished", end="+1h")
    outs = created(world)
    world.clock.advance(7200)

    with pytest.raises(PrefetchError, match="its window is over"):
        rerun(world, outs)

    assert world.writes() == []


def test_another_running_plan_of_the_job_is_refused_before_stop() -> None:
    world = World("running", "running")
    outs = created(world)

    with pytest.raises(PrefetchError, match=rf"another plan .* \({plan_id(2)}\)"):
        rerun(world, outs)

    assert world.writes() == []
    assert rerun(world, outs, rerun="resume")["status"] == "running"


def test_a_plan_started_since_the_list_was_cached_is_not_set_back() -> None:
    world = World("finished", "stopped")
    outs = created(world)
    world.client.start_scheduled_preload_execution(plan_id=plan_id(2))

    with pytest.raises(PrefetchError, match=rf"another plan .* \({plan_id(2)}\)"):
        rerun(world, outs)

    assert world.writes() == [START]


def test_a_plan_stopped_since_the_list_was_cached_does_not_block_a_rerun() -> None:
    world = World("finished", "running")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=plan_id(2))

    assert rerun(world, outs)["status"] == "running"
    assert world.writes() == [STOP, RESET, START]


def test_a_waiting_plan_beside_one_that_runs_is_started_and_sets_nothing_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    plans = [plan(1, "waiting", start="+2h"), plan(2, "running")]
    world = World(jobs=[job(1, plans)])
    outs = created(world)

    outs = rerun(world, outs)

    assert world.writes() == [START, START]
    assert (outs["status"], outs["triggers"]) == ("waiting", {"release": "2"})
    said = f"it runs from where its job is then, because another plan of the job runs ({plan_id(2)})"
    assert capsys.readouterr().out.count(said) == 1


@pytest.mark.parametrize("round_", range(10))
def test_no_start_of_this_process_comes_between_the_list_and_the_reset(
    round_: int,
) -> None:
    world = World("finished", "stopped")
    outs = created(world)
    together = threading.Barrier(2)

    def again() -> None:
        together.wait(5)
        with suppress(PrefetchError):
            rerun(world, outs)

    def start() -> None:
        together.wait(5)
        created(world, plan_id=plan_id(2))

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(again), pool.submit(start)]:
            done.result()

    # In the order in which ESA received them: no Reset after the Start of the other plan.
    order = [entry for entry in world.esa.history if entry.action in {RESET, START}]
    others = [n for n, e in enumerate(order) if e.parameters["Id"] == plan_id(2)]
    resets = [n for n, e in enumerate(order) if e.action == RESET]
    assert all(reset < other for reset in resets for other in others), round_


# plans of one job whose triggers change in one run


def rerun_of(
    world: World, number: int, outs: dict[str, Any], **declared: Any
) -> dict[str, Any]:
    given = props(plan_id=plan_id(number), **AGAIN | declared)
    result = world.provider.update(f"{JOB}:{plan_id(number)}", outs, given)
    assert result.outs is not None
    return result.outs


@pytest.mark.parametrize(
    ("status", "start", "then"),
    [("finished", "-1h", "running"), ("waiting", "+1h", "waiting")],
)
def test_plans_of_one_job_run_again_together_from_one_reset(
    status: str, start: str, then: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(status, status, status, start=start)
    known = [created(world, plan_id=plan_id(n)) for n in (1, 2, 3)]
    before = world.writes()

    outs = [rerun_of(world, n, known[n - 1]) for n in (1, 2, 3)]

    assert world.writes() == [*before, RESET, START, START, START]
    assert {each["status"] for each in outs} == {then}
    assert {each["starts"] for each in outs} == {known[0]["starts"] + 1}
    assert "another plan" not in capsys.readouterr().out


def test_a_plan_that_runs_is_stopped_and_started_after_the_reset_for_another() -> None:
    world = World("finished", "stopped")
    first = created(world)
    second = created(world, plan_id=plan_id(2), desired_state="stopped")
    rerun_of(world, 1, first)
    world.client.start_scheduled_preload_execution(plan_id=plan_id(2))
    before = world.writes()

    assert rerun_of(world, 2, second)["status"] == "running"

    assert world.writes() == [*before, STOP, START]


def test_a_plan_that_ran_before_still_refuses_the_first_reset() -> None:
    world = World("finished", "finished", "running")
    known = [created(world, plan_id=plan_id(n)) for n in (1, 2)]

    for n, outs in enumerate(known, 1):
        with pytest.raises(PrefetchError, match=rf"another plan .* \({plan_id(3)}\)"):
            rerun_of(world, n, outs)

    assert world.writes() == []


def test_the_next_process_knows_nothing_of_a_reset() -> None:
    world = World("finished", "finished")
    first, second = created(world), created(world, plan_id=plan_id(2))
    rerun_of(world, 1, first)
    world.next_process()

    with pytest.raises(PrefetchError, match="another plan of the job runs"):
        rerun_of(world, 2, second)


def test_a_reset_that_failed_does_not_count() -> None:
    denied = fault({"kind": "denied"}, action=RESET)
    world = World("finished", "finished", faults=(denied,))
    first, second = created(world), created(world, plan_id=plan_id(2))
    with pytest.raises(PrefetchError, match="could not be reset"):
        rerun_of(world, 1, first)

    rerun_of(world, 2, second)

    assert world.writes() == [RESET, RESET, START]


def test_a_reset_after_which_nothing_was_started_does_not_count() -> None:
    denied = fault({"kind": "denied"}, action=START)
    world = World("finished", "finished", faults=(denied,))
    first, second = created(world), created(world, plan_id=plan_id(2))
    with pytest.raises(PrefetchError, match="was not started"):
        rerun_of(world, 1, first)

    rerun_of(world, 2, second)

    assert world.writes() == [RESET, START, RESET, START]


def test_a_plan_that_may_have_been_started_is_not_set_back() -> None:
    world = World("finished", "finished")
    first, second = created(world), created(world, plan_id=plan_id(2))
    world.wire.unanswered = START
    with pytest.raises(PrefetchError, match="it is not known whether"):
        rerun_of(world, 1, first)
    world.wire.deliver()

    assert rerun_of(world, 2, second)["status"] == "running"

    assert world.writes() == [RESET, START, START]


def test_a_url_list_that_the_first_plan_has_used_up_begins_again_for_the_second() -> (
    None
):
    plans = [plan(n, "finished") | {"SliceLen": 100} for n in (1, 2)]
    world = World(jobs=[job(1, plans, urls=50)])
    first, second = created(world), created(world, plan_id=plan_id(2))
    rerun_of(world, 1, first)
    world.clock.advance(60)
    before = world.writes()

    assert rerun_of(world, 2, second)["starts"] == 1

    assert world.writes() == [*before, RESET, START]


@pytest.mark.parametrize("seconds", [0.5, 2.0])
def test_a_plan_started_a_moment_ago_is_not_set_back_even_if_no_list_shows_it(
    seconds: float,
) -> None:
    stale = fault({"kind": "stale", "seconds": 2.5}, action=LIST, every=1)
    world = World("stopped", "finished", faults=(stale,))
    second = created(world, plan_id=plan_id(2))
    created(world)
    world.clock.advance(seconds)

    with pytest.raises(PrefetchError, match=rf"another plan .* \({PLAN}\)"):
        rerun_of(world, 2, second)

    assert world.writes() == [START]


# two resources of one plan


@pytest.mark.parametrize("mode", ["from_start", "resume"])
def test_a_second_resource_of_a_plan_does_not_run_it_once_more(mode: str) -> None:
    world = World("running")
    outs = created(world)

    one = rerun(world, outs, rerun=mode)
    calls = world.writes()
    two = rerun(world, outs, rerun=mode)

    assert world.writes() == calls
    assert world.effects().count(START) == 1
    assert (one["starts"], two["starts"]) == (1, 0)
    assert one["status"] == two["status"] == "running"
    assert two["triggers"] == AGAIN["triggers"]


@pytest.mark.parametrize("mode", ["from_start", "resume"])
def test_two_resources_of_a_plan_at_once_run_it_once(mode: str) -> None:
    world = World("running")
    outs = created(world)

    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(rerun, world, outs, rerun=mode) for _ in range(2)]

    assert sorted(each.result()["starts"] for each in done) == [0, 1]
    assert world.effects().count(START) == 1


def test_other_triggers_run_the_plan_once_more() -> None:
    world = World("running")
    outs = created(world)

    outs = rerun(world, outs)
    outs = rerun(world, outs, triggers={"release": "3"})

    assert outs["starts"] == 2


def test_a_second_resource_does_what_was_refused_to_the_first() -> None:
    world = World("running", faults=(fault({"kind": "denied"}),))
    outs = created(world)
    with pytest.raises(PrefetchError, match="was not started"):
        rerun(world, outs)

    assert rerun(world, outs)["status"] == "running"


def test_a_plan_that_may_run_is_not_run_again_for_a_second_resource() -> None:
    world = World("running")
    outs = created(world)
    world.wire.unanswered = START
    with pytest.raises(PrefetchError, match="it is not known whether"):
        rerun(world, outs)
    calls = world.writes()

    with pytest.raises(PrefetchError, match="it is not known whether"):
        rerun(world, outs)

    assert world.writes() == calls


# what a Reset does to other plans


@pytest.mark.parametrize("status", ["finished", "stopped", "failed"])
def test_a_plan_that_a_reset_starts_is_named_and_left_alone(
    status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("finished", status, dialects=("reset-requeues",))
    outs = created(world)

    rerun(world, outs)

    said = "the Reset of its job has started other plans of the job"
    assert f"{said}: {plan_id(2)} (running)" in capsys.readouterr().out
    assert world.writes() == [RESET, START]


def test_a_reset_that_starts_nothing_is_not_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(jobs=[job(1, [plan(1, "finished"), plan(2, "waiting", start="+1h")])])
    outs = created(world)
    looks = world.calls(LIST)

    rerun(world, outs)

    assert "the Reset of its job" not in capsys.readouterr().out
    assert world.calls(LIST) == looks + 2


def test_after_the_reset_of_a_job_with_one_plan_no_list_is_read() -> None:
    world = World("finished")
    outs = created(world)
    looks = world.calls(LIST)

    rerun(world, outs)

    assert world.calls(LIST) == looks + 1


def test_a_failed_list_after_the_reset_does_not_prevent_the_start() -> None:
    silent = fault({"kind": "denied"}, action=LIST, calls=[3])
    world = World("finished", "finished", faults=(silent,))
    outs = created(world)

    assert rerun(world, outs)["status"] == "running"
    assert world.calls(LIST) == 3


@pytest.mark.parametrize("action", [RESET, START])
def test_a_failure_after_stop_says_that_the_plan_is_stopped_now(action: str) -> None:
    world = World("running", faults=(fault({"kind": "denied"}, action=action),))
    outs = created(world)

    what_to_do = "run up again; if you put the triggers back, run up --refresh$"
    with pytest.raises(PrefetchError, match=f"the plan is stopped now: {what_to_do}"):
        rerun(world, outs)

    assert world.status() == "stopped"
    world.next_process()
    assert rerun(world, outs)["status"] == "running"


def test_a_plan_that_may_have_been_started_is_not_reported_as_stopped() -> None:
    lost = fault({"kind": "reset", "when": "after"})
    world = World("running", faults=(lost,))
    outs = created(world)
    silent = fault({"kind": "denied"}, action=LIST, calls=[2])
    faults = type(world.esa.faults.document)
    world.esa.faults.set(faults.model_validate({"faults": [lost, silent]}))

    with pytest.raises(PrefetchError, match="it is not known whether") as caught:
        rerun(world, outs)

    assert "stopped now" not in str(caught.value)
    assert world.status() == "running"


def test_a_plan_that_is_gone_after_stop_is_not_reported_as_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World("running")
    outs = created(world)
    handle = world.wire.handle_request

    def deleting(request: httpx.Request) -> httpx.Response:
        if request.headers["x-acs-action"] == START:
            world.client.delete_scheduled_preload_execution(plan_id=PLAN)
        return handle(request)

    monkeypatch.setattr(world.wire, "handle_request", deleting)

    with pytest.raises(PrefetchError, match="does not exist") as caught:
        rerun(world, outs)

    assert "stopped now" not in str(caught.value)


def test_all_calls_of_a_rerun_share_one_deadline() -> None:
    wrong = {"kind": "server-error", "probability": 0.8}
    for seed in range(12):
        world = World("running", deadline=20.0)
        outs = created(world)
        faults = type(world.esa.faults.document)
        world.esa.faults.set(faults.model_validate({"seed": seed, "faults": [wrong]}))
        world.clock.advance(MAX_AGE + 1)
        began = world.clock.monotonic()

        with suppress(PrefetchError):
            rerun(world, outs)

        assert world.clock.monotonic() - began <= 20.0 + 2 * LEAST_SECONDS, seed


def test_a_failure_before_stop_says_nothing_of_it() -> None:
    world = World("finished", faults=(fault({"kind": "denied"}),))
    outs = created(world)

    with pytest.raises(PrefetchError) as caught:
        rerun(world, outs)

    assert "stopped now" not in str(caught.value)


def test_a_stop_that_fails_leaves_all_as_it_was() -> None:
    world = World("running", faults=(fault({"kind": "denied"}, action=STOP),))
    outs = created(world)

    with pytest.raises(PrefetchError, match="was not stopped"):
        rerun(world, outs)

    assert world.writes() == [STOP]
    assert world.status() == "running"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_reset_whose_answer_is_lost_is_repeated(when: str) -> None:
    lost = fault({"kind": "reset", "when": when}, action=RESET)
    world = World("running", faults=(lost,))
    outs = created(world)

    assert rerun(world, outs)["status"] == "running"
    assert world.calls(RESET) == 2
    assert world.effects().count(START) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_start_of_a_rerun_has_one_effect(when: str) -> None:
    world = World("running", faults=(fault({"kind": "reset", "when": when}),))
    outs = created(world)

    assert rerun(world, outs)["status"] == "running"
    assert world.effects().count(START) == 1


def test_a_rerun_lists_first_because_the_state_may_be_old() -> None:
    world = World("running")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=outs["plan_id"])
    world.next_process()

    rerun(world, outs)

    assert world.writes() == [STOP, RESET, START]


def test_a_plan_that_runs_on_after_stop_is_not_started_again() -> None:
    stale = fault({"kind": "stale", "seconds": 3600.0}, action=LIST, every=1)
    lacks = fault({"kind": "missing-keys", "keys": "Status"}, action=STOP)
    world = World("running", faults=(lacks, stale))
    outs = created(world)

    with pytest.raises(PrefetchError, match="ESA accepted Stop and says that the plan"):
        rerun(world, outs)

    assert world.calls(START) == 0
