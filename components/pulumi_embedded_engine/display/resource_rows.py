"""One row for each resource, filled from events, and the text of a row.

A row holds the operation on one resource, its start time and its messages. Messages without a URN
go to the row of the stack.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.step_symbols import RETAINED, step_symbol
from pulumi_embedded_engine.display.value_changes import (
    ValueChanges,
    compare_maps,
    step_changes,
)
from pulumi_embedded_engine.model.events import (
    CancelEvent,
    Diagnostic,
    Event,
    StackOutputs,
    StepDone,
    StepFailed,
    StepMetadata,
    StepStarted,
    Summary,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import displayed_type, name_of, type_of
from pulumi_embedded_engine.printable import one_line, printable

PREFIXES: Final = {
    "error": "error: ",
    "warning": "warning: ",
    "debug": "debug: ",
    "info": "",
}
_NOUNS: Final = {
    "error": "error",
    "warning": "warning",
    "info": "message",
    "debug": "debug message",
}
_SIGNS: Final = (("+", "add"), ("-", "delete"), ("~", "update"))


@dataclass(slots=True)
class ResourceRow:
    """One resource.

    `step` is None if there were only messages. `replacement` is the step of the whole replacement, if there is one.
    """

    urn: str
    step: StepMetadata | None = None
    replacement: StepMetadata | None = None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    started_at: float = 0.0
    ended_at: float | None = None
    is_failed: bool = False
    is_shown: bool = False
    is_refresh: bool = False

    @property
    def op(self) -> str:
        """The operation of the last step; `same` if there was none."""
        return self.step.op if self.step else "same"

    @property
    def parent(self) -> str:
        """The URN of the parent resource."""
        record = (self.step.new or self.step.old) if self.step else None
        return record.parent if record else ""


@dataclass(slots=True)
class ResourceRows:
    """All rows by URN, in the order of their first event."""

    options: DisplayOptions
    by_urn: dict[str, ResourceRow] = field(default_factory=dict)
    is_finished: bool = False
    outputs: StackOutputs | None = None
    summary: Summary | None = None

    def row_of(self, urn: str) -> ResourceRow:
        """The row of a resource, created if it is missing; an empty URN means the stack."""
        urn = urn or self.options.stack_urn
        return self.by_urn.setdefault(
            urn, ResourceRow(urn, is_shown=urn == self.options.stack_urn)
        )

    def add_event(self, event: Event, now: float) -> ResourceRow | None:
        """Apply an event to the rows; gives the row that has to be shown again, if there is one."""
        match event:
            case StepStarted():
                return self._start_step(event.metadata, now)
            case StepDone():
                return self._complete_step(event, now)
            case StepFailed():
                row = self._end_step(event.metadata, now)
                row.is_failed = row.is_shown = True
                return row
            case Diagnostic() if self.options.shows_message(event):
                row = self.row_of(event.urn)
                row.diagnostics.append(event)
                row.is_shown = True
                return row
            case StackOutputs():
                self.outputs = event
            case Summary():
                self.summary = event
            case CancelEvent():
                self._finish()
        return None

    def _start_step(self, step: StepMetadata, now: float) -> ResourceRow | None:
        row, seen = self.row_of(step.urn), self.options.shows_step(step)
        if not seen and not step.logical:
            return None
        row.step, row.started_at, row.ended_at = step, now, None
        row.is_shown = row.is_shown or seen
        row.is_refresh = seen and step.op == "refresh"
        if step.op == "replace":
            row.replacement = step
        return row if seen else None

    def _complete_step(self, event: StepDone, now: float) -> ResourceRow | None:
        step = event.metadata
        if not step.logical and not self.options.shows_step(step):
            return None
        row = self._end_step(step, now)
        record = step.new or step.old
        meant = record is not None and record.custom and step.op != "same"
        is_news = row.is_refresh or (meant and not event.planning)
        return row if row.is_shown and is_news else None

    def _end_step(self, step: StepMetadata, now: float) -> ResourceRow:
        row = self.row_of(step.urn)
        row.step, row.ended_at = step, now
        row.is_shown = row.is_shown or self.options.shows_step(step)
        return row

    def _finish(self) -> None:
        """After the end a replacement is shown as one step."""
        self.is_finished = True
        for row in self.by_urn.values():
            row.step = (
                row.replacement if row.replacement and not row.is_failed else row.step
            )

    def visible(self) -> list[ResourceRow]:
        """The rows that are shown; the row of the stack is the last."""
        rows = [row for row in self.by_urn.values() if row.is_shown]
        return sorted(rows, key=lambda row: row.urn == self.options.stack_urn)


def status_text(rows: ResourceRows, row: ResourceRow, now: float) -> str:
    """The status of a row: what is, was or will be done."""
    text = (
        _status_of_same(rows, row)
        if row.op == "same"
        else _status_of_change(rows, row, now)
    )
    return f"{text}[retain]" if row.step and is_retained(row.step) else text


def _status_of_same(rows: ResourceRows, row: ResourceRow) -> str:
    if _has_failed(rows, row):
        return "**failed**"
    is_running = row.urn == rows.options.stack_urn and not rows.is_finished
    return "running" if is_running else ""


def _status_of_change(rows: ResourceRows, row: ResourceRow, now: float) -> str:
    symbol = step_symbol(row.op)
    if rows.options.planning:
        looking = row.op == "refresh" and row.ended_at is None
        return symbol.doing if looking else symbol.plan
    if _has_failed(rows, row):
        return f"**{symbol.failed}**"
    if row.ended_at is not None:
        seconds = row.ended_at - row.started_at
        return (
            f"{symbol.done} ({seconds:.2f}s)"
            if seconds < 1
            else f"{symbol.done} ({int(seconds)}s)"
        )
    if not rows.is_finished:
        return f"{symbol.doing} ({int(max(0.0, now - row.started_at))}s)"
    # a component has no object of its own that an interruption could leave unfinished
    record = (row.step.new or row.step.old) if row.step else None
    return f"{symbol.doing} (interrupted)" if record and record.custom else symbol.done


def _has_failed(rows: ResourceRows, row: ResourceRow) -> bool:
    errors = any(said.severity == "error" for said in row.diagnostics)
    return row.is_failed or (rows.is_finished and errors and not rows.options.planning)


def info_text(row: ResourceRow, *, counts: bool) -> str:
    """What changes, and the last message, or with `counts` the number of messages of each severity."""
    changes = changed_keys(_differences(row))
    return "; ".join(
        [*changes, *(_message_counts(row) if counts else _last_message(row))]
    )


def _differences(row: ResourceRow) -> ValueChanges:
    """The changes of a row's step: properties, and provider, protection and taint of the record."""
    step = row.step
    if step and step.op in ("create-replacement", "delete-replaced"):
        step = row.replacement or step  # what changes is known of the whole
    if step is None or step.old is None or step.new is None:
        return {}
    if row.is_refresh and step.detailed_diff is None:
        over = row.ended_at is not None and step.op != "same"
        return compare_maps(step.old.outputs, step.new.outputs) if over else {}
    own = compare_maps(_settings(step.old), _settings(step.new))
    return step_changes(step) | own


def _settings(record: Resource) -> dict[str, object]:
    return {name: getattr(record, name) for name in ("provider", "protect", "taint")}


def is_retained(step: StepMetadata) -> bool:
    """Whether a step removes a resource from the state and keeps the real object."""
    return step.old is not None and step.old.retain_on_delete and step.op in RETAINED


def changed_keys(changes: ValueChanges) -> list[str]:
    """The names of changed keys, as in `[diff: +token~size,zone]`; empty if nothing changes."""
    text = ""
    for sign, kind in _SIGNS:
        names = (one_line(str(k)) for k, c in changes.items() if c.kind == kind)
        found = ",".join(sorted(names))
        text += f"{sign}{found}" if found else ""
    return [f"[diff: {text}]"] if text else []


def type_and_name(row: ResourceRow, options: DisplayOptions) -> tuple[str, str]:
    """The type and the name of a row; with --urns the whole URN and no name."""
    if options.urns:
        return one_line(row.urn), ""
    return one_line(displayed_type(type_of(row.urn))), one_line(name_of(row.urn))


def message_text(diagnostic: Diagnostic) -> str:
    """A message with its severity in front."""
    return PREFIXES[diagnostic.severity] + printable(diagnostic.message).rstrip()


def _message_counts(row: ResourceRow) -> list[str]:
    counts = Counter[str](d.severity for d in row.diagnostics if not d.ephemeral)
    return [
        f"{count} {noun}{'s' if count > 1 else ''}"
        for severity, noun in _NOUNS.items()
        if (count := counts[severity])
    ]


def _last_message(row: ResourceRow) -> list[str]:
    texts = [message_text(d) for d in row.diagnostics[-1:]]
    return [text.split("\n", 1)[0] for text in texts if text]
