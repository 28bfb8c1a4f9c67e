"""Start, Stop, Delete and Reset on every status, by default and in every dialect."""

import re

import pytest

from pulumi_esa_emulator.dialects import DIALECTS, DialectError, Rules, rules_of
from tests.emulator.client import Document
from tests.emulator.conftest import House, Houses
from tests.emulator.seeds import JOB, late_plan, open_plan, plan, plan_id, seed

START = "StartScheduledPreloadExecution"
STOP = "StopScheduledPreloadExecution"
DELETE = "DeleteScheduledPreloadExecution"
REFUSED = (400, "InvalidExecution.Status")
LATE = (400, "InvalidEndTime.Mismatch")


def answer(there: House, action: str, an_id: str) -> tuple[object, ...]:
    """Code or new status, and whether anything was changed."""
    response = there.esa.ask(action, Id=an_id)
    body = response.json()
    effect = there.emulator.history[-1].effect
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
    house: Houses, dialect: str | None, status: str, expected: tuple[object, ...]
) -> None:
    there = house(seed(statuses(status)), dialects=[dialect] if dialect else [])
    there.submitted()

    assert answer(there, START, plan_id()) == expected


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
    house: Houses, dialect: str | None, status: str, expected: tuple[object, ...]
) -> None:
    there = house(seed(statuses(status)), dialects=[dialect] if dialect else [])

    assert answer(there, STOP, plan_id()) == expected


@pytest.mark.parametrize("status", ["stopped", "failed", "finished"])
@pytest.mark.parametrize(
    ("dialect", "changes"),
    [(None, None), ("start-late-accepted", True), ("start-late-ignored", False)],
)
def test_start_after_the_end_of_the_window(
    house: Houses, status: str, dialect: str | None, changes: bool | None
) -> None:
    there = house(seed(late_plan(status=status)), dialects=[dialect] if dialect else [])
    expected: dict[bool | None, tuple[object, ...]] = {
        None: LATE,
        True: ("running", True),
        False: (status, False),
    }

    assert answer(there, START, plan_id()) == expected[changes]
    assert there.status(plan_id()) == ("finished" if changes else status)
    assert there.submitted() == 0


def test_only_the_first_start_of_a_waiting_plan_has_an_effect(house: Houses) -> None:
    there = house(seed(plan()))

    answers = [answer(there, START, plan_id()) for _ in range(3)]

    assert answers == [("waiting", True), ("waiting", False), ("waiting", False)]


def test_a_stopped_plan_started_before_its_window_waits_for_it(house: Houses) -> None:
    there = house(seed(plan(status="stopped")))

    started = answer(there, START, plan_id())
    there.clock.advance(3600)

    assert (started, there.status(plan_id())) == (("waiting", True), "running")


def test_a_new_plan_may_wait_for_start(house: Houses) -> None:
    there = house(seed(plan()), dialects=["new-plan-waits"])
    there.clock.advance(3600)
    before = there.status(plan_id())

    assert (before, answer(there, START, plan_id())) == ("waiting", ("running", True))


def test_start_may_only_queue_a_plan(house: Houses) -> None:
    there = house(seed(open_plan(status="stopped")), dialects=["start-answers-waiting"])

    answers = [answer(there, START, plan_id()) for _ in range(2)]

    assert answers == [("waiting", True), ("running", False)]


def test_delete_of_a_running_plan_may_be_refused(house: Houses) -> None:
    there = house(seed(open_plan(1), plan(2)), dialects=["delete-running-refused"])

    assert answer(there, DELETE, plan_id(1)) == REFUSED
    assert answer(there, DELETE, plan_id(2)) == (None, True)


def test_a_deleted_plan_may_run_on(house: Houses) -> None:
    there = house(seed(open_plan(), urls=100), dialects=["delete-running-runs-on"])

    deleted = answer(there, DELETE, plan_id())
    there.clock.advance(60)
    listed = there.esa.body("ListScheduledPreloadExecutions", Id=JOB)

    assert deleted == (None, True)
    assert listed["Executions"] == []
    assert there.submitted() == 4
    assert answer(there, DELETE, plan_id()) == (404, "InvalidExecution.NotFound")


def test_a_job_with_a_plan_that_was_deleted_and_runs_on_can_be_deleted(
    house: Houses,
) -> None:
    there = house(seed(open_plan()), dialects=["delete-running-runs-on"])
    answer(there, DELETE, plan_id())

    deleted = answer(there, "DeleteScheduledPreloadJob", JOB)
    there.clock.advance(3600)

    assert deleted == (None, True)
    assert there.control.get("/_emulator/state").json()["jobs"] == []


@pytest.mark.parametrize(
    ("dialect", "action"),
    [
        ("delete-job-refused", "DeleteScheduledPreloadJob"),
        ("reset-running-refused", "ResetScheduledPreloadJob"),
    ],
)
def test_a_job_that_runs_may_be_left_alone(
    house: Houses, dialect: str, action: str
) -> None:
    there = house(seed(open_plan()), dialects=[dialect])

    running = answer(there, action, JOB)
    answer(there, STOP, plan_id())

    assert running == (400, "InvalidJob.Status")
    assert answer(there, action, JOB) == (None, True)


def test_reset_may_make_plans_waiting_again(house: Houses) -> None:
    there = house(
        seed(plan(1, "finished"), plan(2, "stopped", StartTime=None), open_plan(3)),
        dialects=["reset-requeues"],
    )

    answer(there, "ResetScheduledPreloadJob", JOB)
    found = [there.status(plan_id(number)) for number in (1, 2, 3)]

    assert found == ["waiting", "waiting", "running"]


def test_reset_sets_back_each_plan_of_its_own_list(house: Houses) -> None:
    there = house(
        seed(open_plan(1), open_plan(2), urls=4), dialects=["cursor-per-plan"]
    )
    there.clock.advance(60)
    there.submitted()

    answer(there, "ResetScheduledPreloadJob", JOB)
    started = answer(there, START, plan_id(1))
    there.clock.advance(30)

    assert started == ("running", True)
    assert there.status(plan_id(1)) == "running"


def test_a_plan_without_a_start_may_get_that_of_its_creation(house: Houses) -> None:
    there = house(seed(), dialects=["no-start-is-creation"])

    made = there.esa.body(
        "CreateScheduledPreloadExecutions",
        Id=JOB,
        Executions='[{"Interval":30,"SliceLen":10}]',
    )["SuccessExecutions"][0]

    assert made["StartTime"] == "2026-06-01T20:00:00.000+08:00"
    assert there.status(made["Id"]) in {"running", "finished"}


def test_a_window_of_no_length_may_be_taken(house: Houses) -> None:
    moment = "2036-06-01T00:00:00Z"
    ask = {"Id": plan_id(), "StartTime": moment, "EndTime": moment}
    there, lenient = (
        house(seed(plan())),
        house(seed(plan()), dialects=["equal-window-accepted"]),
    )

    assert there.esa.code("UpdateScheduledPreloadExecution", **ask) == LATE
    assert lenient.esa.body("UpdateScheduledPreloadExecution", **ask)


def test_refused_plans_may_be_reported_in_a_200(house: Houses) -> None:
    there = house(seed(PlanLimit=1), dialects=["bad-plans-reported"])
    good = '{"Interval":30,"SliceLen":10}'
    bad = '{"Interval":0,"SliceLen":10}'

    made = there.esa.body(
        "CreateScheduledPreloadExecutions", Id=JOB, Executions=f"[{bad},{good},{good}]"
    )

    assert (made["TotalCount"], made["SuccessCount"]) == (3, 1)
    assert [one["Status"] for one in made["FailedExecutions"]] == ["failed", "failed"]
    assert "Interval" in made["FailedMessages"][0]
    assert "maximum number" in made["FailedMessages"][1]


def test_a_plan_cut_off_by_its_window_may_be_failed(house: Houses) -> None:
    there = house(seed(plan(), urls=1000), dialects=["window-over-failed"])

    there.clock.advance(7200)

    assert there.status(plan_id()) == "failed"


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
    house: Houses, dialect: str | None, pattern: str
) -> None:
    there = house(seed(plan()), dialects=[dialect] if dialect else [])

    body = there.esa.body(START, Id=plan_id())

    assert re.fullmatch(pattern, body["StartTime"])


def test_a_ram_refusal_may_have_the_older_code(house: Houses) -> None:
    there = house(seed(plan()), dialects=["denied-is-forbidden-ram"])
    policy = {"Statement": [{"Effect": "Allow", "Action": "esa:List*"}]}
    key = {
        "AccessKeyId": "emulator-key",
        "AccessKeySecret": "emulator-secret",
        "Policy": policy,
    }
    there.control.post("/_emulator/keys", json=key).raise_for_status()

    assert answer(there, START, plan_id()) == (403, "Forbidden.RAM")


def test_dialects_can_be_changed_while_it_runs(house: Houses) -> None:
    there = house(seed(plan()))
    body = {"dialects": ["new-plan-waits", "stop-waiting-refused"]}

    there.control.post("/_emulator/dialects", json=body).raise_for_status()
    there.clock.advance(3600)

    assert there.status(plan_id()) == "waiting"
    assert answer(there, STOP, plan_id()) == REFUSED
    assert there.control.get("/_emulator/dialects").json() == body


def test_every_dialect_changes_a_rule_that_is_not_the_default() -> None:
    default = Rules()

    for one in DIALECTS:
        assert rules_of([one.name]) != default
        assert hasattr(default, one.rule)


def test_dialects_of_different_rules_go_together() -> None:
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
def test_contrary_and_unknown_names_are_refused(
    names: list[str], sentence: str
) -> None:
    with pytest.raises(DialectError, match=sentence):
        rules_of(names)
