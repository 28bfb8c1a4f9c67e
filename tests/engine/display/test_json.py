"""What programs read: the document of `preview --json`, the lines of `up --json`, the event log."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.engine.display.shown import shown
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import (
    Diagnostic,
    Event,
    Outputs,
    Prelude,
    PropertyChange,
    StepDone,
    StepFailed,
    StepStarted,
)
from pulumi_esa_prefetch.engine.values import UNKNOWN, Secret
from tests.engine.display.telling import (
    PROVIDER,
    STACK,
    THING,
    ended,
    stack,
    step,
    text,
    thing,
    took,
    urn,
    view,
)

SECRET = {
    "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
    "ciphertext": "[secret]",
}


def document(events: list[Event], **flags: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        text(events, view(planning=True, json=True, **flags))
    )
    return loaded


def streamed(events: list[Event]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text(events, view(json=True)).splitlines()]


def test_a_preview_is_one_document() -> None:
    old = thing(
        "a",
        {"size": 1, "token": Secret("t")},
        id="id-a",
        outputs={"size": 1, "list": [Secret(1), 2]},
    )
    new = thing("a", {"size": UNKNOWN, "token": Secret("u")}, dependencies=(urn("b"),))
    events: list[Event] = [
        Prelude({"proj:key": "value", "proj:hidden": "[secret]"}),
        *took(step("same", stack(), stack()), planning=True),
        *took(step("update", old, new), planning=True),
        *took(step("same", thing("b"), thing("b")), planning=True),
        Diagnostic("warning", "careful\n", urn("a")),
        Diagnostic("info", "only now", ephemeral=True),
        Diagnostic("debug", "deep"),
        *ended({"same": 2, "update": 1}, planning=True),
    ]

    found = document(events)

    assert found == {
        "config": {"proj:key": "value", "proj:hidden": "[secret]"},
        "steps": [
            {
                "op": "same",
                "urn": STACK,
                "oldState": {
                    "urn": STACK,
                    "custom": False,
                    "type": "pulumi:pulumi:Stack",
                },
                "newState": {
                    "urn": STACK,
                    "custom": False,
                    "type": "pulumi:pulumi:Stack",
                },
                "detailedDiff": None,
            },
            {
                "op": "update",
                "urn": urn("a"),
                "provider": PROVIDER,
                "oldState": {
                    "urn": urn("a"),
                    "custom": True,
                    "id": "id-a",
                    "type": THING,
                    "inputs": {"size": 1, "token": "[secret]"},
                    "outputs": {"list": ["[secret]", 2], "size": 1},
                    "parent": STACK,
                    "provider": PROVIDER,
                },
                "newState": {
                    "urn": urn("a"),
                    "custom": True,
                    "type": THING,
                    "inputs": {
                        "size": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
                        "token": "[secret]",
                    },
                    "parent": STACK,
                    "dependencies": [urn("b")],
                    "provider": PROVIDER,
                },
                "detailedDiff": None,
            },
        ],
        "diagnostics": [
            {"urn": urn("a"), "message": "warning: careful\n", "severity": "warning"}
        ],
        "duration": 400_000_000,
        "changeSummary": {"same": 2, "update": 1},
    }


def test_reasons_and_detailed_differences_are_in_the_document() -> None:
    metadata = replace(
        step(
            "replace",
            thing("a"),
            thing("a"),
            detailed={"zone": PropertyChange("update-replace", input_diff=True)},
        ),
        keys=("zone",),
        diffs=("zone", "size"),
    )

    (found,) = document(
        [StepStarted(metadata, planning=True), *ended({"replace": 1}, planning=True)]
    )["steps"]

    assert found["replaceReasons"] == ["zone"]
    assert found["diffReasons"] == ["zone", "size"]
    assert found["detailedDiff"] == {
        "zone": {"kind": "update-replace", "inputDiff": True}
    }


def test_a_refresh_in_a_preview_is_listed_as_what_it_found() -> None:
    old, new = thing("a", outputs={"n": 1}), thing("a", outputs={"n": 2})
    events: list[Event] = [
        StepStarted(step("refresh", old, old), planning=True),
        StepDone(step("update", old, new), planning=True),
        StepStarted(step("refresh", thing("b"), thing("b")), planning=True),
        StepDone(step("delete", thing("b"), None), planning=True),
        *ended({}, planning=True),
    ]

    assert [(s["op"], s["urn"]) for s in document(events)["steps"]] == [
        ("update", urn("a")),
        ("delete", urn("b")),
    ]


def test_a_document_can_show_unchanged_resources_and_hide_outputs() -> None:
    events = [
        *took(step("same", thing("a"), thing("a")), planning=True),
        *ended({"same": 1}, planning=True),
    ]
    outputs = stack().with_(outputs={"x": 1})
    root = [
        *took(step("same", outputs, outputs), planning=True),
        *ended({"same": 1}, planning=True),
    ]

    assert "steps" not in document(events)
    assert len(document(events, sames=True)["steps"]) == 1
    assert "outputs" in document(root)["steps"][0]["oldState"]
    assert "outputs" not in document(root, outputs=False)["steps"][0]["oldState"]


def test_a_preview_that_broke_off_is_a_document_all_the_same() -> None:
    assert document([Diagnostic("error", "no")]) == {
        "diagnostics": [{"message": "error: no\n", "severity": "error"}],
        "duration": 0,
        "changeSummary": {},
    }


def test_an_update_is_a_line_for_each_event() -> None:
    new = thing("a", {"size": 1, "token": Secret("t")}, id="id-a", outputs={"size": 1})
    events: list[Event] = [
        Prelude({}),
        StepStarted(step("create", None, stack()), planning=False),
        StepStarted(step("create", None, new), planning=False),
        StepDone(step("create", None, new), planning=False),
        StepFailed(step("create", None, thing("b"))),
        Diagnostic("error", "no", urn("b")),
        Outputs({}, {"url": Secret("x")}),
        *ended({"create": 2}, failed=True),
    ]

    found = streamed(events)

    kinds = [
        next(key for key in line if key not in {"sequence", "timestamp"})
        for line in found
    ]
    assert kinds == [
        "preludeEvent",
        "resourcePreEvent",
        "resourcePreEvent",
        "resOutputsEvent",
        "resOpFailedEvent",
        "diagnosticEvent",
        "summaryEvent",
        "cancelEvent",
    ]
    assert [line["sequence"] for line in found] == list(range(8))
    assert {line["timestamp"] for line in found} == {1767312000}
    assert found[3]["resOutputsEvent"]["metadata"] == {
        "op": "create",
        "urn": urn("a"),
        "type": THING,
        "old": None,
        "new": {
            "type": THING,
            "urn": urn("a"),
            "custom": True,
            "id": "id-a",
            "parent": STACK,
            "inputs": {"size": 1, "token": SECRET},
            "outputs": {"size": 1},
            "provider": PROVIDER,
        },
        "detailedDiff": None,
        "logical": True,
        "provider": PROVIDER,
    }
    assert found[5]["diagnosticEvent"] == {
        "urn": urn("b"),
        "prefix": "error: ",
        "message": "no\n",
        "color": "never",
        "severity": "error",
    }
    assert found[6]["summaryEvent"] == {
        "maybeCorrupt": False,
        "durationSeconds": 1,
        "resourceChanges": {"create": 2},
        "PolicyPacks": {},
        "isPreview": False,
        "result": "failed",
    }


def test_detailed_differences_are_in_the_lines() -> None:
    metadata = step(
        "update", thing("a"), thing("a"), detailed={"x": PropertyChange("add")}
    )

    (found, _) = streamed([StepStarted(metadata, planning=True)])

    assert found["resourcePreEvent"]["planning"] is True
    assert found["resourcePreEvent"]["metadata"]["detailedDiff"] == {
        "x": {"diffKind": "add", "inputDiff": False}
    }


def test_the_event_log_holds_more_than_the_lines(tmp_path: Path) -> None:
    log = tmp_path / "events"
    provider = thing(
        "x", urn="urn:pulumi:dev::proj::pulumi:providers:pulumi-python::default"
    )
    events: list[Event] = [
        *took(step("create", None, provider)),
        Diagnostic("debug", "deep"),
        *ended({}),
    ]

    shown = text(events, view(event_log=log))

    assert "default" not in shown
    assert [min(json.loads(line)) for line in log.read_text().splitlines()] == [
        "resourcePreEvent",
        "resOutputsEvent",
        "diagnosticEvent",
        "sequence",
        "cancelEvent",
    ]
    assert [list(line)[1] for line in streamed(events)] == ["timestamp"] * 3


def test_an_event_log_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as raised:
        text([], view(event_log=tmp_path / "no" / "events"))

    assert (
        str(raised.value)
        == f"the event log {tmp_path}/no/events cannot be written: No such file or directory"
    )


def test_output_json_is_one_line_and_errors_go_elsewhere() -> None:
    out, err = io.StringIO(), io.StringIO()
    on = view(summary=True)
    events: list[Event] = [
        *took(step("same", stack(), stack())),
        *took(step("create", None, thing("a"))),
        Diagnostic("info", "said"),
        Diagnostic("error", "no"),
        *ended({"create": 1}, failed=True),
    ]

    with shown(on, out, err, ManualClock(datetime(2026, 1, 2, tzinfo=UTC))) as sink:
        for event in events:
            sink(event)

    assert out.getvalue().count("\n") == 1
    assert json.loads(out.getvalue()) == {
        "result": "failed",
        "duration": 400_000_000,
        "summary": {"create": 1},
        "resources": [
            {
                "urn": urn("a"),
                "type": THING,
                "name": "a",
                "op": "create",
                "parent": STACK,
            }
        ],
    }
    assert err.getvalue() == "error: no\n"


def test_every_event_is_one_line_to_any_reader() -> None:
    odd = "a\u2028b\u2029c"

    first, *_ = streamed([Diagnostic("warning", odd), *ended({})])

    assert first["diagnosticEvent"]["message"] == odd + "\n"
