"""What a failed create or update leaves in the state, and that the next up makes one Start, or none."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.native.plugin_face import Record
from tests.provider.world import LIST, RESET, START, STOP, World

FIRST: dict[str, Any] = {"triggers": {"release": "1"}}
AGAIN: dict[str, Any] = {"triggers": {"release": "2"}}


@contextmanager
def cut_off_at(world: World, action: str, *, arrives: bool) -> Iterator[None]:
    """Within it the network fails from the first call of the action on; ``arrives``: that call still has its effect."""
    wire, answer = world.wire, world.wire.handle_request
    is_cut = False

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal is_cut
        first = request.headers["x-acs-action"] == action and not is_cut
        is_cut = is_cut or first
        if not is_cut:
            return answer(request)
        if first and arrives:
            answer(request)
        raise httpx.ReadError("connection reset", request=request)

    wire.handle_request = handle  # type: ignore[method-assign]
    try:
        yield
    finally:
        wire.handle_request = answer  # type: ignore[method-assign]


@contextmanager
def no_lists_after(world: World, action: str) -> Iterator[None]:
    """Within it no list is answered once the action was called."""
    wire, answer = world.wire, world.wire.handle_request
    called = False

    def handle(request: httpx.Request) -> httpx.Response:
        nonlocal called
        if called and request.headers["x-acs-action"] == LIST:
            raise httpx.ConnectError("refused", request=request)
        called = called or request.headers["x-acs-action"] == action
        return answer(request)

    wire.handle_request = handle  # type: ignore[method-assign]
    try:
        yield
    finally:
        wire.handle_request = answer  # type: ignore[method-assign]


def created(status: str, **given: Any) -> Record:
    """A plan that was declared when it had this status."""
    record = Record(World(status))
    record.up(**given)
    return record


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("before", ["running", "stopped", "waiting"])
def test_a_trigger_whose_start_was_lost_is_started_once_by_the_next_up(
    before: str, arrives: bool
) -> None:
    record = Record(World("running" if before == "running" else before))
    record.up(**FIRST)
    if before == "stopped":
        record.world.client.stop_scheduled_preload_execution(
            plan_id=record.inputs["planId"]
        )
        record.refresh()
    begun = record.world.effects().count(START)

    with cut_off_at(record.world, START, arrives=arrives):
        record.up(**AGAIN)

    assert "it is not known whether" in record.reason
    assert record.outputs["triggers"] == FIRST["triggers"]
    assert record.outputs["status"] == "unknown"
    assert record.diff(**AGAIN).changes
    record.up(**AGAIN)

    assert record.reason == ""
    assert record.outputs["triggers"] == AGAIN["triggers"]
    assert record.outputs["status"] == record.world.status() == "running"
    assert record.world.effects().count(START) == begun + 1
    assert not record.diff(**AGAIN).changes


def test_a_stop_after_which_no_start_was_sent_is_recorded_with_the_old_triggers() -> (
    None
):
    record = created("running", **FIRST)

    with cut_off_at(record.world, RESET, arrives=False):
        record.up(**AGAIN)

    assert record.outputs["status"] == record.world.status() == "stopped"
    assert record.outputs["triggers"] == FIRST["triggers"]
    assert "the plan is stopped now" in record.reason
    record.up(**AGAIN)

    assert record.world.effects() == [STOP, RESET, START]
    assert record.outputs["triggers"] == AGAIN["triggers"]


def test_triggers_put_back_after_a_failed_rerun_start_the_plan_that_it_has_stopped() -> (
    None
):
    record = created("running", **FIRST)
    with cut_off_at(record.world, RESET, arrives=False):
        record.up(**AGAIN)

    assert record.diff(**FIRST).changes
    record.up(**FIRST)

    assert record.world.effects() == [STOP, START]
    assert record.world.status() == "running"


def test_other_triggers_after_a_lost_start_run_the_plan_for_them() -> None:
    record = created("running", **FIRST)
    with cut_off_at(record.world, START, arrives=True):
        record.up(**AGAIN)

    record.up(triggers={"release": "3"})

    assert record.world.effects() == [STOP, RESET, START, STOP, RESET, START]


@pytest.mark.parametrize("arrives", [True, False])
@pytest.mark.parametrize("before", ["running", "stopped"])
def test_a_refresh_between_a_lost_start_and_the_next_up_changes_nothing_about_that(
    before: str, arrives: bool
) -> None:
    record = created(before, **FIRST)
    begun = record.world.effects().count(START)
    with cut_off_at(record.world, START, arrives=arrives):
        record.up(**AGAIN)
    assert record.reason

    record.refresh()
    record.refresh()
    record.up(**AGAIN)

    assert record.world.effects().count(START) == begun + 1
    assert record.outputs["triggers"] == AGAIN["triggers"]
    assert record.outputs["status"] == record.world.status() == "running"
    assert "attempted" not in record.outputs


def test_a_start_that_arrives_after_a_refresh_is_not_undone() -> None:
    record = created("running", **FIRST)
    record.world.wire.unanswered = START
    with no_lists_after(record.world, START):
        record.up(**AGAIN)
    assert record.reason

    record.refresh()
    record.world.wire.deliver()
    record.up(**AGAIN)

    assert record.world.effects() == [STOP, RESET, START]
    assert record.outputs["status"] == "running"


@pytest.mark.parametrize("arrives", [True, False])
def test_a_run_that_had_finished_is_run_once_more_unless_the_lost_start_is_seen(
    arrives: bool,
) -> None:
    record = created("finished", **FIRST)

    with cut_off_at(record.world, START, arrives=arrives):
        record.up(**AGAIN)

    assert record.outputs["status"] == "finished"
    record.up(**AGAIN)

    assert record.world.effects().count(START) == 1
    assert record.world.status() == record.outputs["status"] == "running"


@pytest.mark.parametrize("arrives", [True, False])
def test_a_create_whose_start_was_lost_is_recorded_and_started_once(
    arrives: bool,
) -> None:
    record = Record(World("stopped"))

    with cut_off_at(record.world, START, arrives=arrives):
        record.up(**FIRST)

    assert "it is not known whether" in record.reason
    assert record.outputs["status"] == "unknown"
    assert record.diff(**FIRST).changes
    record.up(**FIRST)

    assert record.reason == ""
    assert record.outputs["status"] == record.world.status() == "running"
    assert record.world.effects() == [START]


def test_a_waiting_plan_whose_start_was_lost_is_started_by_the_next_up() -> None:
    record = Record(World("waiting", start="+1h", dialects=("new-plan-waits",)))

    with cut_off_at(record.world, START, arrives=False):
        record.up()
    assert record.reason
    record.up()

    assert record.world.effects() == [START]
    assert record.outputs["status"] == "waiting"


def test_a_plan_that_a_reset_has_set_waiting_is_started_by_the_next_up() -> None:
    dialects = ("reset-requeues", "new-plan-waits")
    record = Record(World("running", dialects=dialects))
    record.up(**FIRST)

    with cut_off_at(record.world, START, arrives=False):
        record.up(**AGAIN)
    record.up(**AGAIN)

    assert record.world.effects().count(START) == 1
    assert record.world.effects().count(RESET) == 1
    assert record.outputs["status"] == "running"


@pytest.mark.parametrize("arrives", [True, False])
def test_destroy_after_a_lost_start_leaves_no_plan_that_runs(arrives: bool) -> None:
    record = created("running", **FIRST)
    with cut_off_at(record.world, START, arrives=arrives):
        record.up(**AGAIN)

    record.destroy()

    assert record.world.status() == "stopped"
    assert record.world.writes()[-1] == STOP


def test_one_and_true_are_two_triggers_after_a_lost_start_too() -> None:
    record = created("running", triggers={"release": 1})
    with cut_off_at(record.world, START, arrives=True):
        record.up(triggers={"release": True})

    record.up(triggers={"release": True})

    assert record.world.effects().count(START) == 1


def test_a_start_that_was_accepted_and_could_not_be_looked_up_is_recorded_with_its_reason() -> (
    None
):
    record = Record(World("stopped"))
    record.world.wire.spoiled = {START: {"Status": None}}

    with no_lists_after(record.world, START):
        record.up()

    assert "was started, and its status could not be read" in record.reason
    assert record.outputs["status"] == "unknown"
    assert record.outputs["starts"] == 1
    record.up()

    assert record.reason == ""
    assert record.outputs["status"] == "running"
    assert record.world.effects() == [START]


def test_a_stop_whose_status_cannot_be_read_is_no_failed_start() -> None:
    record = created("running")
    record.world.wire.spoiled = {STOP: {"Status": None}}
    answer = record.world.wire.handle_request

    def without_plans(request: httpx.Request) -> httpx.Response:
        found = answer(request)
        if request.headers["x-acs-action"] != LIST or not record.world.calls(STOP):
            return found
        empty = {"ScheduledPreloadExecutions": [], "TotalCount": 0}
        return httpx.Response(200, json=json.loads(found.read()) | empty)

    record.world.wire.handle_request = without_plans  # type: ignore[method-assign]
    record.up(desiredState="stopped")

    assert record.reason == ""
    assert record.world.status() == "stopped"


def test_a_refused_change_that_did_nothing_leaves_the_record_as_it_was() -> None:
    record = created("running", **FIRST)

    with (
        cut_off_at(record.world, STOP, arrives=False),
        pytest.raises(PrefetchError, match="was not stopped"),
    ):
        record.up(**AGAIN)

    assert record.outputs["triggers"] == FIRST["triggers"]
