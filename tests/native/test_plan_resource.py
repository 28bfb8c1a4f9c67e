"""The native resource: names of the schema, difference by property, previews, imports, the move to it."""

from typing import Any

import pytest
from pulumi.output import UNKNOWN, contains_unknowns

from pulumi_esa_prefetch.native import plan_resource
from pulumi_esa_prefetch.native.detailed_diff import Kind
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.messages import about
from tests.native.plugin_face import Record, inputs
from tests.provider.world import ID, JOB, PLAN, START, World
from tests.support.local_esa import plan_id

URN = "urn:pulumi:test::test::esa-prefetch:index:ScheduledPrefetch::launch"


def failures(**given: Any) -> dict[str, str]:
    checked = plan_resource.check(World("stopped").session, {}, given)
    return dict(checked.failures)


@pytest.mark.parametrize(
    ("given", "name", "reason"),
    [
        ({"planId": "x"}, "planId", "planId is not a plan id: 24 hex digits"),
        (inputs(onDestroy="go"), "onDestroy", "onDestroy must be one of 'stop'"),
        (inputs(plan_id=PLAN), "plan_id", "did you mean planId?"),
        (inputs(trigger={}), "trigger", "did you mean triggers?"),
        (inputs(colour="x"), "colour", "colour is not an input of ScheduledPrefetch"),
        (
            inputs(planId=plan_id(7)),
            "planId",
            "does not exist: check planId and jobId; the job has the plans",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_check_names_the_property_and_the_reason_as_the_schema_spells_them(
    given: dict[str, Any], name: str, reason: str
) -> None:
    assert reason in failures(**given)[name]


def test_outputs_have_the_names_of_the_schema() -> None:
    record = Record(World("stopped"))

    record.up(triggers={"release": "1"})

    assert record.id == ID
    assert record.outputs["planId"] == PLAN
    assert record.outputs["jobId"] == JOB
    assert record.outputs["status"] == "running"
    assert record.outputs["starts"] == 1
    assert not [name for name in record.outputs if "_" in name]


def test_the_difference_is_by_property_and_by_key_of_the_triggers() -> None:
    record = Record(World("running"))
    record.up(triggers={"a": "1", "b": "1", "c": {"x": 1.0}})

    found = record.diff(
        triggers={"b": "2", "c": {"x": 2.0}, "d.e": True}, onDestroy="leave"
    )

    assert found.changes
    assert found.properties == {
        "triggers.a": Kind.DELETE,
        "triggers.b": Kind.UPDATE,
        "triggers.c": Kind.UPDATE,
        'triggers["d.e"]': Kind.ADD,
        "onDestroy": Kind.UPDATE,
    }


def test_another_plan_is_a_replacement() -> None:
    record = Record(World("running", "running"))
    record.up()

    found = record.diff(planId=plan_id(2))

    assert found.replaces
    assert found.properties == {"planId": Kind.UPDATE_REPLACE}


@pytest.mark.parametrize(
    ("before", "start", "status", "starts"),
    [
        ("stopped", "-1h", "running", 1),
        ("stopped", "+1h", "waiting", 1),
        ("running", "-1h", "running", 0),
        ("finished", "-1h", "finished", 0),
    ],
)
def test_a_preview_of_a_create_shows_what_the_up_will_record(
    before: str, start: str, status: str, starts: int
) -> None:
    world = World(before, start=start)

    shown = plan_resource.preview_create(world.session, inputs())
    record = Record(world)
    record.up()

    assert (shown["status"], shown["starts"]) == (status, starts)
    known = {n: v for n, v in shown.items() if not contains_unknowns(v)}
    assert known == {name: record.outputs[name] for name in known}
    assert shown.keys() == record.outputs.keys()


def test_a_preview_of_an_update_shows_what_the_up_will_record() -> None:
    record = Record(World("running"))
    record.up(triggers={"release": "1"})
    session = record.world.next_process().session

    shown = plan_resource.preview_update(
        session, record.id, record.outputs, inputs(triggers={"release": "2"})
    )
    record.up(triggers={"release": "2"})

    known = {n: v for n, v in shown.items() if not contains_unknowns(v)}
    assert known == {name: record.outputs[name] for name in known}
    assert shown["status"] == "running"
    assert shown["starts"] == 1


@pytest.mark.parametrize(
    "given",
    [{"jobId": UNKNOWN}, {"triggers": {"release": UNKNOWN}}, {"planId": UNKNOWN}],
)
def test_what_a_preview_cannot_know_stays_unknown(given: dict[str, Any]) -> None:
    shown = plan_resource.preview_create(World("stopped").session, inputs(**given))

    assert contains_unknowns(shown["status"])
    assert contains_unknowns(shown["starts"])


def test_without_verification_a_preview_knows_nothing_of_esa() -> None:
    world = World("stopped")
    world.session.verify = False

    shown = plan_resource.preview_create(world.session, inputs())

    assert contains_unknowns(shown["status"])
    assert world.esa.history == []


@pytest.mark.parametrize(
    "status", ["waiting", "running", "stopped", "failed", "finished"]
)
def test_an_imported_plan_shows_no_difference_and_nothing_is_done_to_it(
    status: str,
) -> None:
    world = World(status)
    found = plan_resource.read(HookCall(world.session), ID, {}, {})
    assert found is not None
    id_, outputs, declared = found

    checked = plan_resource.check(world.session, declared, declared)
    after = plan_resource.diff(world.session, id_, outputs, declared, checked.props)

    assert id_ == ID
    rests = {"desiredState": "stopped"} if status in {"stopped", "failed"} else {}
    assert declared == {"planId": PLAN, "jobId": JOB} | rests
    assert not after.changes
    assert world.effects() == []


def test_an_import_of_a_plan_that_is_gone_is_an_error_that_names_the_plans_there_are() -> (
    None
):
    world = World("running")

    with pytest.raises(PrefetchError, match=f"does not exist.*{PLAN}"):
        plan_resource.read(HookCall(world.session), f"{JOB}:{plan_id(9)}", {}, {})


def test_a_refresh_drops_a_plan_that_is_gone() -> None:
    record = Record(World("running", "running"))
    record.up()
    record.world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    record.world.client.delete_scheduled_preload_execution(plan_id=PLAN)

    session = record.world.next_process().session
    found = plan_resource.read(HookCall(session), ID, record.outputs, record.inputs)

    assert found is None


def dynamic_outputs(world: World, **given: Any) -> dict[str, Any]:
    """What the dynamic face has recorded."""
    outs = world.provider.create({"plan_id": PLAN, "job_id": JOB, **given}).outs
    assert outs is not None
    return outs | {"__provider": "gASV..."}


@pytest.mark.parametrize(
    "status", ["running", "stopped", "waiting", "finished", "gone"]
)
def test_the_first_update_after_the_dynamic_face_only_records_whatever_the_plan_does(
    status: str,
) -> None:
    world = World("stopped")
    record = Record(world)
    record.outputs = dynamic_outputs(world, triggers={"release": "1"})
    record.inputs = {"plan_id": PLAN, "job_id": JOB, "triggers": {"release": "1"}}
    if status in {"stopped", "gone"}:
        world.client.stop_scheduled_preload_execution(plan_id=PLAN)
    if status == "gone":
        world.client.delete_scheduled_preload_execution(plan_id=PLAN)
    begun = world.effects()

    found = record.diff(triggers={"release": "1"})
    record.up(triggers={"release": "1"})

    assert found.changes
    assert not found.replaces
    assert world.effects() == begun
    assert record.outputs["starts"] == 1
    assert record.outputs["startTime"]
    assert not [name for name in record.outputs if "_" in name]
    assert not record.diff(triggers={"release": "1"}).changes


def test_a_change_that_comes_with_the_new_face_is_carried_out() -> None:
    world = World("running")
    record = Record(world)
    record.outputs = dynamic_outputs(world, triggers={"release": "1"})

    record.up(triggers={"release": "2"})

    assert world.effects().count(START) == 1
    assert record.outputs["triggers"] == {"release": "2"}


def test_what_a_preview_says_is_said_once_for_its_resource(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    monkeypatch.setattr(plan_resource, "note", said.append)
    session = World("stopped").session

    with about(URN):
        plan_resource.check(session, {}, inputs())
        plan_resource.preview_create(session, inputs())
        plan_resource.preview_create(session, inputs())

    assert said == ["will be started: is stopped"]


def test_once_interrupted_no_call_is_begun_that_changes_something() -> None:
    world = World("stopped", "running")
    world.session.interrupt()

    with pytest.raises(PrefetchError, match="the run was interrupted"):
        plan_resource.create(HookCall(world.session), inputs())

    assert world.effects() == []
