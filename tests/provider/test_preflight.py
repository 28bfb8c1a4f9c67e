"""What ``check`` reports before anything is done, and the limits that are enforced right before a Start."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.plan_list import PlanList
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.provider import hook_call
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.plan_cache import ListCall
from pulumi_esa_prefetch.provider.plan_decision import WAITING_CANNOT_STOP
from pulumi_esa_prefetch.settings.esa_answers import EsaAnswers
from tests.provider.world import (
    ID,
    JOB,
    LIST,
    PLAN,
    START,
    World,
    created,
    fault,
    props,
)
from tests.support.local_esa import plan_id

GET = "GetScheduledPreloadJob"
SLOW = Limits(max_origin_urls_per_second=0.001, enforce={"rate": "deny"})
AGAIN = {"triggers": {"release": "2"}}
STOPPED = {"desired_state": "stopped"}


def check(
    world: World, limits: Limits | None, olds: dict[str, Any], **declared: Any
) -> list[str]:
    world.session.limits = limits
    return [f.reason for f in world.provider.check(olds, props(**declared)).failures]


def test_a_start_beyond_a_limit_is_denied() -> None:
    world = World("stopped")

    said = check(world, SLOW, {})

    assert said == [
        f"plan {PLAN} would load www.example.com with 0.00167 URLs/s, above the limit of 0.001"
    ]
    assert (world.calls(LIST), world.calls(GET)) == (1, 1)
    assert (world.writes(), world.calls(GET)) == ([], 1)


def test_a_start_beyond_a_limit_that_only_warns_is_one_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("stopped")
    limits = Limits(max_origin_urls_per_second=0.001)

    said = [check(world, limits, {}) for _ in range(3)]

    assert said == [[], [], []]
    assert capsys.readouterr().out.count("above the limit of 0.001") == 1
    assert world.calls(GET) == 1


def test_a_window_that_is_over_is_denied() -> None:
    world = World("stopped", start="-2h", end="-1h")

    assert "its window ended" in check(world, Limits(enforce={"past": "deny"}), {})[0]


def test_the_job_that_other_plans_share_is_counted_with_them() -> None:
    world = World("stopped", "running", end="+1h")
    fit = Limits(enforce="deny")

    assert "URLs not submitted" in check(world, fit, {})[0]


@pytest.mark.parametrize(
    ("status", "declared"),
    [
        ("running", {}),
        ("finished", {}),
        ("running", {"desired_state": "stopped"}),
        ("stopped", {"job_id": None}),
    ],
    ids=["adopted", "done", "to be stopped", "job unknown"],
)
def test_what_is_not_about_to_start_is_not_judged(
    status: str, declared: dict[str, Any]
) -> None:
    assert check(World(status), SLOW, {}, **declared) == []


@pytest.mark.parametrize(
    ("olds", "declared", "judged"),
    [
        (props(), AGAIN, True),
        (props(desired_state="stopped"), {}, True),
        (props(), {}, False),
        (props(), {"on_destroy": "leave"}, False),
        (props(desired_state="stopped"), {"desired_state": "stopped", **AGAIN}, False),
        (props(rerun="nonsense"), AGAIN, False),
    ],
    ids=[
        "triggers",
        "wanted again",
        "same",
        "recorded",
        "stopped",
        "old one unreadable",
    ],
)
def test_a_recorded_plan_that_will_run_again_is_only_warned_of_because_its_window_may_change(
    olds: dict[str, Any],
    declared: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    *,
    judged: bool,
) -> None:
    world = World("finished")

    said = [check(world, SLOW, olds, **declared) for _ in range(2)]

    assert said == [[], []]
    told = capsys.readouterr().out
    assert told.startswith("esa-prefetch: warning: plan ") is judged
    denied = "0.001: esa-prefetch:limits deny it as it stands; this is judged again right before the Start"
    assert told.count(denied) == judged
    assert bool(world.esa.history) is judged


def test_a_warning_about_a_recorded_plan_does_not_announce_a_second_check(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slow = Limits(max_origin_urls_per_second=0.001)

    assert check(World("finished"), slow, props(), **AGAIN) == []
    told = capsys.readouterr().out
    assert told.startswith("esa-prefetch: warning: plan ")
    assert told.endswith("above the limit of 0.001\n")


FROZEN = Limits.parse(
    '{"freeze": [{"name": "launch", "window": "2026-11-11T00:00Z/P1D"}], "enforce": "deny"}'
)
EVE = datetime(2026, 11, 10, tzinfo=UTC)


def window(start: str, end: str, **more: Any) -> dict[str, Any]:
    """Triggers as SitePrefetch gives them; numbers arrive as floats."""
    pace = {"interval": 600.0, "slice_len": 100.0}
    times = {"start_time": start, "end_time": end}
    return {"triggers": {"window": {**pace, **times, **more}}}


IN_THE_FREEZE = window("2026-11-11T08:00:00Z", "2026-11-11T12:00:00Z")
AFTER_IT = window("2026-11-12T08:00:00Z", "2026-11-12T12:00:00Z")


def test_a_window_that_is_moved_out_of_a_freeze_is_not_refused() -> None:
    world = World("waiting", now=EVE, start="+32h", end="+40h")

    assert check(world, FROZEN, props(**IN_THE_FREEZE), **AFTER_IT) == []


def test_a_window_that_is_moved_into_a_freeze_is_refused_before_it_is_moved() -> None:
    world = World("waiting", now=EVE, start="+56h", end="+60h")

    said = check(world, FROZEN, props(**AFTER_IT), **IN_THE_FREEZE)

    assert len(said) == 1
    assert (
        "would start at 2026-11-11T08:00:00Z, in the freeze window 'launch'"
        in (said[0])
    )


def test_that_a_window_of_several_does_not_hold_the_list_is_not_refused_early(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("waiting", now=EVE, start="+56h", end="+60h")
    short = window("2026-11-12T08:00:00Z", "2026-11-12T12:00:00Z", slice_len=1.0)

    assert check(world, FROZEN, props(), **short) == []
    assert "this is judged again right before the Start" in capsys.readouterr().out


@pytest.mark.parametrize(
    "triggers",
    [{"window": "night"}, {"window": {"interval": "often"}}, {"window": {}}],
    ids=str,
)
def test_triggers_that_mean_something_else_are_no_window(
    triggers: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(World("finished"), SLOW, props(), triggers=triggers) == []
    assert "judged again right before" in capsys.readouterr().out


def test_a_recorded_plan_that_is_gone_is_left_to_refresh() -> None:
    world = World()

    assert check(world, SLOW, props(), **AGAIN) == []


@pytest.mark.parametrize(
    ("olds", "declared"),
    [
        (props(), {}),
        (props(), {"on_destroy": "leave"}),
        (props(**STOPPED), STOPPED),
        (props(**STOPPED), STOPPED | AGAIN),
        (props(**STOPPED), {}),
    ],
    ids=["same", "recorded", "stopped", "stopped, triggers", "wanted again"],
)
def test_a_recorded_plan_whose_update_cannot_be_refused_is_not_listed(
    olds: dict[str, Any], declared: dict[str, Any]
) -> None:
    world = World("waiting")

    assert check(world, None, olds, **declared) == []
    assert world.esa.history == []


def test_a_waiting_plan_that_is_declared_stopped_is_refused_before_it_is_created() -> (
    None
):
    world = World("waiting", start="+1h")

    assert check(world, None, {}, **STOPPED) == [f"plan {ID} {WAITING_CANNOT_STOP}"]


@pytest.mark.parametrize("start", ["-1h", "+30s"])
def test_a_waiting_plan_whose_window_may_be_open_by_then_may_be_declared_stopped(
    start: str,
) -> None:
    assert check(World("waiting", start=start), None, {}, **STOPPED) == []


def test_with_verify_off_nothing_is_reported_about_a_plan_that_cannot_be_stopped(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("waiting", start="+1h")
    world.session.verify = False

    assert check(world, None, {}, **STOPPED) == []
    assert check(world, None, props(**STOPPED), **STOPPED) == []
    assert (capsys.readouterr().out, world.esa.history) == ("", [])


IN_TIME, OVER, SOON = ("-1h", "+8h"), ("-2h", "-1h"), ("+30s", "+8h")
WILL_BE = "; its update will be refused unless this run changes that first\n"


def test_an_update_that_will_be_refused_is_warned_of_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("waiting", start="+1h")

    said = [check(world, None, props(), **STOPPED) for _ in range(2)]

    told = capsys.readouterr().out
    assert said == [[], []]
    assert told.startswith(f"esa-prefetch: warning: plan {ID} is waiting and ESA stops")
    assert told.endswith(WILL_BE)
    assert told.count("\n") == 1
    assert world.calls(LIST) == 1


def test_a_rerun_after_the_window_is_warned_of(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("finished", start=OVER[0], end=OVER[1])

    assert check(world, None, props(), **AGAIN) == []
    told = capsys.readouterr().out
    assert "cannot run again, because its window is over" in told
    assert told.endswith(WILL_BE)


@pytest.mark.parametrize(
    ("status", "start", "end", "question", "declared"),
    [
        ("waiting", "+1h", "+8h", "stop-waiting", STOPPED),
        ("finished", *OVER, "start-late", AGAIN),
    ],
)
def test_what_a_probe_has_seen_refused_is_an_error_in_place_of_the_warning(
    status: str,
    start: str,
    end: str,
    question: str,
    declared: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(status, start=start, end=end)
    world.session.answers = EsaAnswers(((question, "refused"),))

    (problem,) = check(world, None, props(), **declared)

    assert problem.startswith(f"plan {ID} ")
    assert problem.endswith(
        f"; esa-prefetch:answers say that ESA refuses it ({question})"
    )
    assert capsys.readouterr().out == ""
    assert world.writes() == []


@pytest.mark.parametrize("answer", ["ignored", "accepted"])
def test_any_other_answer_of_a_probe_leaves_the_warning(
    answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("waiting", start="+1h")
    world.session.answers = EsaAnswers(
        (("start-late", "refused"), ("stop-waiting", answer))
    )

    assert check(world, None, props(), **STOPPED) == []
    assert capsys.readouterr().out.endswith(WILL_BE)


@pytest.mark.parametrize(
    ("status", "times", "declared"),
    [
        ("finished", IN_TIME, AGAIN),
        ("running", IN_TIME, STOPPED),
        ("waiting", SOON, STOPPED),
        ("gone", IN_TIME, AGAIN),
        (
            "finished",
            OVER,
            window("2040-11-11T08:00:00Z", "2040-11-11T12:00:00Z"),
        ),
        (
            "finished",
            OVER,
            {"triggers": {"release": UNKNOWN}},
        ),
    ],
    ids=["in time", "running", "about to open", "gone", "moved", "unknown"],
)
def test_an_update_that_may_be_carried_out_is_not_warned_of(
    status: str,
    times: tuple[str, str],
    declared: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(*[status] * (status != "gone"), start=times[0], end=times[1])

    assert check(world, None, props(), **declared) == []
    assert capsys.readouterr().out == ""


def test_a_failed_list_of_a_recorded_plan_fails_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("waiting", faults=(fault({"kind": "denied"}, action=LIST, every=1),))

    assert check(world, None, props(), **STOPPED) == []
    assert "not verified: " in capsys.readouterr().out


def test_a_job_that_cannot_be_read_fails_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("stopped", faults=(fault({"kind": "denied"}, action=GET),))

    assert check(world, SLOW, {}) == []
    assert check(world, SLOW, {}, plan_id=plan_id(9)) == []
    assert f"esa:{GET}" in capsys.readouterr().out


NO_PACE = fault({"kind": "missing-keys", "keys": "Interval"}, action=LIST, every=1)


@pytest.mark.parametrize("olds", [{}, props()], ids=["new", "on record"])
def test_check_reports_nothing_about_a_plan_without_a_pace(
    olds: dict[str, Any],
) -> None:
    assert check(World("stopped", faults=(NO_PACE,)), SLOW, olds, **AGAIN) == []


def test_check_does_not_wait_for_another_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hook_call, "BRIEF_SECONDS", 0.05)
    world = World("stopped")
    asked, answer = threading.Event(), threading.Event()

    def slow(job_id: str) -> PlanList:
        asked.set()
        answer.wait(30)
        return world.client.list_scheduled_preload_executions(job_id=job_id)

    with ThreadPoolExecutor(1) as pool:
        patient = pool.submit(world.session.plan_cache.find, JOB, PLAN, ListCall(slow))
        assert asked.wait(5)
        assert check(world, SLOW, {}) == []
        assert world.session.verify
        answer.set()

    assert patient.result() is not None


# right before the Start


def limited(world: World, limits: Limits) -> World:
    world.session.limits = limits
    return world


def test_a_start_that_check_did_not_judge_is_denied_before_the_call() -> None:
    world = limited(World("stopped"), SLOW)
    world.session.verify = False
    assert world.provider.check({}, props()).failures == []

    with pytest.raises(PrefetchError, match=r"limits deny it: .* above the limit of"):
        created(world)

    assert (world.writes(), world.calls(GET)) == ([], 1)


def test_a_plan_that_somebody_else_stopped_is_denied_before_the_call() -> None:
    world = World("running")
    outs = created(world)
    world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    limited(world, SLOW).next_process().session.limits = SLOW
    seen = world.provider.read(ID, outs).outs
    assert world.provider.check(props(), props()).failures == []

    with pytest.raises(PrefetchError, match="limits deny it"):
        world.provider.update(ID, seen or {}, props())

    assert (world.calls(START), world.status()) == (0, "stopped")


def test_a_rerun_is_denied_before_the_plan_is_stopped() -> None:
    world = World("running")
    outs = created(world)

    with pytest.raises(PrefetchError, match="limits deny it"):
        limited(world, SLOW).provider.update(ID, outs, props(**AGAIN))

    assert (world.effects(), world.status()) == ([], "running")


@pytest.mark.parametrize(
    ("limits", "denied"),
    [
        (SLOW, True),
        (Limits(enforce={"past": "deny"}), True),
        (Limits.parse('{"freeze": ["2020-01-01T00:00Z/P1D"]}'), False),
        (
            Limits.parse(
                '{"freeze": ["2020-01-01T00:00Z/P1D"], "enforce": {"freeze": "deny"}}'
            ),
            False,
        ),
        (
            Limits.parse(
                '{"freeze": ["2020-01-01T00:00Z/9000-01-01T00:00Z"],'
                ' "enforce": {"freeze": "deny"}}'
            ),
            True,
        ),
        (Limits(max_origin_urls_per_second=0.001), False),
        (Limits(enforce={"rate": "deny"}), False),
    ],
    ids=["rate", "past", "warns", "thawed", "frozen", "warns of rate", "no rate"],
)
def test_without_a_job_what_may_be_denied_asks_for_it(
    limits: Limits, *, denied: bool
) -> None:
    world = limited(World("stopped"), limits)

    if denied:
        with pytest.raises(PrefetchError, match=r"limits deny, .*: give job_id"):
            world.provider.create({"plan_id": PLAN})
    else:
        world.provider.create({"plan_id": PLAN})

    assert world.writes() == ([] if denied else [START])


def test_a_job_that_cannot_be_read_is_not_started_against_a_denial() -> None:
    world = World("stopped", faults=(fault({"kind": "denied"}, action=GET),))

    with pytest.raises(PrefetchError, match=f"cannot be judged: .*esa:{GET}"):
        created(limited(world, SLOW))

    assert world.calls(START) == 0


@pytest.mark.parametrize(
    "limits", [Limits(max_origin_urls_per_second=0.001), Limits()], ids=str
)
def test_where_nothing_is_denied_a_start_costs_no_further_call(limits: Limits) -> None:
    world = limited(World("stopped"), limits)

    assert created(world)["status"] == "running"
    assert world.writes() == [START]
    assert world.calls(LIST) == 1


@pytest.mark.parametrize("pace", [{"Interval": None}, {"SliceLen": -1}], ids=str)
def test_a_plan_without_a_pace_is_not_started_against_a_denial(
    pace: dict[str, Any],
) -> None:
    world = World("stopped")
    known = world.client.list_scheduled_preload_executions(job_id=JOB)[0]
    wrong = known.model_dump(by_alias=True, mode="json") | pace
    world.wire.spoiled = {LIST: {"Executions": [wrong]}}

    with pytest.raises(PrefetchError, match="cannot be judged: ESA does not say its"):
        created(limited(world, SLOW))

    assert world.calls(START) == 0


def frozen_from(now: datetime, hours: int) -> Limits:
    begin = now + timedelta(hours=hours)
    return Limits.model_validate(
        {"freeze": [{"name": "launch", "window": f"{begin:%Y-%m-%dT%H:%MZ}/PT4H"}]}
        | {"enforce": {"freeze": "deny"}}
    )


@pytest.mark.parametrize("first", ["create", "update"])
def test_a_window_that_was_moved_into_a_freeze_in_this_run_is_not_started(
    first: str,
) -> None:
    world = World("waiting", "waiting", start="+1h", end="+2h")
    outs = created(world)
    provider = limited(world, frozen_from(world.clock.now(), 24)).provider
    created(world, plan_id=plan_id(2))  # the job's list is cached now
    moved = world.clock.now() + timedelta(hours=25)
    world.client.update_scheduled_preload_execution(
        plan_id=PLAN, start_time=moved, end_time=moved + timedelta(hours=1)
    )
    before = world.calls(START)

    starts: dict[str, Callable[[], object]] = {
        "create": partial(provider.create, props()),
        "update": partial(provider.update, ID, outs, props(**AGAIN)),
    }

    with pytest.raises(PrefetchError, match="in the freeze window 'launch'"):
        starts[first]()

    assert world.calls(START) == before


def test_the_job_is_listed_again_before_a_start_that_may_be_denied() -> None:
    world = World("stopped", end="+200h")
    limits = Limits(enforce="deny")
    assert check(world, limits, {}) == []
    assert world.calls(GET) == 1
    world.wire.spoiled = {GET: {"UrlCount": 5000}}

    with pytest.raises(PrefetchError, match="URLs not submitted"):
        created(world)

    assert world.calls(START) == 0


def test_a_plan_that_has_finished_since_it_was_listed_is_not_run_again() -> None:
    world = World("waiting", start="+10s", end="+15s")
    limited(world, Limits(max_origin_urls_per_second=50, enforce={"rate": "deny"}))
    assert world.provider.check({}, props()).failures == []
    world.clock.advance(20)

    assert created(world)["status"] == "finished"
    assert world.calls(START) == 0


def test_a_start_within_the_limits_is_made() -> None:
    limits = Limits(max_origin_urls_per_second=50, enforce={"rate": "deny"})

    assert created(limited(World("stopped"), limits))["status"] == "running"
