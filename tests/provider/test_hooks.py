"""The hooks as the host calls them: what they answer, what they call, what they say; ESA is the emulator."""

import json
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pulumi.dynamic import Config, ConfigureRequest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.models import PlanSpec
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.plan_cache import MAX_AGE
from tests.lifecycle.esa import job, job_id, plan, plan_id
from tests.provider.test_start import fault
from tests.provider.world import (
    DELETE,
    ID,
    JOB,
    LIST,
    PLAN,
    START,
    STOP,
    World,
    created,
    props,
)

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def traces() -> Iterator[None]:
    """What `configure` does to tracebacks does not outlive a test."""
    yield
    vars(sys).pop("tracebacklimit", None)


def configured(**config: str) -> PlanProvider:
    provider = PlanProvider()
    values = {f"esa-prefetch:{name}": value for name, value in config.items()}
    provider.configure(ConfigureRequest(Config(values, "project")))
    return provider


# configure


def test_traces_become_one_line_unless_debug_is_set() -> None:
    configured(endpoint="https://esa.test")
    assert sys.tracebacklimit == 0

    configured(endpoint="https://esa.test", debug="true")
    assert not hasattr(sys, "tracebacklimit")


def test_all_instances_of_a_process_share_a_session_of_the_same_settings() -> None:
    one, two = (
        configured(endpoint="https://a.test"),
        configured(endpoint="https://a.test"),
    )
    other = configured(endpoint="https://b.test")

    assert one.session is two.session
    assert one.session is not other.session


def test_a_setting_that_is_wrong_is_one_sentence_without_a_cause() -> None:
    with pytest.raises(PrefetchError, match="esa-prefetch:deadline") as caught:
        configured(deadline="soon")

    assert caught.value.__suppress_context__


def test_limits_that_cannot_be_read_are_one_sentence() -> None:
    with pytest.raises(PrefetchError, match=r"esa-prefetch:limits\.maxOrigin"):
        configured(limits='{"maxOriginUrlsPerSecond": -1}')


def test_limits_reach_the_session() -> None:
    limits = configured(limits='{"maxOriginUrlsPerSecond": 5}').session.limits

    assert limits is not None
    assert limits.max_origin_urls_per_second == 5
    assert configured().session.limits is None


def test_settings_reach_the_session() -> None:
    session = configured(deadline="7", verify="false").session

    assert (session.deadline, session.verify) == (7.0, False)


# check


def check(world: World, olds: dict[str, Any], **declared: Any) -> list[str]:
    result = world.provider.check(olds, props(**declared))
    return [f"{failure.property}: {failure.reason}" for failure in result.failures]


def test_check_returns_one_spelling_and_the_defaults() -> None:
    world = World("stopped")

    result = world.provider.check({}, {"plan_id": ID.upper(), "__provider": "gASV"})

    assert result.inputs["plan_id"] == PLAN
    assert result.inputs["job_id"] == JOB
    assert result.inputs["desired_state"] == "running"
    assert "__provider" not in result.inputs


def test_check_names_each_bad_property_and_asks_nobody() -> None:
    world = World("stopped")

    said = check(world, {}, plan_id="66599bd7", on_destroy="keep")

    assert said[0].startswith("plan_id: plan_id is not a plan id: 24 hex digits")
    assert said[1].startswith("on_destroy: on_destroy is none of 'stop', 'leave'")
    assert world.esa.history == []


def test_check_says_that_a_plan_that_is_about_to_be_created_does_not_exist() -> None:
    world = World("stopped")

    assert check(world, {}, plan_id=plan_id(9)) == [
        f"plan_id: plan {JOB}:{plan_id(9)} does not exist: check plan_id and job_id"
    ]
    assert check(world, {}) == []
    # one when it is asked, one when no list can lag behind the plan's making any more
    assert world.calls(LIST) == 2


def test_check_looks_up_a_plan_that_takes_the_place_of_another() -> None:
    world = World("stopped")

    assert check(world, props(), plan_id=plan_id(9)) != []
    assert check(world, props(), plan_id=plan_id(8)) != []
    assert world.calls(LIST) == 3  # the first absence is looked at twice


@pytest.mark.parametrize(
    ("olds", "declared"),
    [
        (props(), {}),
        (props(plan_id=f"{JOB}:{PLAN}", job_id=None), {}),
        ({}, {"job_id": None}),
        ({}, {"job_id": UNKNOWN}),
        ({}, {"plan_id": UNKNOWN}),
    ],
    ids=[
        "same plan",
        "same in another spelling",
        "no job",
        "job unknown",
        "plan unknown",
    ],
)
def test_check_does_not_look_where_nothing_is_created_or_known(
    olds: dict[str, Any], declared: dict[str, Any]
) -> None:
    world = World()

    assert check(world, olds, **declared) == []
    assert world.esa.history == []


def test_check_does_not_look_if_verify_is_off() -> None:
    world = World()
    world.session.verify = False

    assert check(world, {}, plan_id=plan_id(9)) == []
    assert world.esa.history == []


@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "reset", "when": "before"},
        {"kind": "throttle"},
        {"kind": "denied"},
        {"kind": "expired-token"},
        {"kind": "server-error"},
        {"kind": "truncated"},
    ],
    ids=lambda kind: kind["kind"],
)
def test_check_takes_no_other_failure_for_an_answer_and_says_so_once(
    kind: dict[str, Any], capsys: Said
) -> None:
    world = World("stopped", faults=(fault(kind, action=LIST, every=1),))

    said = [check(world, {}, plan_id=plan_id(n)) for n in (7, 8, 9)]

    assert said == [[], [], []]
    assert world.calls(LIST) == 1
    assert (
        capsys.readouterr().out.count("are not looked up before they are created") == 1
    )


def test_what_check_has_listed_serves_create() -> None:
    world = World("stopped")

    check(world, {})
    created(world)

    assert world.calls(LIST) == 1


def test_a_failed_look_of_check_does_not_stand_in_the_way_of_create() -> None:
    once = fault({"kind": "reset", "when": "before"}, action=LIST)
    world = World("stopped", faults=(once,))

    check(world, {})

    assert created(world)["status"] == "running"


# diff


def test_diff_of_what_is_as_declared_is_none() -> None:
    world = World("stopped")
    outs = created(world)

    result = world.provider.diff(ID, outs, world.provider.check({}, props()).inputs)

    assert (result.changes, result.replaces) == (False, None)


def test_diff_of_another_plan_deletes_first() -> None:
    world = World("stopped")

    result = world.provider.diff(ID, created(world), props(plan_id=plan_id(2)))

    assert result.changes
    assert result.replaces == ["plan_id"]
    assert result.delete_before_replace


def test_diff_calls_nothing() -> None:
    world = World()

    world.provider.diff(ID, props(status="stopped"), props(triggers={"a": "1"}))

    assert world.esa.history == []


ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
NAMES = st.sampled_from(
    ["plan_id", "job_id", "desired_state", "triggers", "status", "end_time", "x"]
)


@hypothesis_settings(max_examples=60)
@given(
    st.text() | st.just(ID),
    st.dictionaries(NAMES, ANY),
    st.dictionaries(NAMES, ANY),
)
def test_diff_and_check_raise_nothing_whatever_they_get(
    id_: str, olds: dict[str, Any], news: dict[str, Any]
) -> None:
    provider = PlanProvider()

    assert provider.diff(id_, olds, news).changes in {True, False}
    assert all(f.property in news for f in provider.check(olds, news).failures)


# create


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
    # At the usual pace of the Starts the list grows too old once or more.
    assert world.calls(LIST) <= 1 + world.clock.monotonic() // MAX_AGE
    assert world.calls(START) == 1000
    assert world.effects() == [START] * 1000


# read


def test_read_says_what_esa_says_and_keeps_the_rest() -> None:
    world = World("stopped")
    outs = created(world, triggers={"a": "1"})
    world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    result = world.provider.read(ID, outs)

    assert result.id == ID
    assert result.outs == outs | {"status": "stopped"}
    assert result.inputs is None


def test_reading_twice_changes_nothing() -> None:
    world = World("running")
    once = world.provider.read(ID, created(world)).outs
    assert once is not None
    world.next_process()

    assert world.provider.read(ID, once).outs == once


def test_read_drops_what_does_not_exist_any_more() -> None:
    world = World("running")
    outs = created(world)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    result = world.provider.read(ID, outs)

    assert (result.id, result.outs) == ("", {})


def test_read_drops_the_plans_of_a_job_that_is_gone_with_two_calls() -> None:
    world = World("running", "stopped")
    outs = [created(world, plan_id=plan_id(n)) for n in (1, 2)]
    world.client.delete_scheduled_preload_job(job_id=JOB)
    world.next_process()
    before = world.calls(LIST)

    for one in outs:
        assert world.provider.read(f"{JOB}:{one['plan_id']}", one).id == ""

    assert world.calls(LIST) == before + 2


def test_read_keeps_a_finished_plan_that_esa_has_cleared_away(capsys: Said) -> None:
    world = World("finished")
    outs = created(world)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    result = world.provider.read(ID, outs)

    assert (result.id, result.outs) == (ID, outs)
    assert "done is not to-do" in capsys.readouterr().out


@pytest.mark.parametrize(
    "kind",
    [
        {"kind": "reset"},
        {"kind": "throttle"},
        {"kind": "denied"},
        {"kind": "expired-token"},
        {"kind": "server-error"},
        {"kind": "truncated"},
        {"kind": "html", "status": 404},
        {"kind": "missing-keys", "keys": "Executions"},
    ],
    ids=lambda kind: "-".join(str(value) for value in kind.values()),
)
def test_read_takes_no_failure_for_an_absence(kind: dict[str, Any]) -> None:
    world = World("running", faults=(fault(kind, action=LIST, every=1),))

    with pytest.raises(PrefetchError, match=f"plan {ID} cannot be looked up"):
        world.provider.read(ID, props(status="running", desired_state="running"))


def test_a_thousand_reads_of_a_silent_esa_cost_one_deadline() -> None:
    world = World(faults=(fault({"kind": "throttle"}, action=LIST, every=1),))
    began = world.clock.monotonic()

    for number in range(1000):
        with pytest.raises(PrefetchError):
            world.provider.read(
                f"{JOB}:{plan_id(number)}", props(desired_state="running")
            )

    assert world.clock.monotonic() - began < 90


def test_get_reads_a_plan_of_somebody_else_without_a_declaration() -> None:
    world = World("running")

    outs = world.provider.read(ID, {"plan_id": ID, "__provider": "gASV"}).outs

    assert outs is not None
    assert (outs["plan_id"], outs["job_id"], outs["status"]) == (PLAN, JOB, "running")
    assert "desired_state" not in outs


def test_a_plan_of_somebody_else_is_refreshed_and_dropped_like_any() -> None:
    world = World("running")
    outs = world.provider.read(ID, {"plan_id": ID}).outs
    assert outs is not None

    assert world.provider.read(ID, outs).outs == outs
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    assert world.provider.read(ID, outs).id == ""


def test_get_of_a_missing_plan_is_an_error() -> None:
    with pytest.raises(PrefetchError, match="does not exist"):
        World().provider.read(ID, {"__provider": "gASV"})


@pytest.mark.parametrize("id_", ["", PLAN, f"{JOB}/{PLAN}", f"{JOB}:{PLAN}:x"])
def test_a_malformed_resource_id_is_one_sentence(id_: str) -> None:
    with pytest.raises(PrefetchError, match="is not a plan's resource id"):
        World().provider.read(id_, {})


# update


def update(world: World, outs: dict[str, Any], **declared: Any) -> dict[str, Any]:
    result = world.provider.update(ID, outs, props(**declared))
    assert result.outs is not None
    return result.outs


def test_update_records_what_needs_no_call() -> None:
    world = World("running")
    outs = created(world)
    world.next_process()
    before = len(world.esa.history)

    outs = update(world, outs, on_destroy="leave", restart_failed=False)

    assert (outs["on_destroy"], outs["restart_failed"]) == ("leave", False)
    assert len(world.esa.history) == before


def test_update_starts_a_plan_that_was_stopped_behind_its_back() -> None:
    world = World("running")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()
    refreshed = world.provider.read(ID, outs).outs
    assert refreshed is not None

    assert world.provider.diff(ID, refreshed, props()).changes
    assert update(world, refreshed)["status"] == "running"
    assert world.writes() == [STOP, START]


def test_update_does_not_start_what_runs_by_now() -> None:
    world = World("running")
    outs = created(world) | {"status": "stopped"}
    world.next_process()

    outs = update(world, outs)

    assert (outs["status"], outs["starts"]) == ("running", 0)
    assert world.writes() == []


def test_update_to_stopped_stops_what_was_waiting_and_runs_by_now() -> None:
    world = World("running")
    outs = created(world) | {"status": "waiting"}
    world.next_process()

    assert update(world, outs, desired_state="stopped")["status"] == "stopped"


def test_update_to_stopped_of_a_waiting_plan_is_refused() -> None:
    world = World("waiting", start="+1h")
    outs = created(world)

    with pytest.raises(PrefetchError, match="ESA stops only running plans"):
        update(world, outs, desired_state="stopped")

    assert world.writes() == [START]


def test_update_with_a_job_that_is_not_the_plans_is_refused() -> None:
    world = World("running")
    outs = created(world)

    with pytest.raises(PrefetchError, match=f"belongs to job {JOB}"):
        update(world, outs, job_id=job_id(2))

    assert world.writes() == []


def test_update_of_a_plan_that_is_gone_is_an_error() -> None:
    world = World("running")
    outs = created(world) | {"status": "stopped"}
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    world.next_process()

    with pytest.raises(PrefetchError, match="does not exist any more"):
        update(world, outs)


def test_a_record_that_cannot_be_read_is_named_by_its_property() -> None:
    outs = props(status="running", desired_state="somewhat")

    with pytest.raises(PrefetchError, match="desired_state is missing or wrong"):
        World("running").provider.update(ID, outs, props(on_destroy="leave"))


# delete


def destroyed(world: World, outs: dict[str, Any]) -> None:
    world.next_process().delete(ID, outs)


@pytest.mark.parametrize(
    ("status", "on_destroy", "calls", "left"),
    [
        ("running", "stop", [STOP], "stopped"),
        ("finished", "stop", [], "finished"),
        ("running", "leave", [], "running"),
        ("running", "delete", [STOP, DELETE], "gone"),
        ("finished", "delete", [DELETE], "gone"),
    ],
)
def test_delete_makes_the_calls_that_on_destroy_asks_for_and_no_others(
    status: str, on_destroy: str, calls: list[str], left: str
) -> None:
    world = World(status)

    destroyed(world, created(world, on_destroy=on_destroy))

    assert world.writes() == calls
    assert world.status() == left


def test_delete_leaves_a_waiting_plan_and_says_when_it_will_start(capsys: Said) -> None:
    world = World("waiting", start="+1h")
    outs = created(world)

    destroyed(world, outs)

    said = capsys.readouterr().out
    assert world.writes() == [START]
    assert f"it will still start at {outs['start_time']}" in said
    assert 'on_destroy="delete"' in said


def test_delete_of_a_waiting_plan_without_a_start_says_so(capsys: Said) -> None:
    world = World("waiting", start="+1h")
    outs = created(world)
    lacks = {"kind": "missing-keys", "keys": "StartTime", "every": 1}
    world.esa.faults.set(type(world.esa.faults.document)(faults=(lacks,)))

    destroyed(world, outs)

    assert "it will still start when ESA lets it" in capsys.readouterr().out


@pytest.mark.parametrize("on_destroy", ["stop", "delete"])
def test_delete_of_a_plan_whose_window_opened_since_it_was_listed_stops_it(
    on_destroy: str, capsys: Said
) -> None:
    world = World("waiting", start="+10s", end="+1h")
    outs = created(world, on_destroy=on_destroy)
    provider = world.next_process()
    provider.read(ID, outs)
    world.clock.advance(20)

    provider.delete(ID, outs)

    assert STOP in world.effects()
    assert "will still start" not in capsys.readouterr().out


def test_delete_of_a_plan_that_waits_for_a_window_to_come_needs_no_second_look() -> (
    None
):
    world = World("waiting", start="+1h", end="+2h")
    outs = created(world)

    destroyed(world, outs)

    assert world.calls(LIST) == 2


def test_delete_of_a_plan_in_an_unknown_status_says_that_it_is_left(
    capsys: Said,
) -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    known = world.client.list_scheduled_preload_executions(job_id=JOB)[0]
    shown = known.model_dump(by_alias=True, mode="json") | {"Status": "Pausing"}
    world.wire.spoiled = {LIST: {"Executions": [shown]}}

    destroyed(world, outs)

    assert world.writes() == []
    assert "does not know its status (pausing)" in capsys.readouterr().out


def test_a_plan_younger_than_the_list_is_not_dropped_by_it() -> None:
    world = World("waiting", start="+1h", end="+2h")
    outs = created(world)
    end = world.clock.now() + timedelta(hours=1)
    window = PlanSpec(end_time=end, interval=60, slice_len=1)
    made = world.client.create_scheduled_preload_executions(
        job_id=JOB, executions=[window]
    )
    young = f"{JOB}:{made.plans[0].id}"

    assert world.provider.read(young, outs | {"plan_id": young}).id == young
    assert world.calls(LIST) == 2


def test_delete_of_what_is_gone_is_done() -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    destroyed(world, outs)

    assert world.writes() == [DELETE]


def test_delete_of_what_goes_between_look_and_call_is_done() -> None:
    world = World("stopped")
    outs = created(world, desired_state="stopped", on_destroy="delete")
    world.next_process().session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    world.provider.delete(ID, outs)

    assert world.writes() == [DELETE, DELETE]


@pytest.mark.parametrize(
    ("on_destroy", "calls"), [("stop", [STOP]), ("delete", [STOP, DELETE])]
)
def test_delete_of_a_running_plan_that_goes_between_look_and_stop_is_done(
    on_destroy: str, calls: list[str]
) -> None:
    world = World("running")
    outs = created(world, on_destroy=on_destroy)
    world.next_process().session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    world.provider.delete(ID, outs)

    assert world.writes() == [DELETE, *calls]


def test_delete_of_a_plan_that_goes_while_the_answer_to_stop_is_lost_is_done() -> None:
    lost = fault({"kind": "reset", "when": "before"}, action=STOP)
    world = World("running", faults=(lost,))
    outs = created(world)
    world.next_process().session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    world.provider.delete(ID, outs)

    assert world.writes() == [DELETE, STOP]


@pytest.mark.parametrize(
    ("on_destroy", "calls", "warned"),
    [("stop", [STOP], True), ("delete", [STOP, DELETE], False)],
)
def test_delete_of_a_plan_that_waits_when_it_is_stopped_warns(
    on_destroy: str, calls: list[str], capsys: Said, *, warned: bool
) -> None:
    world = World("running")
    outs = created(world, on_destroy=on_destroy)
    world.wire.spoiled = {STOP: {"Status": "waiting"}}

    destroyed(world, outs)

    assert world.writes() == calls
    assert ("it will still start when" in capsys.readouterr().out) is warned


def test_the_deletion_of_all_plans_of_a_job_that_is_gone_costs_two_looks() -> None:
    world = World(*["running"] * 5)
    all_outs = [created(world, plan_id=plan_id(n)) for n in range(1, 6)]
    world.client.delete_scheduled_preload_job(job_id=JOB)
    provider, before = world.next_process(), world.calls(LIST)

    for outs in all_outs:
        provider.delete(f"{JOB}:{outs['plan_id']}", outs)

    assert world.calls(LIST) == before + 2


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delete_whose_answer_is_lost_is_repeated(when: str) -> None:
    lost = fault({"kind": "reset", "when": when}, action=DELETE)
    world = World("finished", faults=(lost,))

    destroyed(world, created(world, on_destroy="delete"))

    assert world.status() == "gone"
    assert world.calls(DELETE) == 2


@pytest.mark.parametrize("action", [LIST, STOP, DELETE])
def test_a_delete_that_fails_is_an_error_about_that_plan(action: str) -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    denied = {"kind": "denied", "actions": [action]}
    world.esa.faults.set(type(world.esa.faults.document)(faults=(denied,)))

    with pytest.raises(PrefetchError, match=f"plan {ID} "):
        destroyed(world, outs)


def test_a_running_plan_whose_deletion_esa_refuses_is_stopped_first() -> None:
    world = World("running", dialects=("delete-running-refused",))

    destroyed(world, created(world, on_destroy="delete"))

    assert world.status() == "gone"


@pytest.mark.parametrize("first", ["create", "update", "check"])
def test_delete_leaves_what_this_run_declares_under_another_name(
    first: str, capsys: Said
) -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")
    world.next_process()
    if first == "create":
        world.provider.create(props())
    elif first == "check":
        assert check(world, {}) == []
    else:
        world.provider.update(ID, outs, props(on_destroy="delete"))

    world.provider.delete(ID, outs)

    assert world.writes() == []
    assert "this run declares it under another record" in capsys.readouterr().out


def test_a_second_delete_of_the_same_plan_is_done() -> None:
    world = World("running")
    outs = created(world, on_destroy="delete")

    destroyed(world, outs)
    world.provider.delete(ID, outs)

    assert world.writes() == [STOP, DELETE]


# secrets


def test_no_value_of_a_trigger_and_no_key_is_in_an_error_or_a_line(
    capsys: Said,
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
