"""No display hands a terminal what moves the cursor, turns or hides text, wherever it comes from."""

import io
import json
import re
from collections.abc import Iterable
from typing import Any

import pytest
from rich.console import Console

from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.tree_view import TreeView
from pulumi_embedded_engine.model.events import Diagnostic, Event, Prelude, StackOutputs
from pulumi_embedded_engine.model.property_values import ASSET, SIGNATURE
from tests.support.display_events import ended, stack, step, text, thing, took, view

EVIL = "a\x1b[2J\x9b2J\x1b]0;t\x07\u202eb\u2066\u200b\x7f\x85\u2028c\u061c\U000e0041d"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def told(planning: bool) -> list[Event]:
    """Every event there is, each with such text in all its places."""
    asset = {SIGNATURE: ASSET, "path": EVIL, "hash": EVIL}
    values: dict[str, Any] = {
        EVIL: EVIL,
        "list": [EVIL],
        "map": {EVIL: {EVIL: EVIL}},
        "lines": f"one\n{EVIL}\nthree",
        "json": json.dumps({EVIL: EVIL}),
        "asset": asset,
    }
    others = {**values, "lines": f"one\n{EVIL}2\nthree", EVIL: "x", "new": asset}
    old = thing(EVIL, values, id=EVIL, provider=f"urn::{EVIL}::a", outputs=values)
    new = thing(EVIL, others, id=EVIL, provider=f"urn::{EVIL}::b", outputs=others)
    return [
        Prelude({f"proj:{EVIL}": EVIL}),
        *took(step("create", None, stack()), planning=planning),
        *took(step("update", old, new), planning=planning),
        *took(step("delete", thing(f"{EVIL}2", values), None), planning=planning),
        Diagnostic("error", EVIL, old.urn),
        Diagnostic("info", f"\x1b[31m{EVIL}", stream=7),
        Diagnostic("info", f"more {EVIL}\n", stream=7),
        Diagnostic("warning", EVIL),
        StackOutputs(values, others),
        *ended({"update": 1}, planning=planning),
    ]


def fit(shown: str) -> bool:
    return all(line.isprintable() for line in shown.split("\n"))


@pytest.mark.parametrize("planning", [True, False])
@pytest.mark.parametrize(
    "flags",
    [
        {},
        {"diff": True},
        {"diff": True, "urns": True, "full": False},
        {"urns": True, "config": True},
        {"json": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("color", [True, False])
def test_no_display_lets_it_through(
    flags: dict[str, Any], *, planning: bool, color: bool
) -> None:
    on: DisplayOptions = view(planning=planning, color=color, **flags)

    shown = text(told(planning), on)

    assert "bcd" in shown or "\\u202e" in shown
    assert fit(COLOURS.sub("", shown) if color else shown)


@pytest.mark.parametrize("planning", [True, False])
def test_the_live_tree_lets_only_its_own_through(*, planning: bool) -> None:
    out = io.StringIO()
    console = Console(file=out, width=200, height=60, highlight=False)
    tree = TreeView(
        view(planning=planning, live=True, config=True), console, SystemClock()
    )

    for event in told(planning):
        tree(event)

    assert "bcd" in out.getvalue()
    assert fit(out.getvalue())


def test_json_keeps_the_very_text() -> None:
    events: Iterable[Event] = [Diagnostic("warning", EVIL), *ended({})]

    document = json.loads(text(events, view(planning=True, json=True)))

    assert document["diagnostics"][0]["message"] == f"warning: {EVIL}\n"


def test_a_program_s_own_colours_stay_on_a_coloured_display() -> None:
    said = Diagnostic("info", "\x1b[31mred\x1b[2J\n", stream=3)

    assert "\x1b[31mred\x1b[0m" in text([said, *ended({})], view(color=True))
    assert "    red" in text([said, *ended({})], view()).splitlines()
