"""The live tree on a terminal that is one (a pty), and which rows it keeps in sight."""

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from pulumi_embedded_engine.display.resource_rows import ResourceRow
from pulumi_embedded_engine.display.tree_view import TreeRow, TreeView, rows_that_fit
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
from pulumi_esa_prefetch.clock import ManualClock
from tests.support.display_events import ended, stack, step, thing, took, urn, view

START = datetime(2026, 1, 2, tzinfo=UTC)

SCRIPT = """
import sys
from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.display.view_factory import open_view
from pulumi_embedded_engine.model.events import Prelude
from tests.support.display_events import ended, stack, step, thing, took, view

with open_view(view(live=True, color=True), sys.stdout, sys.stderr, SystemClock()) as sink:
    for event in [
        Prelude({}),
        *took(step("create", None, stack())),
        *took(step("create", None, thing("first"))),
        *ended({"create": 2}),
    ]:
        sink(event)
"""


class Drawn:
    """A tree on a console of a given size that is no terminal; `now` is what it would draw."""

    def __init__(self, height: int = 40, width: int = 100, **flags: Any) -> None:
        self.clock = ManualClock(START)
        self.out = StringIO()
        console = Console(file=self.out, width=width, height=height, highlight=False)
        self.tree = TreeView(view(live=True, **flags), console, self.clock)
        self._console = console

    def now(self) -> list[str]:
        with self._console.capture() as capture:
            self._console.print(self.tree)
        return [line.rstrip() for line in capture.get().splitlines()]


def test_each_resource_has_a_row_below_its_parent() -> None:
    drawn = Drawn()
    for event in [
        StepStarted(step("create", None, stack()), planning=False),
        StepStarted(step("create", None, thing("p", custom=False)), planning=False),
        *took(step("create", None, thing("c", parent=urn("p")))),
        StepStarted(
            step("update", thing("d", {"n": 1}), thing("d", {"n": 2})), planning=False
        ),
    ]:
        drawn.tree(event)
    drawn.clock.advance(3)

    assert drawn.now() == [
        "    Type                                   Name     Status          Info",
        " +  pulumi:pulumi:Stack                    proj-dev creating (3s)",
        " +  ├─ pulumi-python:dynamic/gold:Thing    p        creating (3s)",
        " +  │  └─ pulumi-python:dynamic/gold:Thing c        created (0.00s)",
        " ~  └─ pulumi-python:dynamic/gold:Thing    d        updating (3s)   [diff: ~n]",
        "",
        "    1 of 4 done, 3 under way, 3s",
    ]


def test_the_count_knows_what_the_preview_foresaw() -> None:
    drawn = Drawn(expected=7)
    for event in took(step("create", None, thing("a"))):
        drawn.tree(event)

    assert drawn.now()[-1] == "    1 of 7 done, 0s"


def test_a_replacement_is_one_thing_once_it_is_over() -> None:
    old, new = thing("a", {"zone": "x"}), thing("a", {"zone": "y"})
    drawn = Drawn()
    for event in [
        *took(step("create-replacement", old, new, logical=False)),
        *took(step("replace", old, new)),
    ]:
        drawn.tree(event)
    for event in took(step("delete-replaced", old, None, logical=False)):
        drawn.tree(event)
    before = drawn.now()

    drawn.tree(CancelEvent())

    assert before[2].startswith(" -- └─ pulumi-python:dynamic/gold:Thing a")
    assert "deleted original" in before[2]
    assert "+-" in drawn.now()[2]
    assert "replaced (0.00s)" in drawn.now()[2]


def test_a_failure_is_shown_beside_its_row_and_explained_at_the_end() -> None:
    drawn = Drawn()
    metadata = step("create", None, thing("a"))
    events: list[Event] = [
        Prelude({}),
        StepStarted(metadata, planning=False),
        Diagnostic("error", "no\nbecause", urn("a")),
        StepFailed(metadata),
        StackOutputs({}, {"n": 1}),
    ]
    for event in events:
        drawn.tree(event)

    assert "**creating failed** error: no" in drawn.now()[2]
    for event in ended({}, errored=1):
        drawn.tree(event)
    assert "**creating failed** 1 error" in drawn.now()[2]
    assert "    because\n" in drawn.out.getvalue()
    assert "  + n: 1\n" in drawn.out.getvalue()


def test_the_tree_is_never_taller_than_the_terminal() -> None:
    drawn = Drawn(height=12)
    for number in range(50):
        for event in took(step("create", None, thing(f"done{number}"))):
            drawn.tree(event)
    drawn.tree(StepStarted(step("create", None, thing("running")), planning=False))

    lines = drawn.now()

    assert len(lines) <= 12
    assert any("running" in line for line in lines)
    assert any("… 46 more" in line for line in lines)
    drawn.tree(CancelEvent())
    assert len([line for line in drawn.now() if "done" in line]) == 50


def test_what_is_under_way_stays_in_sight() -> None:
    ends = [1.0, None, 1.0, 1.0, 1.0, 1.0]
    branches = [
        TreeRow("", ResourceRow(urn(str(n)), ended_at=end))
        for n, end in enumerate(ends)
    ]

    kept = rows_that_fit(branches, 3)

    assert [branch.row.urn[-1] for branch in kept] == ["0", "1", "5"]


def test_where_rows_are_left_out_what_is_shown_is_below_its_component() -> None:
    guides = {"stack": "", "a": "├─ ", "a1": "│  └─ ", "b": "├─ ", "c": "└─ "}
    running = {"a1"}
    branches = [
        TreeRow(guide, ResourceRow(urn(name), ended_at=None if name in running else 1))
        for name, guide in guides.items()
    ]

    kept = [
        [branch.row.urn.rpartition(":")[2] for branch in rows_that_fit(branches, room)]
        for room in (1, 2, 3, 4)
    ]

    assert kept == [
        ["stack"],
        ["stack", "c"],
        ["stack", "a", "a1"],
        ["stack", "a", "a1", "c"],
    ]


def test_an_unchanged_component_is_seen_above_what_goes_or_only_speaks() -> None:
    drawn = Drawn()
    box, other = thing("box", custom=False), thing("other", custom=False)
    gone, speaks = thing("gone", parent=box.urn), thing("speaks", parent=other.urn)
    for event in [
        *took(step("same", stack(), stack())),
        *took(step("same", box, box)),
        *took(step("same", other, other)),
        *took(step("same", speaks, speaks)),
        Diagnostic("warning", "look here", speaks.urn),
        *took(step("delete", gone, None)),
    ]:
        drawn.tree(event)

    names = [line.partition("Thing")[2].split()[:1] for line in drawn.now()[2:6]]
    assert names == [["box"], ["gone"], ["other"], ["speaks"]]


def test_an_unchanged_component_is_seen_above_what_changes_in_it() -> None:
    drawn = Drawn()
    component = thing("box", custom=False)
    inner = thing("inner", {"n": 1}, parent=urn("box"))
    for event in [
        *took(step("same", stack(), stack())),
        *took(step("same", component, component)),
        *took(step("same", thing("other"), thing("other"))),
        *took(step("update", inner, inner.with_(inputs={"n": 2}))),
    ]:
        drawn.tree(event)

    assert drawn.now()[1:4] == [
        "    pulumi:pulumi:Stack                    proj-dev running",
        "    └─ pulumi-python:dynamic/gold:Thing    box",
        " ~     └─ pulumi-python:dynamic/gold:Thing inner    updated (0.00s) [diff: ~n]",
    ]


def test_a_long_message_takes_no_room_from_the_other_columns() -> None:
    drawn = Drawn()
    drawn.tree(StepStarted(step("create", None, thing("a")), planning=False))
    drawn.tree(Diagnostic("info", "word " * 50, urn("a")))

    row = drawn.now()[2]

    assert row.startswith(
        " +  └─ pulumi-python:dynamic/gold:Thing a        creating (0s) word word"
    )
    assert len(row) <= 100
    assert row.endswith("…")


def test_reads_are_left_out_unless_asked_for() -> None:
    events = took(step("read", None, thing("g", external=True)))
    without, with_ = Drawn(), Drawn(reads=True)
    for event in events:
        without.tree(event)
        with_.tree(event)

    assert not any(" g " in f"{line} " for line in without.now())
    assert any(" g " in f"{line} " for line in with_.now())


def test_on_a_terminal_it_draws_over_itself_and_leaves_the_whole_tree(
    tmp_path: Path,
) -> None:
    master, slave = pty.openpty()
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    environ = {
        **os.environ,
        "TERM": "xterm-256color",
        "COLUMNS": "100",
        "LINES": "30",
        "PYTHONPATH": str(Path.cwd()),
    }
    environ.pop("NO_COLOR", None)

    with subprocess.Popen(
        [sys.executable, str(script)],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environ,
    ) as process:
        os.close(slave)
        shown = _everything(master)
        assert process.wait(timeout=60) == 0

    assert "\x1b[2K" in shown  # lines were drawn over
    assert "\x1b[?25h" in shown  # the cursor is back
    last = shown.rsplit("Status", 1)[1]
    assert "first" in last
    assert "created" in last
    assert "Resources:" in last


def _everything(master: int) -> str:
    taken = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # how Linux says that the other side is closed
            piece = b""
        if not piece:
            os.close(master)
            return taken.decode()
        taken += piece


def test_events_of_many_threads_are_drawn_one_at_a_time() -> None:
    drawn = Drawn()

    drawn.tree(Prelude({}))
    for number in range(200):
        drawn.tree(
            StepStarted(step("create", None, thing(str(number))), planning=False)
        )
        drawn.tree(StepDone(step("create", None, thing(str(number))), planning=False))
    drawn.tree(CancelEvent())

    assert "199" in drawn.out.getvalue()


def test_on_a_narrow_terminal_the_type_gives_way_and_the_status_does_not() -> None:
    drawn = Drawn(width=60)
    drawn.tree(StepStarted(step("create", None, stack()), planning=False))
    drawn.tree(StepStarted(step("create", None, thing("warm")), planning=False))
    drawn.tree(StepFailed(step("create", None, thing("warm"))))
    drawn.tree(Diagnostic("error", "no way to do this at all", urn("warm")))

    (row,) = [line for line in drawn.now() if "warm" in line]

    assert row.startswith(" +  └─ pulumi-python:d")
    assert "… warm" in row
    assert "**creating failed**" in row
    assert len(row) <= 60
