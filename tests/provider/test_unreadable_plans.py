"""Plans that cannot be read: an error of their own resource only, and never taken for missing."""

from typing import Any

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.provider.world import ID, JOB, LIST, PLAN, START, World, created, props
from tests.support.local_esa import plan_id

OTHER = plan_id(2)
ODD: dict[str, dict[str, Any]] = {
    "leap second": {"StartTime": "2016-12-31T23:59:60Z"},
    "year 0": {"EndTime": "0000-01-01T00:00:00Z"},
    "half a URL": {"SliceLen": 1.5},
}


def entry(an_id: str, status: str = "stopped", **more: Any) -> dict[str, Any]:
    times = {"StartTime": "2024-05-31T17:10:48Z", "EndTime": "2034-05-31T17:10:48Z"}
    pace = {"Interval": 60, "SliceLen": 10}
    return {"Id": an_id, "JobId": JOB, "Status": status, **times, **pace, **more}


def listing(world: World, *entries: dict[str, Any]) -> None:
    world.wire.spoiled = {LIST: {"Executions": entries, "TotalCount": len(entries)}}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_an_unreadable_plan_is_an_error_of_its_own_resource_only(
    odd: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("stopped", "stopped")
    listing(world, entry(PLAN), entry(OTHER, **odd))

    with pytest.raises(PrefetchError) as caught:
        world.provider.create(props(plan_id=OTHER))
    created(world)

    field = next(iter(odd))
    assert f"plan {JOB}:{OTHER} cannot be looked up: " in str(caught.value)
    assert f"plan {OTHER} cannot be read: {field}: " in str(caught.value)
    assert "does not exist" not in str(caught.value)
    told = capsys.readouterr().out
    assert told.count("is read without some of its entries") == 1
    assert f"plan {OTHER} cannot be read: {field}: " in told
    assert world.effects() == [START]


def test_an_unreadable_plan_stays_in_the_state() -> None:
    world = World("stopped")
    recorded = created(world)
    listing(world, entry(PLAN, SliceLen=1.5))
    provider = world.next_process()

    with pytest.raises(PrefetchError, match="cannot be read: SliceLen"):
        provider.read(ID, recorded)


def test_an_unreadable_plan_that_is_to_be_deleted_is_not_taken_for_gone() -> None:
    world = World("stopped")
    recorded = created(world)
    listing(world, entry(PLAN, SliceLen=1.5))
    provider = world.next_process()

    with pytest.raises(PrefetchError, match="cannot be read: SliceLen"):
        provider.delete(ID, recorded | {"on_destroy": "delete"})


def test_a_plan_that_may_be_the_entry_without_an_id_is_not_taken_for_gone() -> None:
    world = World("stopped", "stopped")
    recorded = created(world)
    listing(world, {"Status": "running"}, entry(OTHER))
    provider = world.next_process()

    with pytest.raises(PrefetchError, match="an entry without a plan's id"):
        provider.read(ID, recorded)
    listing(world, {"Status": "running"}, entry(PLAN))
    found = world.next_process().read(ID, recorded)

    assert found.id == ID


def test_a_job_is_not_reset_under_an_unreadable_plan_that_runs() -> None:
    world = World("stopped", "running")
    recorded = created(world)
    listing(world, entry(PLAN, "finished"), entry(OTHER, "running", SliceLen=1.5))
    provider = world.next_process()

    with pytest.raises(PrefetchError, match=OTHER):
        provider.update(ID, recorded, props(triggers={"release": "2"}))


def test_check_fails_at_an_unreadable_plan_and_goes_on_with_the_others() -> None:
    world = World("stopped", "stopped")
    listing(world, entry(PLAN), entry(OTHER, SliceLen=1.5))

    unreadable = world.provider.check({}, props(plan_id=OTHER)).failures
    missing = world.provider.check({}, props(plan_id=plan_id(3))).failures

    (failure,) = unreadable
    assert failure.property == "plan_id"
    assert f"plan {OTHER} cannot be read: SliceLen" in failure.reason
    assert "does not exist" in missing[0].reason
