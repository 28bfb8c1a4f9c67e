"""Ids in ESA's answers: case makes no difference, and no answer replaces a known id."""

from typing import Any

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
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
    props,
)
from tests.support.local_esa import job, job_id, plan, plan_id

OTHER = job_id(2)
BROKEN = f"a:b:c:{PLAN}"
STRANGE = [OTHER, OTHER.upper(), "a:b:c", "job-17", 17, ["x"], {"Id": JOB}]


def warnings(capsys: pytest.CaptureFixture[str]) -> list[str]:
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if line.startswith("esa-prefetch: warning: ")]


def listed(an_id: str = PLAN, **facts: Any) -> dict[str, Any]:
    """A plan as a list of the first job shows it."""
    pace = {"Interval": 600, "SliceLen": 10, "StartTime": "2020-01-01T00:00:00Z"}
    return {"Id": an_id, "Status": "running", **pace, **facts}


@pytest.mark.parametrize("said", STRANGE)
@pytest.mark.parametrize(
    ("action", "before", "wanted"),
    [(START, "stopped", "running"), (STOP, "running", "stopped")],
)
def test_the_declared_job_stays_whatever_job_an_answer_names(
    action: str,
    before: str,
    wanted: str,
    said: object,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(before)
    world.wire.spoiled = {action: {"JobId": said}}
    declared = props(desired_state=wanted)

    made = world.provider.create(declared)
    [warning] = warnings(capsys)
    world.next_process()

    assert made.id == ID
    assert made.outs is not None
    assert (made.outs["job_id"], made.outs["status"]) == (JOB, wanted)
    assert f"job {JOB} stays in the state" in warning
    assert not world.provider.diff(made.id, made.outs, declared).changes
    assert world.provider.read(made.id, made.outs).id == ID
    world.provider.delete(made.id, made.outs)
    assert world.status() == "stopped"


@pytest.mark.parametrize("said", ["a:b:c", "job-17", 17, ["x"]])
def test_without_a_known_job_a_start_with_an_unreadable_one_is_an_error_and_not_recorded(
    said: object,
) -> None:
    world = World("stopped")
    world.wire.spoiled = {START: {"JobId": said}}

    with pytest.raises(
        PrefetchError, match=r"ESA accepted Start .*give job_id .*names the job"
    ):
        world.provider.create({"plan_id": PLAN})

    world.next_process()
    assert created(world)["starts"] == 0
    assert world.calls(START) == 1


def test_without_a_known_job_a_stop_with_an_unreadable_one_is_an_error() -> None:
    world = World("running")
    world.wire.spoiled = {STOP: {"JobId": "a:b:c"}}

    with pytest.raises(PrefetchError, match=r"ESA accepted Stop .* give job_id"):
        world.provider.create({"plan_id": PLAN, "desired_state": "stopped"})


@pytest.mark.parametrize("action", [START, STOP])
def test_a_job_that_this_run_knows_from_a_list_replaces_an_unreadable_one(
    action: str,
) -> None:
    world = World("stopped" if action == START else "running", "stopped")
    wanted = "running" if action == START else "stopped"
    world.session.plan_cache.find(JOB, plan_id(2))
    world.wire.spoiled = {action: {"JobId": "a:b:c"}}

    made = world.provider.create({"plan_id": PLAN, "desired_state": wanted})

    assert made.id == ID


def test_a_job_that_was_not_known_is_recorded_in_lower_case() -> None:
    world = World("stopped")
    world.wire.spoiled = {START: {"JobId": JOB.upper(), "Id": PLAN.upper()}}

    made = world.provider.create({"plan_id": PLAN})

    assert made.id == ID
    assert made.outs is not None
    assert made.outs["job_id"] == JOB


@pytest.mark.parametrize(
    ("action", "before", "wanted"),
    [(START, "stopped", "running"), (STOP, "running", "stopped")],
)
@pytest.mark.parametrize("said", [plan_id(2), "a:b:c", 17, ["x"]])
def test_an_answer_about_another_plan_is_ignored_with_a_warning(
    action: str,
    before: str,
    wanted: str,
    said: object,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World(before, "waiting")
    world.wire.spoiled = {action: {"Id": said, "Status": "failed"}}

    made = world.provider.create(props(desired_state=wanted))

    assert made.id == ID
    assert made.outs is not None
    assert made.outs["status"] == wanted
    assert world.calls(action) == 1
    [warning] = warnings(capsys)
    assert f"asked about {PLAN}, and the answer is about" in warning


def test_a_reset_whose_answer_is_about_another_job_is_done_with_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("running")
    outs = created(world)
    world.wire.spoiled = {RESET: {"Id": OTHER}}

    again = world.provider.update(ID, outs, props(triggers={"a": "b"})).outs

    assert again is not None
    assert (again["status"], again["starts"]) == ("running", 1)
    assert world.writes()[-3:] == [STOP, RESET, START]
    assert any("ESA accepted Reset" in line for line in warnings(capsys))


def test_a_plan_of_another_job_in_a_list_is_ignored_with_one_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("stopped")
    outs = created(world)
    foreign = listed(plan_id(2), JobId=OTHER)
    world.wire.spoiled = {LIST: {"Executions": [listed(), foreign], "TotalCount": 2}}
    world.next_process()

    again = world.provider.update(ID, outs, props(triggers={"a": "b"})).outs

    assert again is not None
    assert again["starts"] == 2
    [warning] = warnings(capsys)
    assert f"{OTHER} for plan {plan_id(2)}" in warning
    assert world.session.plan_cache.job_of(plan_id(2)) is None


def test_a_plan_that_is_listed_as_another_job_s_is_not_the_declared_one() -> None:
    world = World("stopped")
    foreign = listed(Status="stopped", JobId=OTHER)
    world.wire.spoiled = {LIST: {"Executions": [foreign]}}

    with pytest.raises(PrefetchError, match="does not exist: check plan_id and job_id"):
        world.provider.create(props())
    assert world.provider.check({}, props()).failures
    with pytest.raises(PrefetchError, match="does not exist"):
        world.provider.read(ID, {"plan_id": ID})

    assert world.writes() == []


@pytest.mark.parametrize("said", [OTHER, "a:b:c", JOB.upper()])
def test_a_recorded_plan_stays_in_its_job_whatever_job_a_list_names(
    said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("stopped")
    outs = created(world)
    world.wire.spoiled = {LIST: {"Executions": [listed(PLAN.upper(), JobId=said)]}}
    world.next_process()

    read = world.provider.read(ID, outs)
    world.provider.read(ID, outs)

    assert read.id == ID
    assert read.outs is not None
    assert (read.outs["job_id"], read.outs["plan_id"]) == (JOB, PLAN)
    assert len(warnings(capsys)) == (said.lower() != JOB)


def test_a_plan_with_two_statuses_is_neither_dropped_nor_acted_upon() -> None:
    world = World("stopped")
    outs = created(world)
    twice = [listed(), listed(Status="stopped")]
    world.wire.spoiled = {LIST: {"Executions": twice, "TotalCount": 2}}
    world.next_process()

    with pytest.raises(PrefetchError, match="without a status, or with two"):
        world.provider.read(ID, outs)
    with pytest.raises(PrefetchError, match="status"):
        world.next_process().create(props())

    assert world.calls(START) == 1


def test_a_list_with_an_unreadable_id_drops_nothing() -> None:
    world = World("stopped")
    outs = created(world)
    world.wire.spoiled = {LIST: {"Executions": [listed("a:b:c")]}}
    world.next_process()

    with pytest.raises(PrefetchError, match="no id of 24 hex digits"):
        world.provider.read(ID, outs)


def test_a_plan_in_another_case_is_the_same_everywhere() -> None:
    world = World("stopped")
    loud = props(plan_id=PLAN.upper(), job_id=JOB.upper(), triggers={"a": "b"})
    outs = created(world)
    told = outs | {"plan_id": PLAN.upper(), "job_id": JOB.upper()}

    checked = world.provider.check({}, loud)
    read = world.provider.read(ID.upper(), told)
    moved = world.provider.update(ID.upper(), told, checked.inputs).outs

    assert checked.failures == []
    assert (read.id, read.outs) == (ID.upper(), told)
    assert moved is not None
    assert (moved["job_id"], moved["plan_id"]) == (JOB.upper(), PLAN.upper())
    assert world.provider.create(checked.inputs).id == ID
    assert world.calls(START) == 2
    assert not world.provider.diff(ID.upper(), moved, checked.inputs).changes
    world.provider.delete(ID.upper(), told)
    assert world.status() == "running"  # this run declares it


def test_a_declaration_in_another_case_that_contradicts_is_refused() -> None:
    world = World("running")
    world.provider.check({}, props())

    other = props(plan_id=PLAN.upper(), desired_state="stopped")

    [failure] = world.provider.check({}, other).failures

    assert "running and stopped by two" in failure.reason


def broken(world: World) -> dict[str, Any]:
    """The outputs that an older version recorded from an answer whose job id could not be read."""
    return created(world) | {"job_id": "a:b:c"}


def test_a_record_without_a_readable_job_shows_no_change_and_says_what_to_do() -> None:
    world = World("stopped")
    outs = broken(world)
    bare = {"plan_id": PLAN}
    checked = world.provider.check(bare, bare).inputs

    assert not world.provider.diff(BROKEN, outs, checked).changes
    world.next_process()
    for act in (world.provider.read, world.provider.delete):
        with pytest.raises(PrefetchError, match="declare job_id and run up"):
            act(BROKEN, outs)

    assert world.calls(START) == 1


def test_a_record_without_a_readable_job_is_repaired_by_declaring_it() -> None:
    world = World("stopped")
    outs = broken(world)

    change = world.provider.diff(BROKEN, outs, props())
    mended = world.provider.update(BROKEN, outs, props()).outs
    assert mended is not None
    read = world.next_process().read(BROKEN, mended)

    assert change.changes
    assert not change.replaces
    assert mended["job_id"] == JOB
    assert not world.provider.diff(BROKEN, mended, props()).changes
    assert (read.id, world.calls(START)) == (ID, 1)
    world.provider.delete(BROKEN, mended)
    assert world.status() == "stopped"


def test_plans_of_two_jobs_keep_to_their_jobs() -> None:
    jobs = [job(1, [plan(1, "stopped")]), job(2, [plan(2, "stopped")])]
    world = World(jobs=jobs)
    world.wire.spoiled = {START: {"JobId": JOB}}

    made = world.provider.create({"plan_id": plan_id(2), "job_id": OTHER})

    assert made.id == f"{OTHER}:{plan_id(2)}"
    assert world.provider.read(made.id, made.outs or {}).id == made.id
