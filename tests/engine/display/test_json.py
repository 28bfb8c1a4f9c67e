"""What programs read: the document of `preview --json`."""

import json
from dataclasses import replace
from typing import Any

from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Event,
    Prelude,
    PropertyChange,
    StepDone,
    StepStarted,
)
from pulumi_embedded_engine.model.property_values import UNKNOWN, Secret
from tests.support.display_events import (
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


def document(events: list[Event], **flags: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(
        text(events, view(planning=True, json=True, **flags))
    )
    return loaded


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
