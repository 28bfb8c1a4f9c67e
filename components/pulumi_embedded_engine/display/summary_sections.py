"""The sections before and after all rows: configuration, diagnostics, outputs, summary; each is lines of text."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pulumi_embedded_engine.display.options import View
from pulumi_embedded_engine.display.property_printer import Printer
from pulumi_embedded_engine.display.rows import PREFIXES, Board, Row, columns
from pulumi_embedded_engine.display.step_symbols import (
    COUNTED,
    ERROR,
    HEADLINE,
    NAME,
    Ink,
    mark,
)
from pulumi_embedded_engine.display.value_changes import Changes, changed, compare_maps
from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Prelude,
    StackOutputs,
    Summary,
)
from pulumi_embedded_engine.model.property_values import UNKNOWN, reveal
from pulumi_embedded_engine.printable import one_line, printable


def opening(event: Prelude, view: View, ink: Ink) -> Iterator[str]:
    """What goes on, and the configuration if it is to be shown; whoever told it has masked its secrets."""
    yield ink(f"{view.label} ({view.stack}):", HEADLINE)
    yield ""
    if view.config:
        yield ink("Configuration:", HEADLINE)
        for key in sorted(event.config):
            yield f"    {one_line(key)}: {printable(str(event.config[key]))}"
        yield ""


@dataclass(frozen=True, slots=True)
class Closing:
    """Writes the sections of one view."""

    view: View
    ink: Ink

    def sections(self, board: Board) -> Iterator[str]:
        """Everything that comes after the rows."""
        yield from self.diagnostics(board.shown())
        if board.outputs is not None:
            yield from self.outputs(board.outputs)
        if board.summary is not None:
            yield from self.summary(board.summary)

    def diagnostics(self, rows: Iterable[Row]) -> Iterator[str]:
        """What was said about each resource, in full."""
        told = [(row, self._texts(row.diagnostics)) for row in rows]
        if any(texts for _, texts in told):
            yield self.ink("Diagnostics:", HEADLINE)
        for row, texts in told:
            if not texts:
                continue
            type_, name = columns(row, self.view)
            yield "  " + self.ink(f"{type_} ({name}):" if name else f"{type_}:", NAME)
            for text in texts:
                yield from (f"    {line}".rstrip() for line in text.split("\n"))
            yield ""

    def outputs(self, event: StackOutputs) -> Iterator[str]:
        """The stack's outputs and how they changed; a dry run shows them only if they change."""
        if not self.view.outputs or self.view.kind == "destroy":
            return
        if self.view.secrets:
            event = StackOutputs(reveal(event.old), reveal(event.new))
        changes = compare_maps(event.old, event.new)
        if self.view.planning:
            kept = self.view.sames
            changes = {
                key: change
                for key, change in _foreseen(changes).items()
                if kept or change.kind != "same"
            }
        if changes:
            yield self.ink("Outputs:", HEADLINE)
            yield from Printer(self.ink, full=self.view.full).changes(changes, 1)
            yield ""

    def summary(self, event: Summary) -> Iterator[str]:
        """How many resources were (or would be) created, updated, ..., and how long it took."""
        yield self.ink("Resources:", HEADLINE)
        kinds = [(op, event.changes[op]) for op in COUNTED if event.changes.get(op)]
        for op, count in kinds:
            words = mark(op)
            text = f"to {words.plan}" if event.planning else words.done
            yield "    " + self.ink(f"{words.sign}{count} {text}", words.style)
        total, same = sum(count for _, count in kinds), event.changes.get("same", 0)
        pieces = [self.ink(f"{total} changes", "bold")] if len(kinds) > 1 else []
        pieces += [f"{same} unchanged"] if same else []
        if pieces:
            yield "    " + ". ".join(pieces)
        if event.errored:
            yield "    " + self.ink(f"{event.errored} errored", ERROR)
        yield ""
        if not event.planning:
            yield self.ink("Duration:", HEADLINE) + f" {duration(event.duration)}"
            yield ""

    def _texts(self, diagnostics: list[Diagnostic]) -> list[str]:
        """The messages, those of one stream joined, with their colours; without what was only for the moment."""
        texts: dict[object, str] = {}
        for said in diagnostics:
            if said.ephemeral or not said.message.strip():
                continue
            if said.stream:
                texts[said.stream] = texts.get(said.stream, "") + said.message
            else:
                texts[id(said)] = PREFIXES[said.severity] + said.message
        return [
            printable(text, coloured=self.view.color).rstrip()
            for text in texts.values()
        ]


def duration(seconds: float) -> str:
    """Whole seconds, rounded up, as 1h2m3s."""
    total = math.ceil(seconds)
    hours, minutes = total // 3600, total % 3600 // 60
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if hours or minutes else ""
    return f"{text}{total % 60}s"


def _foreseen(changes: Changes) -> Changes:
    """What a dry run can tell: that something known becomes unknown tells nothing, nor what is unknown in a map."""
    found: Changes = {}
    for key, change in changes.items():
        parts = {
            inner: part
            for inner, part in _foreseen(change.parts or {}).items()
            if part.kind != "add" or part.new is not UNKNOWN
        }
        if change.parts is None and (change.kind, change.new) != ("update", UNKNOWN):
            found[key] = change
        elif changed(parts):
            found[key] = replace(change, parts=parts)
    return found
