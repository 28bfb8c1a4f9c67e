"""Lines where nobody watches: what is written for each event, in the CLI's words."""

import io
import math
import subprocess
import sys
import threading
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any

import pytest

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.line_writer import LineWriter
from pulumi_embedded_engine.display.plain_view import PlainView
from pulumi_embedded_engine.display.view_factory import open_view
from pulumi_embedded_engine.model.events import (
    CancelEvent,
    Diagnostic,
    Event,
    Prelude,
    StackOutputs,
    StepDone,
    StepFailed,
    StepStarted,
)
from pulumi_embedded_engine.model.property_values import (
    ASSET,
    RESOURCE,
    SIGNATURE,
    UNKNOWN,
    Secret,
)
from pulumi_esa_prefetch.clock import ManualClock
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


def test_a_preview_says_what_would_be_done() -> None:
    events: list[Event] = [
        *took(step("create", None, stack()), planning=True),
        *took(step("create", None, thing("a")), planning=True),
        StackOutputs({}, {"a_id": UNKNOWN}),
        *ended({"create": 2}, planning=True),
    ]

    assert text(events, view(planning=True)) == lines("""
        Previewing update (dev):

         +  pulumi:pulumi:Stack proj-dev create
         +  pulumi-python:dynamic/gold:Thing a create
         +  pulumi:pulumi:Stack proj-dev create
        Outputs:
          + a_id: [unknown]

        Resources:
            + 2 to create
    """)


def test_an_update_says_what_is_and_was_done() -> None:
    old, new = (
        thing("a", {"size": 1, "zone": "z"}),
        thing("a", {"size": 2, "token": "t"}),
    )
    events: list[Event] = [
        *SAME_STACK,
        *took(step("update", old, new)),
        *took(step("delete", thing("b"), None)),
        StackOutputs({"n": 1, "gone": "x", "s": "y"}, {"n": 2, "s": "y", "new": True}),
        *ended({"update": 1, "delete": 1, "same": 3}),
    ]

    assert text(events, view()) == lines("""
        Updating (dev):

         ~  pulumi-python:dynamic/gold:Thing a updating (0s) [diff: +token-zone~size]
         ~  pulumi-python:dynamic/gold:Thing a updated (0.00s) [diff: +token-zone~size]
         -  pulumi-python:dynamic/gold:Thing b deleting (0s)
         -  pulumi-python:dynamic/gold:Thing b deleted (0.00s)
            pulumi:pulumi:Stack proj-dev
        Outputs:
          - gone: "x"
          ~ n   : 1 => 2
          + new : true
            s   : "y"

        Resources:
            ~ 1 updated
            - 1 deleted
            2 changes. 3 unchanged

        Duration: 1s
    """)


def test_a_replacement_shows_its_steps() -> None:
    old, new = thing("a", {"zone": "x"}), thing("a", {"zone": "y"})
    events: list[Event] = [
        *SAME_STACK,
        *took(step("create-replacement", old, new, logical=False)),
        *took(step("replace", old, new)),
        *took(step("delete-replaced", old, None, logical=False)),
        *ended({"replace": 1, "same": 1}),
    ]

    shown = text(events, view())

    assert [line.split(" a ")[1] for line in shown.splitlines() if " a " in line] == [
        "creating replacement (0s) [diff: ~zone]",
        "created replacement (0.00s) [diff: ~zone]",
        "replacing (0s) [diff: ~zone]",
        "replaced (0.00s) [diff: ~zone]",
        "deleting original (0s) [diff: ~zone]",
        "deleted original (0.00s) [diff: ~zone]",
    ]
    assert "    +-1 replaced" in shown.splitlines()


def test_a_preview_shows_a_replacement_as_one_thing_unless_asked_for_its_steps() -> (
    None
):
    old, new = thing("a", {"zone": "x"}), thing("a", {"zone": "y"})
    events: list[Event] = [
        *took(step("delete-replaced", old, None, logical=False), planning=True),
        *took(step("replace", old, new), planning=True),
        *took(step("create-replacement", old, new, logical=False), planning=True),
    ]

    def rows(**flags: Any) -> list[str]:
        lines = text(events, view(planning=True, **flags)).splitlines()
        return [line.split(" a ")[1] for line in lines if " a " in line]

    assert rows() == ["replace [diff: ~zone]"]
    assert [line.split(" [")[0] for line in rows(replacement_steps=True)] == [
        "delete original",
        "replace",
        "create replacement",
    ]


def test_a_failure_is_shown_at_its_row_and_in_full_at_the_end() -> None:
    metadata = step("create", None, thing("a"))
    events: list[Event] = [
        *SAME_STACK,
        StepStarted(metadata, planning=False),
        Diagnostic("error", "cannot create a\nbecause of b", urn("a")),
        StepFailed(metadata),
        Diagnostic("error", "update failed"),
        *ended({"same": 1}, errored=2),
    ]

    assert text(events, view()) == lines("""
        Updating (dev):

         +  pulumi-python:dynamic/gold:Thing a creating (0s)
         +  pulumi-python:dynamic/gold:Thing a creating (0s) error: cannot create a
         +  pulumi-python:dynamic/gold:Thing a **creating failed** error: cannot create a
            pulumi:pulumi:Stack proj-dev running error: update failed
            pulumi:pulumi:Stack proj-dev **failed** 1 error
        Diagnostics:
          pulumi-python:dynamic/gold:Thing (a):
            error: cannot create a
            because of b

          pulumi:pulumi:Stack (proj-dev):
            error: update failed

        Resources:
            1 unchanged
            2 errored

        Duration: 1s
    """)


def test_what_was_cut_short_is_not_called_done() -> None:
    events: list[Event] = [
        *SAME_STACK,
        StepStarted(step("create", None, thing("a")), planning=False),
        CancelEvent(),
    ]

    assert (
        " +  pulumi-python:dynamic/gold:Thing a creating (interrupted)"
        in text(events, view()).splitlines()
    )


def test_a_refresh_says_what_it_found() -> None:
    old = thing("a", outputs={"status": "running", "n": 1})
    new = thing("a", outputs={"status": "stopped", "n": 1})
    events: list[Event] = [
        StepStarted(step("refresh", old, old), planning=False),
        StepDone(step("update", old, new), planning=False),
        StepStarted(step("refresh", thing("b"), thing("b")), planning=False),
        StepDone(step("same", thing("b"), thing("b")), planning=False),
        *ended({"update": 1, "same": 1}),
    ]

    assert text(events, view("refresh")).splitlines()[2:6] == [
        " ~  pulumi-python:dynamic/gold:Thing a refreshing (0s)",
        " ~  pulumi-python:dynamic/gold:Thing a updated (0.00s) [diff: ~status]",
        " ~  pulumi-python:dynamic/gold:Thing b refreshing (0s)",
        "    pulumi-python:dynamic/gold:Thing b",
    ]


def test_what_the_program_says_goes_to_the_row_of_the_stack() -> None:
    events: list[Event] = [
        *SAME_STACK,
        Diagnostic("info", "hello\n\n"),
        Diagnostic("warning", "look out", urn("a")),
        Diagnostic("debug", "not for people"),
        *ended({"same": 1}),
    ]

    assert text(events, view()) == lines("""
        Updating (dev):

            pulumi:pulumi:Stack proj-dev running hello
            pulumi-python:dynamic/gold:Thing a  warning: look out
            pulumi-python:dynamic/gold:Thing a  1 warning
            pulumi:pulumi:Stack proj-dev  1 message
        Diagnostics:
          pulumi-python:dynamic/gold:Thing (a):
            warning: look out

          pulumi:pulumi:Stack (proj-dev):
            hello

        Resources:
            1 unchanged

        Duration: 1s
    """)


def test_debug_messages_are_for_those_who_ask() -> None:
    events: list[Event] = [Diagnostic("debug", "deep"), *ended({})]

    assert "deep" not in text(events, view())
    assert "    debug: deep" in text(events, view(debug=True)).splitlines()


@pytest.mark.parametrize("diff", [False, True])
def test_a_trace_can_be_asked_for_without_the_rest_of_what_is_debugged(
    diff: bool,
) -> None:
    trace = 'Traceback (most recent call last):\n  File "p.py"\nKeyError: 1'
    events: list[Event] = [
        Diagnostic("debug", "deep"),
        Diagnostic("debug", trace, urn("a")),
        *ended({}),
    ]

    shown = text(events, view(traces=True, diff=diff))

    assert 'File "p.py"' in shown
    assert "deep" not in shown


def test_that_a_program_refreshes_the_stack_s_own_record_is_not_shown() -> None:
    events: list[Event] = [
        StepStarted(step("refresh", stack(), stack()), planning=False),
        StepDone(step("update", stack(), stack()), planning=False),
        *SAME_STACK,
        *ended({"same": 1}),
    ]

    for planning in (False, True):
        shown = text(events, view("refresh", planning=planning))
        assert shown.splitlines()[2] == "    pulumi:pulumi:Stack proj-dev"


def test_messages_of_one_stream_are_one() -> None:
    events: list[Event] = [
        Diagnostic("info", "al", stream=3),
        Diagnostic("info", "together\n", stream=3),
        *ended({}),
    ]

    assert "    altogether" in text(events, view()).splitlines()


def test_a_read_has_a_row_where_it_is_asked_for() -> None:
    record = thing("g", external=True)
    events: list[Event] = [
        *SAME_STACK,
        *took(step("read", None, record)),
        *ended({"same": 1}),
    ]

    assert "Thing g" not in text(events, view())
    assert (
        " >  pulumi-python:dynamic/gold:Thing g read (0.00s)"
        in text(events, view(reads=True)).splitlines()
    )


def test_unchanged_resources_and_default_providers_have_no_row() -> None:
    provider = thing(
        "x", urn="urn:pulumi:dev::proj::pulumi:providers:pulumi-python::default"
    )
    events: list[Event] = [
        *took(step("create", None, provider)),
        *took(step("same", thing("a"), thing("a"))),
        *ended({"same": 1}),
    ]

    assert "Thing a" not in text(events, view())
    assert "default" not in text(events, view())
    assert (
        "    pulumi-python:dynamic/gold:Thing a"
        in text(events, view(sames=True)).splitlines()
    )


def test_a_change_of_protection_is_shown_though_nothing_else_changes() -> None:
    events = took(step("same", thing("a"), thing("a", protect=True)))

    assert (
        "    pulumi-python:dynamic/gold:Thing a  [diff: ~protect]"
        in text(events, view()).splitlines()
    )


def test_what_is_left_behind_is_marked() -> None:
    events = took(step("delete", thing("a", retain_on_delete=True), None))

    assert (
        " -  pulumi-python:dynamic/gold:Thing a deleted (0.00s)[retain]"
        in text(events, view("destroy")).splitlines()
    )


def test_secrets_are_masked_wherever_they_stand() -> None:
    old, new = (
        thing("a", {"token": Secret("one")}),
        thing("a", {"token": Secret("two")}),
    )
    events: list[Event] = [
        *took(step("update", old, new)),
        StackOutputs(
            {}, {"token": Secret("two"), "deep": {"list": [1, Secret("three")]}}
        ),
        *ended({"update": 1}),
    ]

    for on in (
        view(),
        view(diff=True),
        view(json=True),
        view(planning=True, json=True),
        view(full=False),
    ):
        shown = text(events, on)
        assert "two" not in shown
        assert "three" not in shown
        assert "one" not in shown
    assert (
        "  + token: [secret]"
        in text(
            [StackOutputs({}, {"token": Secret("x")}), *ended({})], view()
        ).splitlines()
    )


def test_outputs_show_their_secrets_on_demand_and_can_be_left_out() -> None:
    events: list[Event] = [StackOutputs({}, {"token": Secret("open")}), *ended({})]

    assert '  + token: "open"' in text(events, view(secrets=True)).splitlines()
    assert "StackOutputs" not in text(events, view(outputs=False))


def test_a_preview_shows_outputs_only_as_far_as_they_are_known_to_change() -> None:
    before = {"kept": 1, "later": "a", "other": "b"}

    unknown = text(
        [StackOutputs(before, before | {"later": UNKNOWN}), *ended({}, planning=True)],
        view(planning=True),
    )
    known = text(
        [StackOutputs(before, before | {"other": "c"}), *ended({}, planning=True)],
        view(planning=True),
    )

    assert "StackOutputs" not in unknown
    assert '  ~ other: "b" => "c"' in known.splitlines()
    assert "kept" not in known


def test_configuration_is_shown_on_demand() -> None:
    events: list[Event] = [Prelude({"proj:b": "2", "proj:a": "[secret]"}), *ended({})]

    assert text(events, view(config=True)).splitlines()[2:5] == [
        "Configuration:",
        "    proj:a: [secret]",
        "    proj:b: 2",
    ]
    assert "Configuration" not in text(events, view())


def test_urns_can_be_had_in_full() -> None:
    events = took(step("create", None, thing("a")))

    assert (
        f" +  {urn('a')} created (0.00s)" in text(events, view(urns=True)).splitlines()
    )


def test_colour_is_used_only_when_wanted() -> None:
    events = [*took(step("create", None, thing("a"))), *ended({"create": 1})]

    assert "\x1b[" not in text(events, view())
    assert "\x1b[32m+ \x1b[0m" in text(events, view(color=True))


def test_plain_lines_do_without_the_library_that_draws() -> None:
    script = (
        "import sys\n"
        "from tests.support.display_events import ended, stack, step, text, took, view\n"
        "print(text([*took(step('create', None, stack())), *ended({'create': 1})], view()))\n"
        "print(any(name.split('.')[0] == 'rich' for name in sys.modules))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert "+ 1 created" in done.stdout
    assert done.stdout.splitlines()[-1] == "False"


def test_durations_are_counted_from_the_start_of_each_step() -> None:
    clock = ManualClock(datetime(2026, 1, 2, tzinfo=UTC))
    out = io.StringIO()
    sink = PlainView(view(), LineWriter(out), clock)
    metadata = step("create", None, thing("a"))

    sink(StepStarted(metadata, planning=False))
    clock.advance(0.25)
    sink(Diagnostic("info", "working", urn("a")))
    clock.advance(61)
    sink(StepDone(metadata, planning=False))

    assert [line.split(" a ")[1].rstrip() for line in out.getvalue().splitlines()] == [
        "creating (0s)",
        "creating (0s) working",
        "created (61s) working",
    ]


def test_a_sign_of_life_grows_until_the_next_line() -> None:
    out = io.StringIO()
    paper = LineWriter(out)

    paper.write_progress_dot("@ updating...")
    paper.write_progress_dot("@ updating...")
    paper.write_lines("there")
    paper.write_progress_dot("@ updating...")
    paper.write_lines("end")

    assert out.getvalue().splitlines() == [
        "@ updating.....",
        "there",
        "@ updating....",
        "end",
    ]


@pytest.mark.parametrize(
    ("flags", "shown"),
    [
        ({}, True),
        ({"diff": True}, True),
        ({"progress": False}, False),
        ({"json": True}, False),
    ],
    ids=str,
)
def test_a_view_shows_progress_lines_unless_they_are_suppressed(
    flags: dict[str, Any], shown: bool
) -> None:
    on, out = view(**{"progress": True} | flags), io.StringIO()
    with open_view(on, out, out, ManualClock(datetime(2026, 1, 2, tzinfo=UTC))):
        names = {thread.name for thread in threading.enumerate()}

    assert ("progress" in names) is shown


@pytest.mark.parametrize(
    ("kind", "planning", "label"),
    [
        ("up", True, "Previewing update"),
        ("up", False, "Updating"),
        ("refresh", True, "Previewing refresh"),
        ("refresh", False, "Refreshing"),
        ("destroy", True, "Previewing destroy"),
        ("destroy", False, "Destroying"),
    ],
)
def test_each_operation_has_its_headline(kind: str, planning: bool, label: str) -> None:
    assert text([], view(kind, planning=planning)).splitlines()[0] == f"{label} (dev):"  # type: ignore[arg-type]


def test_a_reader_that_has_gone_stops_nothing() -> None:
    class Closed(io.StringIO):
        def write(self, text: str, /) -> int:
            raise BrokenPipeError(text)

    sink = PlainView(
        view(), LineWriter(Closed()), ManualClock(datetime(2026, 1, 2, tzinfo=UTC))
    )

    for event in [*took(step("create", None, thing("a"))), *ended({"create": 1})]:
        sink(event)


SAME_OUTPUTS: list[Event] = [
    *took(step("same", stack(), stack())),
    StackOutputs({"n": 1}, {"n": 1}),
]


def test_a_destroy_shows_no_outputs_whether_it_ends_well_or_not() -> None:
    events = [*SAME_OUTPUTS, *ended({}, errored=1)]

    assert "Outputs:" not in text(events, view("destroy"))
    assert "Outputs:" not in text(events, view("destroy", diff=True))
    assert "Outputs:" in text(events, view("up"))


def test_a_dry_run_shows_the_same_outputs_where_it_is_to_show_what_is_same() -> None:
    same = [*SAME_OUTPUTS, *ended({}, planning=True)]

    assert "    n: 1" in text(same, view(planning=True, sames=True)).splitlines()
    assert "Outputs:" not in text(same, view(planning=True))


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (math.inf, "Infinity"),
        (math.nan, "NaN"),
        (1e21, "1000000000000000000000"),
        (1.0, "1"),
        (0.25, "0.25"),
        (1e-7, "1e-07"),
        (1234567.5, "1234567.5"),
        (True, "true"),
        ("", '""'),
        ([], "[]"),
        ({}, "{}"),
        ({SIGNATURE: RESOURCE, "urn": "urn:x", "id": "y"}, "urn:x"),
        ({SIGNATURE: ASSET, "hash": "ab12"}, "ab12"),
    ],
    ids=str,
)
def test_values_are_shown_as_json_spells_them(value: Any, shown: str) -> None:
    events = [StackOutputs({}, {"v": value}), *ended({})]

    assert f"  + v: {shown}" in text(events, view()).splitlines()


@pytest.mark.parametrize("on", [view(), view(diff=True), view(urns=True)])
def test_no_name_breaks_its_line_or_moves_the_cursor(on: DisplayOptions) -> None:
    odd = thing("a\nb\x1b[2Jc\x7f", {"label": "a\tb\a"}, id="a\rb")
    events: list[Event] = [
        *took(step("update", odd.with_(inputs={"label": "x"}), odd)),
        Diagnostic("warning", "hey", odd.urn),
        *ended({"update": 1}),
    ]

    shown = text(events, on)

    assert r"::a\nb\x1b[2Jc\x7f" in shown or r" a\nb\x1b[2Jc\x7f" in shown
    assert all(line.isprintable() for line in shown.splitlines())
    assert r'"a\tb\u0007"' in shown or not on.diff
