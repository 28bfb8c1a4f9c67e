"""`--diff`: what is written of a resource's properties; messages and counts are as in plain lines."""

import io
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest

from pulumi_embedded_engine.display.diff_view import write_details
from pulumi_embedded_engine.display.line_writer import LineWriter
from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Event,
    PropertyChange,
    StackOutputs,
    StepDone,
    StepStarted,
)
from pulumi_embedded_engine.model.property_values import UNKNOWN, Secret
from tests.support.display_events import (
    ended,
    stack,
    step,
    text,
    thing,
    took,
    urn,
    view,
)

SAME_STACK = took(step("same", stack(), stack()))


def lines(block: str) -> str:
    return dedent(block).strip("\n")


def test_an_update_is_shown_property_by_property() -> None:
    old = thing(
        "a",
        {"__provider": "x", "label": "a", "note": 1, "size": 2},
        id="id-a",
        outputs={"serial": 1},
    )
    new = thing("a", {"__provider": "y", "label": "a", "note": 3, "size": 5})
    done = new.with_(
        outputs={"label": "a", "note": 3, "size": 5, "serial": 2, "__provider": "y"}
    )
    events: list[Event] = [
        *SAME_STACK,
        StepStarted(step("update", old, new), planning=False),
        StepDone(step("update", old, done), planning=False),
        StackOutputs({"n": 1, "kept": [1, None]}, {"n": 2, "kept": [1, None]}),
        *ended({"update": 1, "same": 1}),
    ]

    assert text(events, view(diff=True)) == lines("""
        Updating (dev):

          pulumi:pulumi:Stack: (same)
            [urn=urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev]
            ~ pulumi-python:dynamic/gold:Thing: (update)
                [id=id-a]
                [urn=urn:pulumi:dev::proj::pulumi-python:dynamic/gold:Thing::a]
                label: "a"
              ~ note : 1 => 3
              ~ size : 2 => 5
                --outputs of a:--
              ~ serial: 1 => 2

        Outputs:
            kept: [
                [0]: 1
                [1]: null
            ]
          ~ n   : 1 => 2

        Resources:
            ~ 1 updated
            1 unchanged

        Duration: 1s
    """)


def test_a_creation_lists_its_inputs_and_what_they_gave() -> None:
    new = thing("a", {"size": 1.5, "on": True, "none": None})
    done = new.with_(outputs={"size": 1.5, "state": "ready", "empty": ""})
    events: list[Event] = [
        StepStarted(step("create", None, new), planning=False),
        StepDone(step("create", None, done), planning=False),
    ]

    assert text(events, view(diff=True)) == lines("""
        Updating (dev):

        + pulumi-python:dynamic/gold:Thing: (create)
            [urn=urn:pulumi:dev::proj::pulumi-python:dynamic/gold:Thing::a]
            on  : true
            size: 1.5
            --outputs of a:--
          + empty: ""
          + state: "ready"
    """)


def updated(old: Mapping[str, Any], new: Mapping[str, Any], **flags: Any) -> list[str]:
    """The lines of an update's properties, without the margin of the resource."""
    metadata = step("update", thing("a", old), thing("a", new))
    shown = text([StepStarted(metadata, planning=True)], view(diff=True, **flags))
    return dedent("\n".join(shown.splitlines()[4:])).splitlines()


def test_lists_and_maps_are_compared_inside() -> None:
    old = {"tags": {"a": "1", "b": "2"}, "list": [1, {"k": 2}, 3], "gone": {"x": [1]}}
    new = {"tags": {"a": "1", "b": "3", "c": "4"}, "list": [1, {"k": 5}], "now": {}}

    assert updated(old, new) == lines("""
        - gone: {
            - x: [
                - [0]: 1
              ]
          }
        ~ list: [
              [0]: 1
            ~ [1]: {
                ~ k: 2 => 5
              }
            - [2]: 3
          ]
        + now : {}
        ~ tags: {
              a: "1"
            ~ b: "2" => "3"
            + c: "4"
          }
    """).split("\n")


def test_texts_of_several_lines_are_compared_line_by_line() -> None:
    old = "one\ntwo\nthree\nfour\n\nfive\nsix\nseven"
    new = old.replace("six", "SIX").replace("one", "ONE")

    assert updated({"text": old}, {"text": new}) == lines("""
        ~ text:
            - one
            + ONE
              two
              three
              ...

              five
            - six
            + SIX
              seven
    """).split("\n")


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ({"x": 1}, "text", ["- v: {", "    - x: 1", "  }", '+ v: "text"']),
        (Secret("one"), Secret("two"), ["~ v: [secret] => [secret]"]),
        (1, UNKNOWN, ["~ v: 1 => [unknown]"]),
        (1, True, ["~ v: 1 => true"]),
        (1, 1.0, ["  v: 1"]),
        (None, 2, ["+ v: 2"]),
        ("x" * 200 + "a", "b", [f'~ v: "{"x" * 200}a" => "b"']),
    ],
    ids=str,
)
def test_a_value_is_shown_before_and_after(
    old: object, new: object, shown: list[str]
) -> None:
    found = updated({"v": old, "z": 0}, {"v": new, "z": 1}, full=False)

    assert found[:-1] == shown


def test_secrets_that_may_be_shown_are_compared_inside() -> None:
    old, new = {"s": Secret({"a": 1})}, {"s": Secret({"a": 2})}

    assert updated(old, new, secrets=True) == ["~ s: {", "    ~ a: 1 => 2", "  }"]


def test_a_provider_may_name_the_differences_itself() -> None:
    old = thing(
        "a", {"in": 1}, outputs={"deep": {"k": ["x", "y"]}, "in": 1, "quiet": 1}
    )
    new = thing("a", {"in": 2, "deep": {"k": ["x", "z"]}, "quiet": 2, "__p": 1})
    diff = {
        "deep.k[1]": PropertyChange("update-replace"),
        "in": PropertyChange("update", input_diff=True),
        'odd["a.b"]': PropertyChange("add"),
        "__p": PropertyChange("update"),
    }

    shown = text(
        [StepStarted(step("replace", old, new, detailed=diff), planning=True)],
        view(diff=True, planning=True),
    )

    assert shown.splitlines()[4:] == [
        "  ~ deep: {",
        "      ~ k: [",
        '          ~ [1]: "y" => "z"',
        "        ]",
        "    }",
        "  ~ in  : 1 => 2",
        "  ~ odd : {",
        "      + a.b: [unknown]",
        "    }",
    ]


def test_a_difference_inside_a_value_that_is_new_or_gone_is_that_value() -> None:
    old = thing("a", {"gone": {"k": "v", "l": "w"}})
    new = thing("a", {"fresh": {"k": "v"}})
    diff = {
        "fresh.k": PropertyChange("add", input_diff=True),
        "gone.k": PropertyChange("delete", input_diff=True),
    }

    shown = text(
        [StepStarted(step("update", old, new, detailed=diff), planning=True)],
        view(diff=True, planning=True),
    )

    assert shown.splitlines()[-7:] == [
        "  + fresh: {",
        '      + k: "v"',
        "    }",
        "  - gone : {",
        '      - k: "v"',
        '      - l: "w"',
        "    }",
    ]


def test_a_refresh_shows_what_it_found() -> None:
    old, new = (
        thing("a", id="1", outputs={"status": "running"}),
        thing("a", id="1", outputs={"status": "stopped"}),
    )
    events: list[Event] = [
        StepStarted(step("refresh", old, old), planning=False),
        StepDone(step("update", old, new), planning=False),
    ]

    assert text(events, view("refresh", diff=True)) == lines("""
        Refreshing (dev):

        ~ pulumi-python:dynamic/gold:Thing: (update)
            [id=1]
            [urn=urn:pulumi:dev::proj::pulumi-python:dynamic/gold:Thing::a]
          ~ status: "running" => "stopped"
    """)


def test_children_stand_below_their_parents() -> None:
    parent = thing("p", custom=False)
    child = thing("c", parent=urn("p"))
    events = [
        *SAME_STACK,
        *took(step("create", None, parent)),
        *took(step("create", None, child)),
    ]

    headers = [
        line
        for line in text(events, view(diff=True)).splitlines()
        if "(create)" in line
    ]

    assert headers == [
        "    + pulumi-python:dynamic/gold:Thing: (create)",
        "        + pulumi-python:dynamic/gold:Thing: (create)",
    ]


def test_halves_of_a_replacement_are_shown_on_demand() -> None:
    old, new = thing("a", {"zone": "x"}), thing("a", {"zone": "y"})
    events: list[Event] = [
        *took(step("create-replacement", old, new, logical=False)),
        *took(step("replace", old, new)),
        *took(step("delete-replaced", old, None, logical=False)),
    ]

    def headers(**flags: Any) -> list[str]:
        return [
            line.split("(")[1]
            for line in text(events, view(diff=True, **flags)).splitlines()[1:]
            if "Thing: (" in line
        ]

    assert headers() == ["replace)"]
    assert headers(replacement_steps=True) == [
        "create-replacement)",
        "replace)",
        "delete-replaced)",
    ]


def test_protection_and_retention_are_marked() -> None:
    locked, open_ = thing("a", protect=True), thing("a")
    kept = thing("b", retain_on_delete=True)

    shown = text(
        [
            *took(step("update", locked, open_)),
            *took(step("update", open_, locked)),
            *took(step("delete", kept, None)),
        ],
        view(diff=True),
    )

    assert [
        line.split("Thing: ")[1] for line in shown.splitlines() if "Thing: (" in line
    ] == [
        "(update) 🔓",
        "(update) 🔒",
        "(delete[retain])",
    ]


def test_another_provider_than_the_default_is_named() -> None:
    mine = "urn:pulumi:dev::proj::pulumi:providers:gold::mine::77"

    shown = text(took(step("create", None, thing("a", provider=mine))), view(diff=True))

    assert f"    [provider={mine}]" in shown.splitlines()


def test_long_texts_are_shortened_unless_wanted_in_full() -> None:
    events = took(step("create", None, thing("a", {"t": "x" * 151, "lines": "1\n2"})))

    short = text(events, view(diff=True, full=False)).splitlines()

    assert f'    t    : "{"x" * 150}..."' in short
    assert '    lines: "1\\n2"' in short
    assert f'    t    : "{"x" * 151}"' in text(events, view(diff=True)).splitlines()


def test_messages_come_as_they_are() -> None:
    said = Diagnostic("error", "no\nway", urn("a"))

    shown = text([said, *ended({}, errored=1)], view(diff=True)).splitlines()

    assert shown[2:4] == ["error: no", "way"]


def test_details_at_the_question_are_those_of_the_preview() -> None:
    out = io.StringIO()
    events = [
        *took(step("create", None, thing("a", {"size": 1})), planning=True),
        *ended({"create": 1}, planning=True),
    ]

    write_details(events, view(planning=True), LineWriter(out))

    assert out.getvalue().splitlines() == [
        "+ pulumi-python:dynamic/gold:Thing: (create)",
        "    [urn=urn:pulumi:dev::proj::pulumi-python:dynamic/gold:Thing::a]",
        "    size: 1",
    ]


def test_what_a_dry_run_has_read_is_shown() -> None:
    new = thing("a", {"size": 1}, id="id-a", outputs={"size": 1, "state": "ready"})

    shown = text(took(step("read", None, new), planning=True), view(diff=True))

    assert '  + state: "ready"' in shown.splitlines()


def test_a_resource_among_the_outputs_is_not_changed_by_a_dry_run() -> None:
    old = {"res": {"id": "id-a", "size": 1}, "n": 1}
    new = {"res": {"@isPulumiResource": True, "id": "id-a", "size": UNKNOWN, "new": UNKNOWN}, "n": 1}  # fmt: skip

    shown = text([*SAME_STACK, StackOutputs(old, new)], view(diff=True, planning=True))

    assert "--outputs:--" not in shown


def test_a_replacement_as_a_whole_has_no_outputs_of_its_own() -> None:
    old = thing("a", {"zone": "z1"}, id="id-a", outputs={"state": "ready"})

    shown = text(took(step("replace", old, thing("a", {"zone": "z2"}))), view(diff=True))  # fmt: skip

    assert shown.endswith('zone: "z1" => "z2"')


def test_what_the_program_hides_is_named_and_not_shown() -> None:
    old = {"tags": {"a": 1, "b": 1}, "noise": "x", "size": 1}
    new = {"tags": {"a": 2, "b": 2}, "noise": "y", "size": 2}
    record = thing("a", new, hide_diff=("tags.a", "noise", "gone"))
    metadata = step("update", thing("a", old), record)

    shown = text([StepStarted(metadata, planning=True)], view(diff=True))

    assert dedent("\n".join(shown.splitlines()[4:])).splitlines() == [
        "~ noise (hidden)",
        "~ tags.a (hidden)",
        "~ size: 1 => 2",
        "~ tags: {",
        "    ~ b: 1 => 2",
        "  }",
    ]
