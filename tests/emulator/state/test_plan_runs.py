"""How plans run over time, on a manual clock."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.state.emulator_state import EmulatorState
from pulumi_esa_emulator.state.seed import Seed
from tests.emulator.conftest import START, EmulatorFactory
from tests.emulator.seeds import JOB, SITE, late_plan, open_plan, plan, plan_id, seed

HOUR = 3600.0


def test_a_plan_waits_for_its_window_and_then_runs(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan()))

    emulator.clock.advance(HOUR - 1)
    before = emulator.status(plan_id())
    emulator.clock.advance(1)

    assert (before, emulator.status(plan_id())) == ("waiting", "running")


def test_a_running_plan_submits_a_slice_every_interval(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan(), urls=100))
    emulator.clock.advance(HOUR)

    seen = [emulator.submitted()]
    for _ in range(3):
        emulator.clock.advance(60)
        seen.append(emulator.submitted())

    assert seen == [2, 4, 6, 8]


def test_a_plan_is_finished_with_its_last_batch(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan(), urls=5))
    emulator.clock.advance(HOUR + 2 * 60)

    batches = emulator.control.get("/_emulator/batches").json()

    assert emulator.status(plan_id()) == "finished"
    assert [(one["first"], one["count"]) for one in batches] == [(0, 2), (2, 2), (4, 1)]
    assert batches[-1]["at"] == "2026-06-01T21:02:00.000+08:00"


def test_a_plan_is_finished_when_its_window_ends(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan(), urls=1000))

    emulator.clock.advance(2 * HOUR)

    assert emulator.status(plan_id()) == "finished"
    assert emulator.submitted() == 120


def test_a_plan_without_an_end_runs_until_its_list_is_done(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(EndTime=None), urls=1000))

    emulator.clock.advance(499 * 60 - 1)
    before = emulator.status(plan_id())
    emulator.clock.advance(1)

    assert (before, emulator.status(plan_id())) == ("running", "finished")


def test_a_plan_without_a_start_waits_for_start(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan(StartTime=None, EndTime=None)))
    emulator.clock.advance(24 * HOUR)
    before = emulator.status(plan_id())

    answer = emulator.esa.body("StartScheduledPreloadExecution", Id=plan_id())

    assert before == "waiting"
    assert answer["Status"] == "running"
    assert "StartTime" not in answer


def test_plans_of_a_job_share_the_position_in_its_list(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(1), open_plan(2, SliceLen=3), urls=10))

    batches = emulator.control.get("/_emulator/batches").json()

    assert [(one["plan_id"], one["first"], one["count"]) for one in batches] == [
        (plan_id(1), 0, 2),
        (plan_id(2), 2, 3),
    ]


def test_with_cursor_per_plan_each_plan_has_its_own_position(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(
        seed(open_plan(1), open_plan(2, SliceLen=3), urls=10),
        dialects=["cursor-per-plan"],
    )

    batches = emulator.control.get("/_emulator/batches").json()

    assert [(one["plan_id"], one["first"], one["count"]) for one in batches] == [
        (plan_id(1), 0, 2),
        (plan_id(2), 0, 3),
    ]


def test_a_plan_of_a_pending_site_waits_until_the_site_is_active(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(), Status="pending"))
    emulator.clock.advance(60)
    before = emulator.status(plan_id())

    emulator.control.post("/_emulator/sites", json={"SiteId": SITE}).raise_for_status()
    [batch] = emulator.control.get("/_emulator/batches").json()

    assert (before, emulator.status(plan_id())) == ("waiting", "running")
    assert batch["at"] == "2026-06-01T20:01:00.000+08:00"


def test_a_plan_whose_window_ends_on_a_pending_site_is_failed(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan(), Status="pending"))

    emulator.clock.advance(2 * HOUR)

    assert emulator.status(plan_id()) == "failed"


def test_a_plan_with_a_window_in_the_past_is_accepted_and_fails(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed())
    executions = (
        '[{"Interval":30,"SliceLen":10,"StartTime":"2024-05-31T17:10:48.849+08:00",'
        '"EndTime":"2024-06-04T10:02:09.000+08:00"}]'
    )

    made = emulator.esa.body(
        "CreateScheduledPreloadExecutions", Id=JOB, Executions=executions
    )
    plan_made = made["SuccessExecutions"][0]

    assert plan_made["Status"] == "waiting"
    assert emulator.status(plan_made["Id"]) == "failed"
    assert emulator.submitted() == 0


def test_an_updated_window_opens_now_at_the_earliest(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan(), urls=1000))

    emulator.esa.body(
        "UpdateScheduledPreloadExecution",
        Id=plan_id(),
        StartTime="2026-06-01T11:00:00Z",
    )

    assert emulator.status(plan_id()) == "running"
    assert emulator.submitted() == 2


def test_an_update_of_a_running_plan_applies_from_its_next_batch_on(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(), urls=1000))
    emulator.submitted()

    emulator.esa.body("UpdateScheduledPreloadExecution", Id=plan_id(), SliceLen=5)
    emulator.clock.advance(60)

    assert emulator.submitted() == 7


def test_a_stopped_plan_goes_on_at_the_position_of_the_job(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(), urls=100))
    emulator.clock.advance(60)
    emulator.esa.body("StopScheduledPreloadExecution", Id=plan_id())
    emulator.clock.advance(HOUR)
    rested = emulator.submitted()

    emulator.esa.body("StartScheduledPreloadExecution", Id=plan_id())

    assert (rested, emulator.submitted()) == (4, 6)


def test_reset_sets_the_position_to_0_and_changes_no_status(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(), urls=4))
    emulator.clock.advance(60)
    done = emulator.status(plan_id())

    job = emulator.esa.body("ResetScheduledPreloadJob", Id=JOB)

    assert (done, emulator.status(plan_id())) == ("finished", "finished")
    assert (job["TaskSubmitted"], emulator.submitted()) == (0, 0)


def test_start_of_a_plan_with_an_empty_rest_answers_running_and_finishes_at_once(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(status="finished"), urls=0))

    answer = emulator.esa.body("StartScheduledPreloadExecution", Id=plan_id())

    assert (answer["Status"], emulator.status(plan_id())) == ("running", "finished")


def test_delete_ends_a_running_plan(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(open_plan(), urls=100))
    emulator.submitted()

    emulator.esa.body("DeleteScheduledPreloadExecution", Id=plan_id())
    emulator.clock.advance(HOUR)

    assert emulator.submitted() == 2


def test_delete_of_a_job_deletes_its_plans(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(open_plan(1), plan(2)))

    emulator.esa.body("DeleteScheduledPreloadJob", Id=JOB)

    assert emulator.control.get("/_emulator/state").json()["jobs"] == []
    assert emulator.esa.code("StartScheduledPreloadExecution", Id=plan_id(2)) == (
        404,
        "InvalidExecution.NotFound",
    )


@pytest.mark.parametrize("status", ["waiting", "stopped", "failed", "finished"])
def test_time_does_not_change_a_plan_that_is_not_queued(
    new_emulator: EmulatorFactory, status: str
) -> None:
    emulator = new_emulator(
        seed(late_plan(status="stopped"), plan(2, status, StartTime=None))
    )

    emulator.clock.advance(24 * HOUR)

    assert emulator.status(plan_id(1)) == "stopped"
    assert emulator.status(plan_id(2)) == status


@st.composite
def seeds(draw: st.DrawFn) -> Seed:
    plans = [
        {
            "Id": plan_id(number),
            "StartTime": draw(st.sampled_from([None, "-1m", "now", "+30s", "+5m"])),
            "EndTime": draw(st.sampled_from([None, "+6m", "+10m"])),
            "Interval": draw(st.integers(1, 90)),
            "SliceLen": draw(st.integers(1, 9)),
            "Status": draw(st.sampled_from(["waiting", "running", "stopped"])),
        }
        for number in range(draw(st.integers(1, 4)))
    ]
    return Seed.model_validate(seed(*plans, urls=draw(st.integers(0, 60))))


@given(seeds(), st.lists(st.floats(0, 200), max_size=8))
def test_reads_do_not_change_what_plans_do(document: Seed, looks: list[float]) -> None:
    looked_at, left_alone = ManualClock(START), ManualClock(START)
    watched, alone = (
        EmulatorState(looked_at, document),
        EmulatorState(left_alone, document),
    )

    for seconds in looks:
        looked_at.advance(seconds)
        with watched.locked():
            pass
    left_alone.advance(looked_at.monotonic())
    with alone.locked(), watched.locked():
        pass

    assert list(watched.batches) == list(alone.batches)


@given(seeds())
def test_no_url_is_left_out_or_submitted_twice(document: Seed) -> None:
    clock = ManualClock(START)
    state = EmulatorState(clock, document)

    clock.advance(timedelta(days=1).total_seconds())
    with state.locked() as current:
        submitted = current.records.submitted(JOB)

    assert [one.first for one in state.batches] == [
        sum(before.count for before in list(state.batches)[:n])
        for n in range(len(state.batches))
    ]
    assert submitted == sum(one.count for one in state.batches)
