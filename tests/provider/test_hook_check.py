"""The ``check`` hook: it names what is wrong, and looks up a plan before it is created."""

from typing import Any

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import DEFAULT_TIMEOUT, Credentials
from pulumi_esa_prefetch.api.errors import KeysNotFetched
from pulumi_esa_prefetch.provider.plan_decision import MISSING
from tests.provider.world import ID, JOB, LIST, PLAN, World, created, fault, props
from tests.support.local_esa import plan_id


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


def test_check_names_each_wrong_property_and_calls_nothing() -> None:
    world = World("stopped")

    said = check(world, {}, plan_id="66599bd7", on_destroy="keep")

    assert said[0].startswith("plan_id: plan_id is not a plan id: 24 hex digits")
    assert said[1].startswith("on_destroy: on_destroy must be one of 'stop', 'leave'")
    assert world.esa.history == []


def test_check_says_that_a_plan_that_is_about_to_be_created_does_not_exist() -> None:
    world = World("stopped")

    assert check(world, {}, plan_id=plan_id(9)) == [
        f"plan_id: plan {JOB}:{plan_id(9)} {MISSING}; the job has the plans {PLAN}"
    ]
    assert check(world, {}) == []
    # one at once, and one when no list can lag behind the plan's creation
    assert world.calls(LIST) == 2


def test_check_looks_up_a_plan_that_replaces_another() -> None:
    world = World("stopped")

    assert check(world, props(), plan_id=plan_id(9)) != []
    assert check(world, props(), plan_id=plan_id(8)) != []
    assert world.calls(LIST) == 3  # the first missing plan is listed twice


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
def test_check_lists_nothing_where_nothing_is_created_or_known(
    olds: dict[str, Any], declared: dict[str, Any]
) -> None:
    world = World()

    assert check(world, olds, **declared) == []
    assert world.esa.history == []


def test_check_lists_nothing_if_verify_is_off() -> None:
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
        {"kind": "server-error"},
        {"kind": "truncated"},
    ],
    ids=lambda kind: kind["kind"],
)
def test_check_passes_after_any_other_failure_and_says_so_once(
    kind: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    world = World("stopped", faults=(fault(kind, action=LIST, every=1),))

    said = [check(world, {}, plan_id=plan_id(n)) for n in (7, 8, 9)]

    assert said == [[], [], []]
    assert world.calls(LIST) == 1
    assert capsys.readouterr().out.count("warning: not verified: ") == 1


def test_keys_that_esa_refuses_fail_each_plan_that_is_looked_up_by_one_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refused = fault({"kind": "expired-token"}, action=LIST, every=1)
    world = World("stopped", faults=(refused,))

    said = [check(world, {}, plan_id=plan_id(n)) for n in (7, 8, 9)]

    assert [len(failures) for failures in said] == [1, 1, 1]
    for failures in said:
        assert failures[0].startswith("plan_id: plan ")
        assert "cannot be verified: ListScheduledPreloadExecutions: " in failures[0]
    assert world.calls(LIST) == 1
    assert capsys.readouterr().out == ""


class _SlowKeys:
    """A source that has its keys after 8 seconds."""

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:
        if seconds < 8:
            raise KeysNotFetched(f"no access key within {seconds:.3g} s")
        return Credentials("emulator-key", "emulator-secret")

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:
        raise NotImplementedError


def test_keys_that_take_longer_than_check_waits_are_a_warning_and_create_waits_for_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World("stopped")
    world.client = EsaClient(
        "http://esa.test", _SlowKeys(), clock=world.clock, transport=world.wire
    )
    world.next_process()

    said = [check(world, {}), check(world, {}, plan_id=plan_id(2))]
    created(world)

    assert said == [[], []]
    assert capsys.readouterr().out.count("warning: not verified: no access key") == 1
    assert world.status() == "running"


def test_what_check_has_listed_serves_create() -> None:
    world = World("stopped")

    check(world, {})
    created(world)

    assert world.calls(LIST) == 1


def test_a_failed_list_of_check_does_not_fail_create() -> None:
    once = fault({"kind": "reset", "when": "before"}, action=LIST)
    world = World("stopped", faults=(once,))

    check(world, {})

    assert created(world)["status"] == "running"
