"""One line per plan that is not left alone: what would be done in a preview, what was done in an `up`."""

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import job, job_id, plan, plan_id, seed

SEED = seed(
    job(1, [plan(1, "stopped"), plan(2, "running"), plan(3, "finished")]),
    job(2, [plan(4, "finished")]),
)
PLANS = {
    name: {"planId": plan_id(number), "jobId": job_id(1 if number < 4 else 2)}
    for number, name in enumerate(["stopped", "running", "finished", "again"], 1)
}


@pytest.mark.thorough
def test_a_preview_and_an_up_say_the_same_of_each_plan_and_nothing_of_an_unchanged_one(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(emulator(SEED))
    stack_.declare(PLANS)

    previewed = stack_.check("preview").diagnostics()
    upped = stack_.up().diagnostics()
    unchanged = stack_.check("preview").diagnostics()
    stack_.declare(PLANS | {"again": PLANS["again"] | {"triggers": {"release": "2"}}})
    changed = stack_.check("preview").diagnostics()
    done = stack_.up().diagnostics()

    assert previewed == {
        "stopped": "will be started: is stopped\n",
        "running": "will be adopted: is running\n",
        "finished": "will be adopted: is finished\n",
        "again": "will be adopted: is finished\n",
    }
    assert upped == {
        "stopped": "started: was stopped\n",
        "running": "adopted: is running\n",
        "finished": "adopted: is finished\n",
        "again": "adopted: is finished\n",
    }
    assert unchanged == {}
    assert changed == {"again": "will be reset and started: triggers changed\n"}
    assert done == {"again": "reset and started: triggers changed\n"}


@pytest.mark.slow
def test_two_stacks_of_one_plan_say_that_something_has_undone_what_they_did(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    runs, stops = stack(esa), stack(esa)
    runs.declare({"one": PLANS["stopped"]})
    stops.declare({"one": PLANS["stopped"] | {"desiredState": "stopped"}})
    runs.up()

    first = stops.up().diagnostics()
    previewed = runs.check("preview", "--refresh").diagnostics()
    again = runs.up("--refresh").diagnostics()
    reverse = stops.up("--refresh").diagnostics()

    started = "this stack started it, and it was found stopped\n"
    stopped = "this stack stopped it, and it was found running\n"
    assert first == {"one": "stopped: was running\n"}
    assert previewed == {"one": f"will be started again: {started}"}
    assert again == {"one": f"started again: {started}"}
    assert reverse == {"one": f"stopped again: {stopped}"}


@pytest.mark.thorough
def test_refused_keys_fail_a_preview_at_the_plan_and_no_network_is_a_warning_on_it(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED)
    stack_ = stack(esa)
    stack_.declare({"stopped": PLANS["stopped"]})
    keys = dict(stack_.variables)

    stack_.variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"] = "wrong"
    refused = stack_.run("preview")
    del stack_.variables["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    half = stack_.run("preview")
    stack_.variables |= keys | {"ESA_ENDPOINT": "http://127.0.0.1:9"}
    unreached = stack_.run("preview")

    assert (refused.code, half.code, unreached.code) == (1, 1, 0)
    failure = "property plan_id value {" + plan_id(1) + "} has a problem: plan "
    for result, reason in [(refused, "SignatureDoesNotMatch"), (half, "SECRET")]:
        said = result.diagnostics()["stopped"]
        assert failure in said
        assert reason in said
    warning = unreached.diagnostics()["stopped"]
    assert warning.startswith("warning: not verified: ")


@pytest.mark.slow
def test_of_the_plans_of_one_job_whose_triggers_change_one_resets_it_in_a_preview_and_an_up(
    emulator: Emulators, stack: Stacks
) -> None:
    done = [plan(number, "finished") for number in (1, 2, 3)]
    stack_ = stack(emulator(seed(job(1, done))))
    plans = {
        f"p{number}": {"planId": plan_id(number), "jobId": job_id(1)}
        for number in (1, 2, 3)
    }
    stack_.declare(plans)
    stack_.up()
    again = {"triggers": {"release": "2"}}
    stack_.declare({name: {**given, **again} for name, given in plans.items()})

    previewed = stack_.check("preview").diagnostics()
    upped = stack_.up().diagnostics()

    assert sorted(previewed.values()) == [
        "will be reset and started: triggers changed\n",
        "will be started: triggers changed\n",
        "will be started: triggers changed\n",
    ]
    assert sorted(upped.values()) == [
        "reset and started: triggers changed\n",
        "started: triggers changed\n",
        "started: triggers changed\n",
    ]
