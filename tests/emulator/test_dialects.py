"""Start, Stop, Delete and Reset on every status, by default and in every dialect."""

import re

import pytest

from pulumi_esa_emulator.dialects import DIALECTS, DialectError, Rules, rules_of
from tests.emulator.conftest import EmulatorFactory, InProcessEmulator
from tests.emulator.seeds import JOB, late_plan, open_plan, plan, plan_id, seed
from tests.emulator.signed_client import Document

START = "StartScheduledPreloadExecution"
STOP = "StopScheduledPreloadExecution"
DELETE = "DeleteScheduledPreloadExecution"
REFUSED = (400, "InvalidExecution.Status")
LATE = (400, "InvalidEndTime.Mismatch")


def answer(emulator: InProcessEmulator, action: str, an_id: str) -> tuple[object, ...]:
    """The error code or the new status, and whether anything was changed."""
    response = emulator.esa.ask(action, Id=an_id)
    body = response.json()
    effect = emulator.app.history[-1].effect
    if response.status_code >= 400:
        assert not effect
        return response.status_code, body["Code"]
    return body.get("Status"), effect


def statuses(status: str) -> Document:
    return plan(status="waiting") if status == "waiting" else open_plan(status=status)


@pytest.mark.parametrize(
    ("dialect", "status", "expected"),
    [
        (None, "waiting", ("waiting", True)),
        (None, "running", ("running", False)),
        (None, "stopped", ("running", True)),
        (None, "failed", ("running", True)),
        (None, "finished", ("running", True)),
        ("start-running-accepted", "running", ("running", True)),
        ("start-running-refused", "running", REFUSED),
        ("start-finished-ignored", "finished", ("finished", False)),
        ("start-finished-refused", "finished", REFUSED),
        ("start-failed-ignored", "failed", ("failed", False)),
        ("start-failed-refused", "failed", REFUSED),
        ("start-answers-waiting", "stopped", ("waiting", True)),
    ],
)
def test_what_start_does_to_each_status_is_the_dialects_choice(
    new_emulator: EmulatorFactory,
    dialect: str | None,
    status: str,
    expected: tuple[object, ...],
) -> None:
    emulator = new_emulator(
        seed(statuses(status)), dialects=[dialect] if dialect else []
    )
    emulator.submitted()

    assert answer(emulator, START, plan_id()) == expected


@pytest.mark.parametrize(
    ("dialect", "status", "expected"),
    [
        (None, "running", ("stopped", True)),
        *(
            case
            for status in ("waiting", "stopped", "failed", "finished")
            for case in (
                (None, status, (status, False)),
                (f"stop-{status}-refused", status, REFUSED),
                (f"stop-{status}-refused", "running", ("stopped", True)),
            )
        ),
    ],
)
def test_what_stop_does_to_each_status_is_the_dialects_choice(
    new_emulator: EmulatorFactory,
    dialect: str | None,
    status: str,
    expected: tuple[object, ...],
) -> None:
    emulator = new_emulator(
        seed(statuses(status)), dialects=[dialect] if dialect else []
    )

    assert answer(emulator, STOP, plan_id()) == expected


@pytest.mark.parametrize("status", ["stopped", "failed", "finished"])
@pytest.mark.parametrize(
    ("dialect", "changes"),
    [(None, None), ("start-late-accepted", True), ("start-late-ignored", False)],
)
def test_start_after_the_end_of_the_window(
    new_emulator: EmulatorFactory,
    status: str,
    dialect: str | None,
    changes: bool | None,
) -> None:
    emulator = new_emulator(
        seed(late_plan(status=status)), dialects=[dialect] if dialect else []
    )
    expected: dict[bool | None, tuple[object, ...]] = {
        None: LATE,
        True: ("running", True),
        False: (status, False),
    }

    assert answer(emulator, START, plan_id()) == expected[changes]
    assert emulator.status(plan_id()) == ("finished" if changes else status)
    assert emulator.submitted() == 0


def test_only_the_first_start_of_a_waiting_plan_has_an_effect(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan()))

    answers = [answer(emulator, START, plan_id()) for _ in range(3)]

    assert answers == [("waiting", True), ("waiting", False), ("waiting", False)]


def test_a_stopped_plan_started_before_its_window_waits_for_it(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan(status="stopped")))

    started = answer(emulator, START, plan_id())
    emulator.clock.advance(3600)

    assert (started, emulator.status(plan_id())) == (("waiting", True), "running")


def test_a_new_plan_can_wait_for_start(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan()), dialects=["new-plan-waits"])
    emulator.clock.advance(3600)
    before = emulator.status(plan_id())

    assert (before, answer(emulator, START, plan_id())) == (
        "waiting",
        ("running", True),
    )


def test_start_can_only_queue_a_plan(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(
        seed(open_plan(status="stopped")), dialects=["start-answers-waiting"]
    )

    answers = [answer(emulator, START, plan_id()) for _ in range(2)]

    assert answers == [("waiting", True), ("running", False)]


def test_delete_of_a_running_plan_can_be_refused(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(
        seed(open_plan(1), plan(2)), dialects=["delete-running-refused"]
    )

    assert answer(emulator, DELETE, plan_id(1)) == REFUSED
    assert answer(emulator, DELETE, plan_id(2)) == (None, True)


def test_a_deleted_plan_can_go_on_running(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(
        seed(open_plan(), urls=100), dialects=["delete-running-runs-on"]
    )

    deleted = answer(emulator, DELETE, plan_id())
    emulator.clock.advance(60)
    listed = emulator.esa.body("ListScheduledPreloadExecutions", Id=JOB)

    assert deleted == (None, True)
    assert listed["Executions"] == []
    assert emulator.submitted() == 4
    assert answer(emulator, DELETE, plan_id()) == (404, "InvalidExecution.NotFound")


def test_a_job_with_a_deleted_plan_that_still_runs_can_be_deleted(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan()), dialects=["delete-running-runs-on"])
    answer(emulator, DELETE, plan_id())

    deleted = answer(emulator, "DeleteScheduledPreloadJob", JOB)
    emulator.clock.advance(3600)

    assert deleted == (None, True)
    assert emulator.control.get("/_emulator/state").json()["jobs"] == []


@pytest.mark.parametrize(
    ("dialect", "action"),
    [
        ("delete-job-refused", "DeleteScheduledPreloadJob"),
        ("reset-running-refused", "ResetScheduledPreloadJob"),
    ],
)
def test_delete_and_reset_of_a_running_job_can_be_refused(
    new_emulator: EmulatorFactory, dialect: str, action: str
) -> None:
    emulator = new_emulator(seed(open_plan()), dialects=[dialect])

    running = answer(emulator, action, JOB)
    answer(emulator, STOP, plan_id())

    assert running == (400, "InvalidJob.Status")
    assert answer(emulator, action, JOB) == (None, True)


def test_reset_can_make_plans_waiting_again(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(
        seed(plan(1, "finished"), plan(2, "stopped", StartTime=None), open_plan(3)),
        dialects=["reset-requeues"],
    )

    answer(emulator, "ResetScheduledPreloadJob", JOB)
    found = [emulator.status(plan_id(number)) for number in (1, 2, 3)]

    assert found == ["waiting", "waiting", "running"]


def test_reset_sets_the_position_of_each_plan_to_0(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(
        seed(open_plan(1), open_plan(2), urls=4), dialects=["cursor-per-plan"]
    )
    emulator.clock.advance(60)
    emulator.submitted()

    answer(emulator, "ResetScheduledPreloadJob", JOB)
    started = answer(emulator, START, plan_id(1))
    emulator.clock.advance(30)

    assert started == ("running", True)
    assert emulator.status(plan_id(1)) == "running"


def test_a_plan_without_a_start_time_can_get_that_of_its_creation(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(), dialects=["no-start-is-creation"])

    made = emulator.esa.body(
        "CreateScheduledPreloadExecutions",
        Id=JOB,
        Executions='[{"Interval":30,"SliceLen":10}]',
    )["SuccessExecutions"][0]

    assert made["StartTime"] == "2026-06-01T20:00:00.000+08:00"
    assert emulator.status(made["Id"]) in {"running", "finished"}


def test_a_window_without_length_can_be_accepted(new_emulator: EmulatorFactory) -> None:
    moment = "2036-06-01T00:00:00Z"
    ask = {"Id": plan_id(), "StartTime": moment, "EndTime": moment}
    emulator, lenient = (
        new_emulator(seed(plan())),
        new_emulator(seed(plan()), dialects=["equal-window-accepted"]),
    )

    assert emulator.esa.code("UpdateScheduledPreloadExecution", **ask) == LATE
    assert lenient.esa.body("UpdateScheduledPreloadExecution", **ask)


def test_refused_plans_can_be_reported_in_a_200(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(PlanLimit=1), dialects=["bad-plans-reported"])
    good = '{"Interval":30,"SliceLen":10}'
    bad = '{"Interval":0,"SliceLen":10}'

    made = emulator.esa.body(
        "CreateScheduledPreloadExecutions", Id=JOB, Executions=f"[{bad},{good},{good}]"
    )

    assert (made["TotalCount"], made["SuccessCount"]) == (3, 1)
    assert [one["Status"] for one in made["FailedExecutions"]] == ["failed", "failed"]
    assert "Interval" in made["FailedMessages"][0]
    assert "maximum number" in made["FailedMessages"][1]


def test_a_plan_ended_by_its_window_can_be_failed(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan(), urls=1000), dialects=["window-over-failed"])

    emulator.clock.advance(7200)

    assert emulator.status(plan_id()) == "failed"


@pytest.mark.parametrize(
    ("dialect", "pattern"),
    [
        (None, r"2026-06-01T21:00:00\.000\+08:00"),
        ("times-utc", r"2026-06-01T13:00:00Z"),
        ("times-utc-millis", r"2026-06-01T13:00:00\.000Z"),
        ("times-basic-offset", r"2026-06-01T21:00:00\+0800"),
    ],
)
def test_times_are_written_as_the_dialect_says(
    new_emulator: EmulatorFactory, dialect: str | None, pattern: str
) -> None:
    emulator = new_emulator(seed(plan()), dialects=[dialect] if dialect else [])

    body = emulator.esa.body(START, Id=plan_id())

    assert re.fullmatch(pattern, body["StartTime"])


def test_a_ram_refusal_can_have_the_older_code(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan()), dialects=["denied-is-forbidden-ram"])
    policy = {"Statement": [{"Effect": "Allow", "Action": "esa:List*"}]}
    key = {
        "AccessKeyId": "emulator-key",
        "AccessKeySecret": "emulator-secret",
        "Policy": policy,
    }
    emulator.control.post("/_emulator/keys", json=key).raise_for_status()

    assert answer(emulator, START, plan_id()) == (403, "Forbidden.RAM")


def test_dialects_can_be_changed_while_it_runs(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan()))
    body = {"dialects": ["new-plan-waits", "stop-waiting-refused"]}

    emulator.control.post("/_emulator/dialects", json=body).raise_for_status()
    emulator.clock.advance(3600)

    assert emulator.status(plan_id()) == "waiting"
    assert answer(emulator, STOP, plan_id()) == REFUSED
    assert emulator.control.get("/_emulator/dialects").json() == body


def test_every_dialect_changes_a_rule_that_is_not_the_default() -> None:
    default = Rules()

    for one in DIALECTS:
        assert rules_of([one.name]) != default
        assert hasattr(default, one.rule)


def test_dialects_of_different_rules_can_be_combined() -> None:
    one_of_each = {dialect.rule: dialect for dialect in DIALECTS}

    rules = rules_of(dialect.name for dialect in one_of_each.values())

    for rule, dialect in one_of_each.items():
        assert getattr(rules, rule) == dialect.value


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["start-late-ignored", "start-late-accepted"], "contradict each other"),
        (["times-utc", "times-basic-offset", "cursor-per-plan"], "contradict"),
        (["stop-everything"], "There is no dialect 'stop-everything'"),
    ],
)
def test_contradicting_and_unknown_dialects_are_refused(
    names: list[str], sentence: str
) -> None:
    with pytest.raises(DialectError, match=sentence):
        rules_of(names)
