"""Start with lost, unusable and refused answers: a plan is started once, and errors say what is known."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.messages import note
from pulumi_esa_prefetch.provider.plan_cache import MAX_AGE
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from tests.provider.world import (
    JOB,
    LIST,
    LOST_AFTER,
    LOST_BEFORE,
    PLAN,
    START,
    World,
    created,
    fault,
    fault_id,
    props,
)
from tests.support.local_esa import job, job_id, plan, plan_id

REFUSED_BEFORE = [
    {"kind": "throttle"},
    {"kind": "throttle", "status": 429, "retry_after": 2},
    {"kind": "throttle", "code": "Throttling.User", "retry_after_ms": 1500},
]


@pytest.mark.parametrize("kind", LOST_AFTER, ids=fault_id)
def test_an_answer_lost_after_the_effect_is_looked_up_and_nothing_is_repeated(
    kind: dict[str, Any],
) -> None:
    world = World("stopped", faults=(fault(kind),))

    outs = created(world)

    assert (outs["status"], outs["starts"]) == ("running", 1)
    assert world.calls(START) == 1
    assert world.calls(LIST) == 2


@pytest.mark.parametrize("kind", LOST_BEFORE, ids=fault_id)
@pytest.mark.parametrize("status", ["stopped", "failed", "waiting"])
def test_a_start_lost_before_the_effect_is_repeated(
    kind: dict[str, Any], status: str
) -> None:
    start = "+1h" if status == "waiting" else "-1h"
    world = World(status, faults=(fault(kind),), start=start)

    outs = created(world)

    assert outs["status"] == world.status()
    assert outs["status"] in {"running", "waiting"}
    assert world.effects().count(START) == 1
    assert world.calls(START) == 2


@pytest.mark.parametrize("kind", REFUSED_BEFORE, ids=fault_id)
def test_a_throttled_start_is_repeated_without_a_list(kind: dict[str, Any]) -> None:
    world = World("stopped", faults=(fault(kind, times=3),))

    assert created(world)["status"] == "running"
    assert world.calls(START) == 4
    assert world.calls(LIST) == 1


def test_a_waiting_plan_whose_answers_are_lost_is_started_until_one_arrives() -> None:
    lost = fault({"kind": "reset", "when": "after"}, times=3)
    world = World("waiting", start="+1h", faults=(lost,), dialects=("new-plan-waits",))

    assert created(world)["status"] == "waiting"
    assert world.calls(START) == 4
    assert world.effects() == [START]


def test_a_start_that_never_gets_an_answer_ends_with_the_deadline() -> None:
    world = World(
        "stopped", faults=(fault({"kind": "reset", "when": "before"}, every=1),)
    )

    with pytest.raises(
        PrefetchError, match=rf"plan {JOB}:{PLAN} was not started: .*broke"
    ):
        created(world)

    assert world.effects() == []
    assert world.calls(START) < 60


def test_no_pause_reaches_beyond_the_deadline() -> None:
    lost = fault({"kind": "reset", "when": "before"}, every=1)
    world = World("stopped", faults=(lost,), deadline=0.2)

    with pytest.raises(PrefetchError, match="was not started"):
        created(world)

    assert world.calls(START) <= 3


def test_a_finished_plan_whose_start_was_lost_is_not_started_blindly_again() -> None:
    lost = fault({"kind": "reset", "when": "before"})
    world = World("finished", faults=(lost,))

    with pytest.raises(PrefetchError, match="it is not known whether plan"):
        created(world, restart_finished=True)

    assert world.calls(START) == 1
    world.next_process()
    assert created(world, restart_finished=True)["status"] == "running"
    assert world.effects() == [START]


def test_a_plan_that_ran_through_while_the_answer_was_lost_is_not_run_again() -> None:
    one = job(1, [plan(1, "stopped")], urls=1)
    world = World(jobs=[one], faults=(fault({"kind": "reset", "when": "after"}),))

    assert created(world)["status"] == "finished"
    assert world.calls(START) == 1


@pytest.mark.parametrize("key", ["Status", "JobId", "Id", "Interval", "StartTime"])
def test_an_answer_that_lacks_a_key_is_completed(key: str) -> None:
    world = World("stopped", faults=(fault({"kind": "missing-keys", "keys": key}),))

    outs = created(world)

    assert world.calls(START) == 1
    assert (outs["status"], outs["interval"], outs["job_id"]) == ("running", 600, JOB)
    assert outs["start_time"]


def test_a_start_that_esa_accepted_is_recorded_even_if_nothing_more_can_be_learnt(
    capsys: pytest.CaptureFixture[str],
) -> None:
    unread = fault({"kind": "missing-keys", "keys": "Status"})
    silent = fault({"kind": "denied"}, action=LIST, calls=[2])
    world = World("stopped", faults=(unread, silent))

    outs = created(world)

    assert (outs["status"], outs["starts"], outs["interval"]) == ("unknown", 1, 600)
    assert (
        "was started, its status is not known until a refresh"
        in capsys.readouterr().out
    )
    assert world.provider.diff(f"{JOB}:{PLAN}", outs, props()).changes is False


def test_a_lost_start_that_cannot_be_looked_up_says_what_is_not_known() -> None:
    lost = fault({"kind": "reset", "when": "after"})
    silent = fault({"kind": "denied"}, action=LIST, calls=[2])
    world = World("stopped", faults=(lost, silent))

    with pytest.raises(PrefetchError, match=r"it is not known whether .* was started"):
        created(world)

    world.next_process()
    assert created(world)["status"] == "running"
    assert world.effects() == [START]


@pytest.mark.parametrize(
    ("status", "dialect"),
    [("failed", "start-failed-refused"), ("finished", "start-finished-refused")],
)
def test_a_refused_start_is_an_error_and_nothing_is_repeated(
    status: str, dialect: str
) -> None:
    world = World(status, dialects=(dialect,))

    with pytest.raises(
        PrefetchError, match=rf"plan {JOB}:{PLAN} was not started: .*400"
    ):
        created(world, restart_finished=True)

    assert world.calls(START) == 1


def test_a_start_after_the_window_is_an_error_with_esas_code() -> None:
    world = World("stopped", start="-2h", end="-1h")

    with pytest.raises(PrefetchError, match=r"InvalidEndTime\.Mismatch"):
        created(world)


@pytest.mark.parametrize("look", ["new", "old"])
def test_a_start_refused_after_the_window_says_when_it_ended_and_what_to_do(
    look: str,
) -> None:
    denied = fault({"kind": "denied"}, action=LIST, calls=[2])
    world = World(
        "stopped",
        start="-2h",
        end="-1h",
        faults=(denied,) if look == "old" else (),
    )
    ended = r"its window ended at [0-9T:.-]+Z: "

    with pytest.raises(
        PrefetchError,
        match=rf"{PLAN} was not started: {ended}move its window, or declare it stopped",
    ):
        created(world)

    assert world.calls(START) == 1


def test_a_late_start_that_esa_accepts_is_not_refused_beforehand() -> None:
    late = ("start-late-accepted",)
    world = World("stopped", start="-2h", end="-1h", dialects=late)

    assert created(world)["starts"] == 1
    assert world.calls(START) == 1


def test_a_refused_window_that_is_not_over_is_an_error_with_esas_code() -> None:
    kind = {"kind": "throttle", "code": "InvalidEndTime.Mismatch", "status": 400}
    world = World("stopped", faults=(fault(kind),))

    with pytest.raises(PrefetchError) as caught:
        created(world)

    assert "InvalidEndTime.Mismatch" in str(caught.value)
    assert "its window ended" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "dialect"),
    [("failed", "start-failed-ignored"), ("finished", "start-finished-ignored")],
)
def test_a_start_that_esa_ignores_is_recorded_as_it_is_and_reported(
    status: str, dialect: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World(status, dialects=(dialect,))

    outs = created(world, restart_finished=True)

    assert (outs["status"], outs["starts"]) == (status, 1)
    assert (
        f"ESA accepted Start and says that the plan is {status}"
        in capsys.readouterr().out
    )


def started_elsewhere(world: World) -> None:
    world.session.plan_cache.find(JOB, PLAN)
    world.client.start_scheduled_preload_execution(plan_id=PLAN)


def test_a_start_refused_because_the_plan_runs_already_is_an_adoption() -> None:
    world = World("stopped", dialects=("start-running-refused",))
    started_elsewhere(world)

    outs = created(world)

    assert (outs["status"], outs["starts"]) == ("running", 0)
    assert world.effects() == [START]


@pytest.mark.parametrize(
    ("code", "adopted"), [("IncorrectStatus", True), ("InvalidParameter", False)]
)
def test_a_waiting_plan_that_esa_says_cannot_be_started_in_its_state_is_adopted(
    code: str, capsys: pytest.CaptureFixture[str], *, adopted: bool
) -> None:
    refusal = fault({"kind": "throttle", "code": code, "status": 400})
    world = World("waiting", start="+1h", faults=(refusal,))

    if adopted:
        outs = created(world)
        assert (outs["status"], outs["starts"]) == ("waiting", 0)
        assert (
            f"is left waiting for its window, because ESA refused Start: {START}"
            in (capsys.readouterr().out)
        )
    else:
        with pytest.raises(PrefetchError, match=code):
            created(world)
    assert world.calls(START) == 1


@pytest.mark.parametrize("start", ["-1h", None])
@pytest.mark.parametrize(
    ("code", "status"), [("InvalidStatus.Site", 400), ("SiteNotActive", 409)]
)
def test_a_waiting_plan_that_esa_does_not_start_in_its_window_is_not_started(
    code: str, status: int, start: str | None
) -> None:
    refusal = fault({"kind": "throttle", "code": code, "status": status}, every=1)
    one = plan(1, "waiting", start=start or "-1h")
    world = World(jobs=[job(1, [one])], dialects=("new-plan-waits",), faults=(refusal,))
    if start is None:
        known = world.client.list_scheduled_preload_executions(job_id=JOB)[0]
        shown = known.model_dump(by_alias=True, mode="json") | {"StartTime": ""}
        world.wire.spoiled = {LIST: {"Executions": [shown]}}

    with pytest.raises(PrefetchError, match=f"was not started: .*{code}"):
        created(world)

    assert world.calls(START) == 1


def test_a_plan_that_another_has_queued_is_adopted_when_start_is_refused() -> None:
    refusal = fault({"kind": "throttle", "code": "InvalidParameter", "status": 400})
    world = World("stopped", start="+1h", faults=({**refusal, "calls": [2]},))
    started_elsewhere(world)

    assert created(world)["status"] == "waiting"


@pytest.mark.parametrize(
    "spoiled", [{"Interval": "often"}, {"Id": plan_id(2)}, {"StartTime": "soon"}]
)
def test_an_accepted_start_whose_answer_cannot_be_understood_is_looked_up(
    spoiled: dict[str, object],
) -> None:
    world = World("stopped", "stopped")
    world.wire.spoiled = {START: spoiled}

    assert created(world)["status"] == "running"
    assert world.calls(START) == 1


def test_a_refused_start_that_cannot_be_looked_up_is_the_refusal() -> None:
    silent = fault({"kind": "denied"}, action=LIST, calls=[2])
    world = World("stopped", dialects=("start-running-refused",), faults=(silent,))
    started_elsewhere(world)

    with pytest.raises(PrefetchError, match="was not started"):
        created(world)


def test_a_plan_that_ran_through_before_a_refused_start_is_done() -> None:
    one = job(1, [plan(1, "stopped")], urls=1)
    world = World(jobs=[one], dialects=("start-finished-refused",))
    started_elsewhere(world)

    assert created(world)["status"] == "finished"


def test_a_key_that_may_not_start_is_named_with_the_right_that_it_lacks() -> None:
    world = World("stopped", faults=(fault({"kind": "denied"}),))

    with pytest.raises(PrefetchError, match=f"esa:{START}"):
        created(world)

    assert world.calls(LIST) == 1


def test_a_plan_deleted_between_list_and_start_does_not_exist() -> None:
    world = World("stopped")
    world.session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    with pytest.raises(PrefetchError, match=f"plan {JOB}:{PLAN} does not exist"):
        created(world)


def test_a_plan_deleted_while_the_answer_was_lost_does_not_exist() -> None:
    world = World("stopped", faults=(fault({"kind": "reset", "when": "before"}),))
    world.session.plan_cache.find(JOB, PLAN)
    world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    with pytest.raises(PrefetchError, match="does not exist any more"):
        created(world)


def test_without_a_job_start_is_the_look_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("stopped")

    made = world.provider.create({"plan_id": PLAN})

    assert made.id == f"{JOB}:{PLAN}"
    assert made.outs is not None
    assert made.outs["job_id"] == JOB
    assert world.writes() == [START]
    assert world.calls(LIST) == 0
    assert f"declare job_id {JOB}" in capsys.readouterr().out


def test_an_engine_that_is_gone_does_not_fail_a_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World("stopped")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        monkeypatch.setattr(sys, "stdout", broken)

        assert world.provider.create({"plan_id": PLAN}).id == f"{JOB}:{PLAN}"

        monkeypatch.undo()
        with suppress(OSError):
            broken.close()


def test_a_line_holds_no_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    note("a\x1b[2J\x9b2J\u202eb\r\nc")

    assert capsys.readouterr().out == "esa-prefetch: a?[2J?2J?b c\n"


def test_characters_that_stdout_cannot_write_do_not_fail_a_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World("stopped")
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    world.wire.spoiled = {START: {"Status": "failed"}}

    note("ESA \u8bf4 \udcff")
    outs = created(world)

    assert outs["starts"] == 1
    said = written.getvalue().decode("ascii")
    assert said.startswith("esa-prefetch: ESA \\u8bf4 ?\n")
    assert "ESA accepted Start and says that the plan is failed" in said


def test_a_closed_stdout_does_not_fail_a_start(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    closed.close()
    monkeypatch.setattr(sys, "stdout", closed)

    note("nobody hears it")


def test_the_list_after_a_lost_start_may_come_after_the_deadline() -> None:
    world = World("stopped", deadline=20.0)
    handle = world.wire.handle_request

    def late(request: httpx.Request) -> httpx.Response:
        answer = handle(request)
        if request.headers["x-acs-action"] == START:
            world.clock.advance(30)
            raise httpx.ReadTimeout("too late", request=request)
        return answer

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.wire, "handle_request", late)
        outs = created(world)

    assert (outs["status"], outs["starts"]) == ("running", 1)
    assert world.calls(START) == 1


@pytest.mark.parametrize(
    "kind", [{"kind": "reset", "when": "after"}, {"kind": "reset", "when": "before"}]
)
def test_without_a_job_a_lost_start_says_what_to_do(kind: dict[str, Any]) -> None:
    world = World("finished", faults=(fault(kind),))

    with pytest.raises(PrefetchError, match="give job_id and run up again"):
        world.provider.create({"plan_id": PLAN})

    assert world.calls(START) == 1


def test_without_a_job_an_answer_that_names_none_says_what_to_do() -> None:
    world = World("stopped", faults=(fault({"kind": "missing-keys", "keys": "JobId"}),))

    with pytest.raises(PrefetchError, match=r"ESA accepted Start .* give job_id"):
        world.provider.create({"plan_id": PLAN})

    world.next_process()
    assert created(world)["starts"] == 0
    assert world.calls(START) == 1


def test_without_a_job_a_refused_start_asks_for_it() -> None:
    world = World("running", dialects=("start-running-refused",))

    with pytest.raises(PrefetchError, match="give job_id"):
        world.provider.create({"plan_id": PLAN})


def test_a_lost_start_is_looked_up_in_a_job_that_another_plan_has_listed() -> None:
    world = World(
        "stopped", "stopped", faults=(fault({"kind": "reset", "when": "after"}),)
    )
    world.session.plan_cache.find(JOB, plan_id(2))

    made = world.provider.create({"plan_id": PLAN})

    assert made.id == f"{JOB}:{PLAN}"
    assert world.calls(START) == 1


def test_a_missing_plan_without_a_job_does_not_exist() -> None:
    world = World("stopped")

    with pytest.raises(PrefetchError, match="does not exist"):
        world.provider.create({"plan_id": plan_id(99)})


def test_a_plan_of_another_job_does_not_exist_there() -> None:
    world = World(jobs=[job(1, [plan(1, "stopped")]), job(2, [])])

    with pytest.raises(PrefetchError, match="does not exist"):
        created(world, job_id=job_id(2))

    assert world.writes() == []


# a plan that waits and may run, and finish, by itself


def brief(start: str, *, before: str = "stopped") -> list[dict[str, Any]]:
    """A job whose second plan finishes within a second of its start."""
    second = plan(2, "waiting", start=start) | {"SliceLen": 100}
    return [job(1, [plan(1, before), second], urls=50)]


def second(world: World) -> dict[str, Any]:
    return created(world, plan_id=plan_id(2))


def test_a_waiting_plan_that_ran_since_the_list_was_cached_is_not_run_again() -> None:
    world = World(jobs=brief("+5s"))
    created(world, desired_state="stopped")
    world.clock.advance(20)

    outs = second(world)

    assert (outs["status"], outs["starts"]) == ("finished", 0)
    assert world.writes() == []
    assert world.calls(LIST) == 2


def test_a_waiting_plan_that_ran_while_the_lock_was_awaited_is_not_run_again() -> None:
    world = World(jobs=brief("+5s"))
    job_locks, shared = world.session.job_locks, world.session.job_locks.shared

    @contextmanager
    def late(ref: PlanRef, seconds: float) -> Iterator[None]:
        with shared(ref, seconds):
            world.clock.advance(20)
            yield

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(job_locks, "shared", late)
        outs = second(world)

    assert (outs["status"], outs["starts"]) == ("finished", 0)
    assert world.effects() == []


def test_a_list_that_grew_old_while_the_lock_was_awaited_is_read_again() -> None:
    world = World("stopped")
    job_locks, shared = world.session.job_locks, world.session.job_locks.shared

    @contextmanager
    def late(ref: PlanRef, seconds: float) -> Iterator[None]:
        with shared(ref, seconds):
            world.client.start_scheduled_preload_execution(plan_id=PLAN)
            world.clock.advance(MAX_AGE + 1)
            yield

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(job_locks, "shared", late)
        outs = created(world)

    assert (outs["status"], outs["starts"]) == ("running", 0)
    assert world.writes() == [START]


@pytest.mark.parametrize(("start", "looks"), [("+2m", 1), ("+30s", 2), ("-1h", 2)])
def test_a_waiting_plan_is_listed_again_only_where_its_window_may_be_open(
    start: str, looks: int
) -> None:
    world = World(jobs=brief(start), dialects=("new-plan-waits",))
    created(world, desired_state="stopped")
    world.clock.advance(5)

    second(world)

    assert world.calls(START) == 1
    assert world.calls(LIST) == looks


def test_a_waiting_plan_that_was_just_listed_is_not_listed_again() -> None:
    world = World(jobs=brief("-1h"), dialects=("new-plan-waits",))

    assert second(world)["starts"] == 1
    assert world.calls(LIST) == 1


@pytest.mark.parametrize("kind", REFUSED_BEFORE, ids=fault_id)
def test_a_throttled_start_of_a_plan_that_ran_by_itself_meanwhile_is_not_repeated(
    kind: dict[str, Any],
) -> None:
    world = World(jobs=brief("+2s"), faults=(fault(kind, times=20),), deadline=120)

    outs = second(world)

    assert (outs["status"], outs["starts"]) == ("finished", 0)
    assert world.effects() == []


def test_a_throttled_start_of_a_plan_whose_window_lies_ahead_is_repeated_without_a_list() -> (
    None
):
    throttled = fault({"kind": "throttle"}, times=3)
    world = World("waiting", start="+1h", faults=(throttled,))

    outs = created(world)

    assert (outs["status"], outs["starts"]) == ("waiting", 1)
    assert world.calls(START) == 4
    assert world.calls(LIST) == 1


def test_a_throttled_start_is_not_repeated_if_the_list_fails() -> None:
    throttled = fault({"kind": "throttle"})
    silent = fault({"kind": "denied"}, action=LIST, calls=[2])
    world = World(jobs=brief("+2s"), faults=(throttled, silent))

    with pytest.raises(PrefetchError, match=r"was not started: .*is not known"):
        second(world)

    assert world.effects() == []


def test_a_throttled_start_is_not_repeated_in_an_unknown_status() -> None:
    world = World(jobs=brief("+2s"), faults=(fault({"kind": "throttle"}),))
    handle = world.wire.handle_request
    known = world.client.list_scheduled_preload_executions(job_id=JOB)
    shown = [
        each.model_dump(by_alias=True, mode="json") | {"Status": "Pausing"}
        for each in known
    ]

    def pausing(request: httpx.Request) -> httpx.Response:
        if request.headers["x-acs-action"] == START:
            world.wire.spoiled = {LIST: {"Executions": shown}}
        return handle(request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.wire, "handle_request", pausing)
        with pytest.raises(PrefetchError, match=r"is not known: it is [Pp]ausing"):
            second(world)

    assert world.calls(START) == 1


def test_a_throttled_start_of_a_plan_that_is_deleted_meanwhile_is_not_repeated() -> (
    None
):
    world = World(jobs=brief("+2s"), faults=(fault({"kind": "throttle"}),))
    handle = world.wire.handle_request

    def deleting(request: httpx.Request) -> httpx.Response:
        if request.headers["x-acs-action"] == START:
            world.client.delete_scheduled_preload_execution(plan_id=plan_id(2))
        return handle(request)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(world.wire, "handle_request", deleting)
        with pytest.raises(PrefetchError, match="does not exist any more"):
            second(world)


@pytest.mark.parametrize("before", ["waiting", "stopped"])
def test_a_lost_start_of_a_brief_plan_is_not_repeated_on_a_list_that_lags(
    before: str,
) -> None:
    lost = fault({"kind": "reset", "when": "after"})
    stale = fault({"kind": "stale", "seconds": 2.0}, action=LIST, every=1)
    one = plan(1, before, start="-1h") | {"SliceLen": 100}
    world = World(
        jobs=[job(1, [one], urls=50)],
        dialects=("new-plan-waits",),
        faults=(lost, stale),
    )

    outs = created(world)

    assert (outs["status"], outs["starts"]) == ("finished", 1)
    assert world.effects() == [START]


def test_a_lost_start_is_not_repeated_if_the_list_fails() -> None:
    lost = fault({"kind": "reset", "when": "before"})
    silent = fault({"kind": "denied"}, action=LIST, calls=[5])
    world = World(
        jobs=brief("-1h"), dialects=("new-plan-waits",), faults=(lost, silent)
    )

    with pytest.raises(PrefetchError, match="it is not known whether"):
        second(world)

    assert world.calls(START) == 1
    assert world.calls(LIST) == 5


def test_a_lost_start_of_a_plan_whose_window_lies_ahead_is_repeated_at_once() -> None:
    lost = fault({"kind": "reset", "when": "before"})
    world = World("waiting", start="+1h", faults=(lost,), dialects=("new-plan-waits",))
    before = world.clock.monotonic()

    assert created(world)["starts"] == 1
    assert world.clock.monotonic() - before < 1


# an accepted Start that lists do not show


@pytest.mark.parametrize("status", ["stopped", "failed", "finished"])
def test_the_status_after_an_unreadable_answer_is_not_taken_from_a_list_that_lags(
    status: str,
) -> None:
    lacks = fault({"kind": "missing-keys", "keys": "Status"})
    stale = fault({"kind": "stale", "seconds": 2.0}, action=LIST, every=1)
    world = World(status, faults=(lacks, stale))

    outs = created(world, restart_finished=True)

    assert (outs["status"], outs["starts"]) == ("running", 1)


@pytest.mark.parametrize("status", ["stopped", "failed", "finished"])
def test_an_accepted_start_that_no_list_shows_leaves_the_status_unknown(
    status: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lacks = fault({"kind": "missing-keys", "keys": "Status"})
    stale = fault({"kind": "stale", "seconds": 3600.0}, action=LIST, every=1)
    world = World(status, faults=(lacks, stale))

    outs = created(world, restart_finished=True)

    assert (outs["status"], outs["starts"]) == ("unknown", 1)
    assert world.calls(START) == 1
    said = "its status is not known until a refresh: ESA accepted Start and still"
    assert capsys.readouterr().out.count(f"{said} lists it as {status}") == 1


def test_an_accepted_start_of_a_plan_that_no_list_holds_is_recorded() -> None:
    lacks = fault({"kind": "missing-keys", "keys": "Status"})
    world = World("stopped", faults=(lacks,))
    world.session.plan_cache.find(JOB, PLAN)
    world.wire.spoiled = {LIST: {"Executions": [], "TotalCount": 0}}

    outs = created(world)

    assert (outs["status"], outs["starts"]) == ("unknown", 1)
    assert world.calls(START) == 1
