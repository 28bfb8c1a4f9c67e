"""Every fault alone, in this process; `http.test_sockets` tests those that break a connection."""

import contextlib
import json
from collections import Counter
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pulumi_esa_emulator.faults.fault_file import FaultDocument, fault_grammar
from pulumi_esa_emulator.faults.fault_kinds import KINDS
from pulumi_esa_emulator.messages.documents import DocumentError, parse_document
from pulumi_esa_emulator.messages.stalls import MAX_STALLED_REQUESTS
from tests.emulator.conftest import EmulatorFactory, InProcessEmulator
from tests.emulator.seeds import JOB, open_plan, plan, plan_id, seed
from tests.emulator.signed_client import Document

START = "StartScheduledPreloadExecution"
LIST = "ListScheduledPreloadExecutions"


def with_faults(
    new_emulator: EmulatorFactory, *faults: Document, **document: object
) -> InProcessEmulator:
    return new_emulator(
        seed(open_plan(1, "stopped"), plan(2), plan(3)),
        faults={"faults": list(faults), **document},
    )


def start(emulator: InProcessEmulator, number: int = 1) -> httpx.Response:
    return emulator.esa.ask(START, Id=plan_id(number))


def effects(
    emulator: InProcessEmulator,
) -> list[tuple[int | None, bool, tuple[str, ...]]]:
    return [(one.status, one.effect, one.faults) for one in emulator.app.history]


@pytest.mark.parametrize(
    ("numbers", "status", "code", "headers"),
    [
        ({}, 400, "TooManyRequests", {}),
        (
            {"status": 429, "code": "Throttling.User"},
            429,
            "Throttling.User",
            {},
        ),
        ({"retry_after_ms": 250}, 400, "TooManyRequests", {"x-acs-retry-after": "250"}),
        (
            {"status": 503, "code": "ServiceUnavailable", "retry_after": 2},
            503,
            "ServiceUnavailable",
            {"retry-after": "2"},
        ),
    ],
)
def test_a_throttled_call_has_no_effect_and_the_code_and_hint_asked_for(
    new_emulator: EmulatorFactory,
    numbers: Document,
    status: int,
    code: str,
    headers: dict[str, str],
) -> None:
    emulator = with_faults(new_emulator, {"kind": "throttle", **numbers})

    answer = start(emulator)

    assert (answer.status_code, answer.json()["Code"]) == (status, code)
    for name in ("x-acs-retry-after", "retry-after"):
        assert answer.headers.get(name) == headers.get(name)
    assert effects(emulator) == [(status, False, ("throttle",))]


@pytest.mark.parametrize(("when", "effect"), [("before", False), ("after", True)])
def test_a_server_error_comes_before_the_effect_or_after_it(
    new_emulator: EmulatorFactory, when: str, effect: bool
) -> None:
    emulator = with_faults(
        new_emulator, {"kind": "server-error", "when": when, "status": 502}
    )

    answer = start(emulator)

    assert (answer.status_code, answer.json()["Code"]) == (502, "InternalError")
    assert effects(emulator) == [(502, effect, ("server-error",))]
    assert emulator.status(plan_id()) == ("running" if effect else "stopped")


@pytest.mark.parametrize(("when", "effect"), [("before", False), ("after", True)])
def test_a_reset_connection_gives_no_answer_before_the_effect_or_after_it(
    new_emulator: EmulatorFactory, when: str, effect: bool
) -> None:
    emulator = with_faults(new_emulator, {"kind": "reset", "when": when})

    with pytest.raises(httpx.ReadError):
        start(emulator)

    assert effects(emulator) == [(None, effect, ("reset",))]


@pytest.mark.parametrize(("when", "effect"), [("before", False), ("after", True)])
def test_a_page_in_html_comes_before_the_effect_or_after_it(
    new_emulator: EmulatorFactory, when: str, effect: bool
) -> None:
    emulator = with_faults(new_emulator, {"kind": "html", "when": when})

    answer = start(emulator)

    assert answer.status_code == 502
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "<html>" in answer.text
    assert effects(emulator) == [(502, effect, ("html",))]


def test_a_truncated_answer_breaks_off(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(new_emulator, {"kind": "truncated"})

    with pytest.raises(httpx.RemoteProtocolError):
        start(emulator)

    assert effects(emulator) == [(200, True, ("truncated",))]


def test_a_truncated_and_framed_answer_is_half_a_json(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(
        new_emulator, {"kind": "truncated", "framed": True, "keep": 0.9}
    )

    answer = start(emulator)

    assert answer.text.startswith('{"RequestId"')
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_another_content_type_leaves_the_content_as_it_is(
    new_emulator: EmulatorFactory,
) -> None:
    answer = start(
        with_faults(new_emulator, {"kind": "content-type", "value": "text/xml"})
    )

    assert answer.headers["content-type"] == "text/xml"
    assert answer.json()["Status"] == "running"


def test_extra_keys_are_in_the_answer_and_in_each_object_of_its_list(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(new_emulator, {"kind": "extra-keys", "count": 2})

    body = emulator.esa.body(LIST, Id=JOB)

    assert {"Extra0", "Extra1"} <= set(body)
    assert {"Extra0", "Extra1"} <= set(body["Executions"][0])


def test_missing_keys_by_name(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(
        new_emulator, {"kind": "missing-keys", "keys": ["Status", "RequestId"]}
    )

    body = emulator.esa.body(LIST, Id=JOB)

    assert "RequestId" not in body
    assert all("Status" not in one for one in body["Executions"])


def test_missing_keys_by_number(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(
        new_emulator, {"kind": "missing-keys", "count": 2, "actions": START}
    )

    body = start(emulator).json()

    assert len(body) == 9 - 2


def test_times_come_in_the_notations_asked_for(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(new_emulator, {"kind": "times", "notations": ["Z"]})

    assert start(emulator).json()["StartTime"] == "2026-06-01T11:00:00Z"


def test_shuffled_lists_hold_the_same_items(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(new_emulator, {"kind": "shuffled"})

    orders = {
        tuple(one["Id"] for one in emulator.esa.body(LIST, Id=JOB)["Executions"])
        for _ in range(20)
    }

    assert len(orders) > 1
    assert {frozenset(order) for order in orders} == {
        frozenset(plan_id(number) for number in (1, 2, 3))
    }


def test_stale_reads_return_earlier_records(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(new_emulator, {"kind": "stale", "seconds": 3600})
    emulator.esa.body("DeleteScheduledPreloadExecution", Id=plan_id(3))
    started = start(emulator).json()
    made = emulator.esa.body(
        "CreateScheduledPreloadExecutions",
        Id=JOB,
        Executions='[{"Interval":30,"SliceLen":10}]',
    )

    seen = emulator.esa.body(LIST, Id=JOB)["Executions"]

    assert started["Status"] == "running"
    assert made["SuccessCount"] == 1
    assert {one["Id"]: one["Status"] for one in seen} == {
        plan_id(1): "stopped",
        plan_id(2): "waiting",
        plan_id(3): "waiting",
    }
    assert emulator.status(plan_id()) == "running"


def test_a_stale_list_of_jobs_returns_earlier_records(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(new_emulator, {"kind": "stale", "seconds": 3600})
    emulator.esa.body("DeleteScheduledPreloadJob", Id=JOB)

    shown = emulator.esa.body("GetScheduledPreloadJob", Id=JOB)

    assert shown["Id"] == JOB
    assert emulator.esa.code("ResetScheduledPreloadJob", Id=JOB) == (
        404,
        "InvalidJob.NotFound",
    )


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ({"kind": "expired-token"}, 400, "InvalidSecurityToken.Expired"),
        ({"kind": "denied"}, 403, "NoPermission"),
        ({"kind": "denied", "code": "Forbidden.RAM"}, 403, "Forbidden.RAM"),
        ({"kind": "skewed-clock", "seconds": 1000}, 400, "InvalidTimeStamp.Expired"),
        ({"kind": "skewed-clock", "seconds": -1000}, 400, "InvalidTimeStamp.Expired"),
    ],
)
def test_refusals_of_identity(
    new_emulator: EmulatorFactory, kind: Document, status: int, code: str
) -> None:
    emulator = with_faults(new_emulator, kind)

    assert emulator.esa.code(START, Id=plan_id()) == (status, code)
    assert effects(emulator) == [(status, False, (kind["kind"],))]


def test_a_small_clock_skew_is_accepted(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(new_emulator, {"kind": "skewed-clock", "seconds": 800})

    answer = start(emulator)

    assert answer.status_code == 200
    assert seconds_ahead(answer) == pytest.approx(800, abs=10)


def seconds_ahead(answer: httpx.Response) -> float:
    date = parsedate_to_datetime(answer.headers["date"])
    return (date - datetime.now(UTC)).total_seconds()


@pytest.mark.parametrize("seconds", [4000, -90_000, 1e9, -1e9])
def test_a_skewed_clock_shows_in_the_date_of_a_refusal(
    new_emulator: EmulatorFactory, seconds: float
) -> None:
    emulator = with_faults(new_emulator, {"kind": "skewed-clock", "seconds": seconds})

    answer = start(emulator)

    assert answer.json()["Code"] == "InvalidTimeStamp.Expired"
    assert seconds_ahead(answer) == pytest.approx(seconds, abs=10)


def test_a_quota_lets_so_many_through_a_second(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(
        new_emulator, {"kind": "quota", "per_second": 3, "code": "Throttling"}
    )

    codes = Counter(start(emulator).json().get("Code") for _ in range(10))

    assert codes == {None: 3, "Throttling": 7}


def test_a_fault_hits_the_calls_of_its_numbers(new_emulator: EmulatorFactory) -> None:
    rule = {"kind": "throttle", "actions": [START], "calls": [2, 4]}
    emulator = with_faults(new_emulator, rule)

    emulator.esa.body(LIST, Id=JOB)
    answers = [start(emulator).status_code for _ in range(5)]

    assert answers == [200, 400, 200, 400, 200]


def test_a_fault_can_hit_every_nth_call_and_at_most_so_often(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(new_emulator, {"kind": "throttle", "every": 2, "times": 2})

    answers = [start(emulator).status_code for _ in range(8)]

    assert answers == [200, 400, 200, 400, 200, 200, 200, 200]


def test_a_fault_may_be_for_one_plan(new_emulator: EmulatorFactory) -> None:
    emulator = with_faults(new_emulator, {"kind": "throttle", "ids": plan_id(2)})

    assert [start(emulator, n).status_code for n in (1, 2, 3)] == [200, 400, 200]


def test_a_disabled_fault_does_nothing_until_it_is_switched_on(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(
        new_emulator, {"kind": "throttle", "name": "busy", "enabled": False}
    )

    off = start(emulator).status_code
    on = {"enabled": True}
    emulator.control.post("/_emulator/faults/busy", json=on).raise_for_status()

    assert (off, start(emulator).status_code) == (200, 400)


def test_chance_does_not_depend_on_the_order_of_the_plans(
    new_emulator: EmulatorFactory,
) -> None:
    half = {"kind": "throttle", "probability": 0.5}
    one, other = (with_faults(new_emulator, half, seed=7) for _ in range(2))

    emulator = {n: [start(one, n).status_code for _ in range(10)] for n in (1, 2, 3)}
    here: dict[int, list[int]] = {1: [], 2: [], 3: []}
    for _ in range(10):
        for number in (3, 2, 1):
            here[number].append(start(other, number).status_code)

    assert emulator == here
    assert {status for run in emulator.values() for status in run} == {200, 400}


def test_another_seed_is_another_chance(new_emulator: EmulatorFactory) -> None:
    half = {"kind": "throttle", "probability": 0.5}

    runs = {
        tuple(start(emulator).status_code for _ in range(20))
        for emulator in (with_faults(new_emulator, half, seed=n) for n in range(3))
    }

    assert len(runs) == 3


def test_the_first_fault_that_answers_wins_and_later_ones_shape_the_answer(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(
        new_emulator,
        {"kind": "content-type"},
        {"kind": "throttle", "calls": [1]},
        {"kind": "denied", "calls": [1]},
    )

    first, second = start(emulator), start(emulator)

    assert first.json()["Code"] == "TooManyRequests"
    assert second.headers["content-type"] == "text/plain"
    assert [one.faults for one in emulator.app.history] == [
        ("throttle",),
        ("content-type",),
    ]


def test_a_stall_before_the_effect_lets_it_come_late(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = with_faults(
        new_emulator, {"kind": "stall", "seconds": 0.05, "when": "before"}
    )

    answer = start(emulator)

    assert answer.json()["Status"] == "running"
    assert answer.elapsed.total_seconds() >= 0.05


@pytest.mark.parametrize(
    "document",
    [
        {"faults": [{"kind": "earthquake"}]},
        {"faults": [{}]},
        {"faults": [{"kind": "throttle", "probability": 1.5}]},
        {"faults": [{"kind": "throttle", "calls": [0]}]},
        {"faults": [{"kind": "throttle", "actions": ["Start"]}]},
        {"faults": [{"kind": "stall", "seconds": "NaN"}]},
        {"faults": [{"kind": "stall"}]},
        {"faults": [{"kind": "stale", "seconds": 0}]},
        {"faults": [{"kind": "content-type", "value": "a\r\nb"}]},
        {"faults": [{"kind": "throttle", "code": "a", "unknown": 1}]},
        {"fault": []},
        {"seed": 1, "kind": "throttle"},
        "throttle",
    ],
)
def test_a_document_that_is_invalid_is_refused(document: object) -> None:
    with pytest.raises(ValidationError):
        FaultDocument.model_validate(document)


def test_faults_without_a_name_get_that_of_their_kind() -> None:
    document = FaultDocument.model_validate(
        {"faults": [{"kind": "reset"}, {"kind": "reset"}, {"kind": "html"}]}
    )

    assert [one.name for one in document.faults] == ["reset", "reset-2", "html"]


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (["a", "a", "a"], ["a", "a-2", "a-3"]),
        (["a-2", "a", "a"], ["a-2", "a", "a-3"]),
        (["a", "a", "a-2", "a", "a-2"], ["a", "a-3", "a-2", "a-4", "a-2-2"]),
        (["", "reset-2", ""], ["reset", "reset-2", "reset-3"]),
    ],
)
def test_no_two_faults_share_a_name(given: list[str], named: list[str]) -> None:
    faults = [{"kind": "reset", "name": name} for name in given]

    document = FaultDocument.model_validate({"faults": faults})

    assert [one.name for one in document.faults] == named


def test_many_faults_of_one_name_are_named_quickly() -> None:
    faults = [{"kind": "reset"}] * 20_000

    document = FaultDocument.model_validate(faults)

    assert document.faults[-1].name == "reset-20000"


THROTTLE = {"kind": "throttle"}


@pytest.mark.parametrize(
    "document",
    [
        THROTTLE,
        [THROTTLE],
        {"faults": THROTTLE},
        {"faults": [THROTTLE]},
        {"seed": 0, "faults": [THROTTLE]},
    ],
)
def test_a_list_of_faults_is_accepted_as_a_document(document: object) -> None:
    taken = FaultDocument.model_validate(document)

    assert (taken.seed, [one.name for one in taken.faults]) == (0, ["throttle"])


def test_an_empty_list_means_no_faults() -> None:
    assert FaultDocument.model_validate([]) == FaultDocument()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (
            {"kind": "reset", "probability": 0.1, "calls": 3},
            "F: faults[0].reset: give `probability`, or `calls` or `every`, not both.",
        ),
        (
            {"kind": "reset", "probability": 0.1, "every": 3},
            "F: faults[0].reset: give `probability`, or `calls` or `every`, not both.",
        ),
        (
            {"kind": "quota", "per_second": 1, "every": 3},
            "F: faults[0].quota: it hits the calls beyond `per_second`; remove",
        ),
        (
            {"kind": "stale", "seconds": 1, "actions": START},
            "F: faults[0].stale: only operations that read, Get and List, can be",
        ),
        (
            {"kind": "missing-keys", "keys": "Status", "count": 2},
            "F: faults[0].missing-keys: give `keys` or `count`, not both.",
        ),
        ({}, "F: faults[0]: a fault needs its `kind`, one of throttle, quota, server-"),
        ({"kind": "boom"}, "F: faults[0]: a fault needs its `kind`, one of throttle"),
        ({"kind": [1]}, "F: faults[0]: a fault needs its `kind`, one of throttle"),
        (5, "F: faults[0]: a fault needs its `kind`, one of throttle"),
    ],
)
def test_a_contradiction_is_refused_with_what_is_expected(
    fault: object, sentence: str
) -> None:
    text = json.dumps({"faults": [fault]}).encode()

    with pytest.raises(DocumentError) as refused:
        parse_document(text, FaultDocument, "F")

    assert str(refused.value).startswith(sentence)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset", "calls": [1], "every": 3, "times": 2},
        {"kind": "reset", "probability": 0, "times": 1, "ids": plan_id()},
        {"kind": "quota", "per_second": 1, "times": 3, "actions": START},
        {"kind": "stale", "seconds": 1, "actions": [START, LIST]},
        {"kind": "missing-keys", "keys": "Status"},
    ],
)
def test_a_valid_document_is_accepted_and_so_is_its_dump(
    fault: Document,
) -> None:
    taken = FaultDocument.model_validate(fault)

    assert FaultDocument.model_validate_json(taken.model_dump_json()) == taken


def test_every_kind_is_in_the_grammar() -> None:
    rows = fault_grammar()

    assert len(rows) == len(KINDS)
    assert all(text for _, _, text in rows)


def test_the_grammar_says_how_many_calls_can_wait_at_once() -> None:
    [text] = [text for kind, _, text in fault_grammar() if kind == "stall"]

    assert f"at most {MAX_STALLED_REQUESTS} calls wait at a time" in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["seed", "faults", "kind", "when", "calls", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_any_document_is_accepted_or_refused(document: Any) -> None:
    with contextlib.suppress(ValidationError):
        assert FaultDocument.model_validate(document).faults is not None


def test_a_kind_that_is_nearly_right_gets_the_right_one(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator()

    answer = emulator.control.post(
        "/_emulator/faults", json={"kind": "throtle", "every": 2}
    )

    assert answer.status_code == 400
    assert answer.json()["error"].endswith(
        "there is no fault 'throtle'; did you mean 'throttle'?"
    )
