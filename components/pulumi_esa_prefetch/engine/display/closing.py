"""The sections before and after all rows: configuration, diagnostics, outputs, summary; each is lines of text."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from pulumi_esa_prefetch.engine.display.changes import Changes, changed, compare_maps
from pulumi_esa_prefetch.engine.display.ink import ERROR, HEADLINE, NAME, Ink
from pulumi_esa_prefetch.engine.display.marks import COUNTED, mark
from pulumi_esa_prefetch.engine.display.properties import Printer
from pulumi_esa_prefetch.engine.display.rows import Board, Row
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.display.wording import columns, worded
from pulumi_esa_prefetch.engine.events import Diagnostic, Outputs, Prelude, Summary
from pulumi_esa_prefetch.engine.printable import one_line, printable
from pulumi_esa_prefetch.engine.values import UNKNOWN, reveal


@dataclass(frozen=True, slots=True)
class Closing:
    """Writes the sections of one view."""

    view: View
    ink: Ink

    def sections(self, board: Board) -> Iterator[str]:
        """Everything that comes after the rows."""
        yield from self.diagnostics(
            sorted(board.rows.values(), key=lambda row: row.urn == self.view.stack_urn)
        )
        if board.outputs is not None:
            yield from self.outputs(board.outputs)
        if board.summary is not None:
            errored = sum(1 for row in board.rows.values() if row.errors)
            yield from self.summary(board.summary, errored)
            yield ""

    def diagnostics(self, rows: Iterable[Row]) -> Iterator[str]:
        """What was said about each resource, in full."""
        first = True
        for row in rows:
            groups = [
                text.split("\n")
                for text in _texts(row.diagnostics, coloured=self.view.color)
            ]
            if not groups:
                continue
            if first:
                yield self.ink("Diagnostics:", HEADLINE)
                first = False
            type_, name = columns(row, self.view)
            yield "  " + self.ink(f"{type_} ({name}):" if name else f"{type_}:", NAME)
            for lines in groups:
                yield from (f"    {line}".rstrip() for line in lines)
            yield ""

    def outputs(self, event: Outputs) -> Iterator[str]:
        """The stack's outputs and how they changed; a dry run shows them only if they change."""
        if not self.view.outputs or self.view.kind == "destroy":
            return
        if self.view.secrets:
            event = Outputs(reveal(event.old), reveal(event.new))
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

    def summary(self, event: Summary, errored: int) -> Iterator[str]:
        """How many resources were (or would be) created, updated, ..., and how long it took."""
        yield self.ink("Resources:", HEADLINE)
        yield from self._counts(event.changes, planning=event.planning)
        if errored:
            yield "    " + self.ink(f"{errored} errored", ERROR)
        if not event.planning:
            yield ""
            yield self.ink("Duration:", HEADLINE) + f" {duration(event.duration)}"

    def _counts(self, changes: Mapping[str, int], *, planning: bool) -> Iterator[str]:
        kinds = [(op, changes[op]) for op in COUNTED if changes.get(op)]
        for op, count in kinds:
            words = f"{count} to {op}" if planning else f"{count} {mark(op).past}"
            yield "    " + self.ink(mark(op).sign + words, mark(op).style)
        total, same = sum(count for _, count in kinds), changes.get("same", 0)
        pieces = [self.ink(f"{total} changes", "bold")] if len(kinds) > 1 else []
        pieces += [f"{same} unchanged"] if same else []
        if pieces:
            yield "    " + ". ".join(pieces)


def configuration(event: Prelude) -> list[str]:
    """The configuration's lines; its secrets are masked by whoever told it."""
    return [
        "Configuration:",
        *(
            f"    {one_line(key)}: {printable(str(event.config[key]))}"
            for key in sorted(event.config)
        ),
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


def _texts(diagnostics: list[Diagnostic], *, coloured: bool) -> list[str]:
    """The messages, those of one stream joined, with their colours; without what was only for the moment."""
    texts: list[str] = []
    streams: dict[int, int] = {}
    for diagnostic in diagnostics:
        if diagnostic.ephemeral or not diagnostic.message.strip():
            continue
        if diagnostic.stream and diagnostic.stream in streams:
            texts[streams[diagnostic.stream]] += diagnostic.message
            continue
        if diagnostic.stream:
            streams[diagnostic.stream] = len(texts)
        texts.append(
            worded(diagnostic) if not diagnostic.stream else diagnostic.message
        )
    return [printable(text, coloured=coloured).rstrip() for text in texts]
