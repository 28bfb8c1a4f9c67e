"""What is known of each resource while events come in, and how its row reads; draws nothing.

A row is one resource: what is done to it, since when, and what was said about it. The
stack's own row takes what has no URN.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from pulumi_esa_prefetch.engine.display.changes import (
    Change,
    Changes,
    changed,
    compare_maps,
    step_changes,
)
from pulumi_esa_prefetch.engine.display.marks import mark
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.events import (
    Diagnostic,
    Outputs,
    StepDone,
    StepFailed,
    StepMetadata,
    StepStarted,
    Summary,
)
from pulumi_esa_prefetch.engine.urns import name_of, type_of

PREFIXES: Final = {
    "error": "error: ",
    "warning": "warning: ",
    "debug": "debug: ",
    "info": "",
}
# what would move the cursor or hide text: escape sequences, other control characters
_CONTROL: Final = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f]")
_NO_CALL: Final = frozenset({"same", "remove-pending-replace"})
_RETAINED: Final = frozenset(
    {"delete", "replace", "create-replacement", "delete-replaced"}
)


@dataclass(slots=True)
class Row:
    """One resource; `step` is None for one of which only messages came."""

    urn: str
    step: StepMetadata | None = None
    ended_steps: list[StepMetadata] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    started: float = 0.0
    ended: float | None = None
    failed: bool = False
    shown: bool = False
    refreshing: bool = False

    @property
    def op(self) -> str:
        """What is done to the resource, as far as is known."""
        return self.step.op if self.step else "same"

    @property
    def errors(self) -> int:
        """How many errors were said about it."""
        return sum(d.severity == "error" for d in self.diagnostics)

    @property
    def ended_well(self) -> bool:
        """Whether what is done to it now is over."""
        return any(step.op == self.op for step in self.ended_steps)


@dataclass(slots=True)
class Board:
    """All rows by URN, in the order in which they were heard of."""

    view: View
    rows: dict[str, Row] = field(default_factory=dict)
    over: bool = False
    outputs: Outputs | None = None
    summary: Summary | None = None

    @property
    def stack(self) -> Row:
        """The stack's own row."""
        return self.row(self.view.stack_urn)

    def row(self, urn: str) -> Row:
        """The row of a resource, new if need be; no URN is the stack's."""
        urn = urn or self.view.stack_urn
        return self.rows.setdefault(urn, Row(urn, shown=urn == self.view.stack_urn))

    def started(self, event: StepStarted, now: float) -> Row:
        """A step begins."""
        row = self.row(event.metadata.urn)
        row.step, row.started, row.ended = event.metadata, now, None
        row.refreshing = event.metadata.op == "refresh"
        row.shown = row.shown or self.view.shows(event.metadata)
        return row

    def done(self, event: StepDone, now: float) -> Row:
        """A step ended well."""
        row = self.row(event.metadata.urn)
        row.step, row.ended = event.metadata, now
        row.ended_steps.append(event.metadata)
        row.shown = row.shown or self.view.shows(event.metadata)
        return row

    def failure(self, event: StepFailed, now: float) -> Row:
        """A step failed."""
        row = self.row(event.metadata.urn)
        row.step, row.ended, row.failed, row.shown = event.metadata, now, True, True
        return row

    def said(self, event: Diagnostic) -> Row | None:
        """Something was said about a resource; None if that is not to be shown."""
        if event.severity == "debug" and not self.view.debug:
            return None
        row = self.row(event.urn)
        row.diagnostics.append(event)
        row.shown = True
        return row

    def keep_outputs(self, event: Outputs) -> None:
        """The stack's outputs, for the end."""
        self.outputs = event

    def keep_summary(self, event: Summary) -> None:
        """The summary, for the end."""
        self.summary = event

    def is_done(self, row: Row) -> bool:
        """Whether nothing more is awaited for a row; the stack's is open to the end."""
        if row.failed or self.over:
            return True
        return row.urn != self.view.stack_urn and row.ended_well

    def shown(self) -> Iterator[Row]:
        """The rows that are to be seen, the stack's first."""
        if self.view.stack_urn in self.rows:
            yield self.stack
        yield from (
            row
            for row in self.rows.values()
            if row.shown and row.urn != self.view.stack_urn
        )

    def status(self, row: Row, now: float, *, whole: bool = False) -> str:
        """What is, was or will be done; `whole` tells of a replacement as of one thing."""
        text = self._status(row, now, whole=whole)
        old = row.step.old if row.step else None
        return (
            f"{text}[retain]"
            if old is not None and old.retain_on_delete and row.op in _RETAINED
            else text
        )

    def _status(self, row: Row, now: float, *, whole: bool) -> str:
        words = mark(row.op)
        if self._interrupted(row):
            return f"{words.doing} (interrupted)"
        if self.view.planning:
            return self._planned(row, whole=whole)
        if row.failed or (self.over and row.errors):
            return f"**{words.failed}{_ran(row)}**"
        if self.is_done(row):
            return (
                mark("replace").done
                if whole and words.whole == "replace"
                else words.done
            ) + _ran(row)
        if row.op == "same":
            return "running" if row.urn == self.view.stack_urn else ""
        return f"{words.doing} ({int(max(0.0, now - row.started))}s)"

    def _planned(self, row: Row, *, whole: bool) -> str:
        words = mark(row.op)
        if row.op == "same":
            return "" if self.over or row.urn != self.view.stack_urn else "running"
        if not self.is_done(row) and row.op == "refresh":
            return words.doing
        return words.whole if whole else words.plan

    def _interrupted(self, row: Row) -> bool:
        if (
            not self.over
            or self.view.planning
            or row.failed
            or row.op in _NO_CALL
            or row.ended_well
        ):
            return False
        record = (row.step.new or row.step.old) if row.step else None
        return record is not None and record.custom

    def info(self, row: Row, *, counts: bool) -> str:
        """What changes, and the last message, or how many there were of each kind."""
        changes = keys(self.differences(row))
        pieces = [f"[{changes}]"] if changes else []
        pieces += _counted(row) if counts else _last(row)
        return "; ".join(pieces)

    def differences(self, row: Row) -> dict[str | int, Change]:
        """What the step of a row changes, keys of the record itself included."""
        step = row.step
        if row.op in {"create-replacement", "delete-replaced"}:
            step = next((s for s in row.ended_steps if s.op == "replace"), step)
        if step is None or step.old is None or step.new is None:
            return {}
        if row.refreshing:
            over = row.ended is not None and step.op != "same"
            return compare_maps(step.old.outputs, step.new.outputs) if over else {}
        return step_changes(step) | _record_changes(step)


def keys(changes: Changes) -> str:
    """The names of what differs, as in `diff: +token~size,zone`."""
    if not changed(changes):
        return ""
    signs = (("+", "add"), ("-", "delete"), ("~", "update"))
    text = "".join(
        sign + ",".join(names)
        for sign, kind in signs
        if (
            names := sorted(
                str(key) for key, change in changes.items() if change.kind == kind
            )
        )
    )
    return f"diff: {text}"


def columns(row: Row, view: View) -> tuple[str, str]:
    """Type and name of a row; with --urns the whole URN in one."""
    if view.urns:
        return row.urn, ""
    return type_of(row.urn), name_of(row.urn)


def worded(diagnostic: Diagnostic) -> str:
    """A message as it is shown, behind its severity."""
    return PREFIXES[diagnostic.severity] + _CONTROL.sub("", diagnostic.message).rstrip()


def _record_changes(step: StepMetadata) -> dict[str | int, Change]:
    if step.old is None or step.new is None:
        return {}
    old = {
        "provider": step.old.provider,
        "protect": step.old.protect,
        "taint": step.old.taint,
    }
    new = {
        "provider": step.new.provider,
        "protect": step.new.protect,
        "taint": step.new.taint,
    }
    return {
        key: change
        for key, change in compare_maps(old, new).items()
        if change.kind != "same"
    }


def _ran(row: Row) -> str:
    if row.op == "same" or row.ended is None or not row.ended_well:
        return ""
    seconds = row.ended - row.started
    return f" ({seconds:.2f}s)" if seconds < 1 else f" ({int(seconds)}s)"


def _counted(row: Row) -> list[str]:
    kinds = (
        ("error", "error"),
        ("warning", "warning"),
        ("info", "message"),
        ("debug", "debug"),
    )
    found = [
        (sum(d.severity == s and not d.ephemeral for d in row.diagnostics), word)
        for s, word in kinds
    ]
    return [
        f"{count} {word}{'s' if count > 1 and word != 'debug' else ''}"
        for count, word in found
        if count
    ]


def _last(row: Row) -> list[str]:
    texts = [worded(d) for d in row.diagnostics[-1:]]
    return [text.split("\n", 1)[0] for text in texts if text]
