"""The sections before and after the rows, as lines of text: configuration, diagnostics, outputs, summary."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.property_printer import PropertyPrinter
from pulumi_embedded_engine.display.resource_rows import (
    PREFIXES,
    ResourceRow,
    ResourceRows,
    type_and_name,
)
from pulumi_embedded_engine.display.step_symbols import (
    COUNTED,
    ERROR,
    HEADLINE,
    NAME,
    Colorizer,
    step_symbol,
)
from pulumi_embedded_engine.display.value_changes import (
    ValueChanges,
    compare_maps,
    has_changes,
)
from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Prelude,
    StackOutputs,
    Summary,
)
from pulumi_embedded_engine.model.property_values import UNKNOWN, reveal
from pulumi_embedded_engine.printable import one_line, printable


def heading_lines(
    event: Prelude, options: DisplayOptions, colorize: Colorizer
) -> Iterator[str]:
    """The heading, and the configuration if it is shown; its secrets are masked already."""
    yield colorize(f"{options.label} ({options.stack}):", HEADLINE)
    yield ""
    if options.config:
        yield colorize("Configuration:", HEADLINE)
        for key in sorted(event.config):
            yield f"    {one_line(key)}: {printable(str(event.config[key]))}"
        yield ""


@dataclass(frozen=True, slots=True)
class SummarySections:
    """Makes the lines of the sections, as the display options say."""

    options: DisplayOptions
    colorize: Colorizer

    def sections(self, rows: ResourceRows) -> Iterator[str]:
        """Everything that comes after the rows."""
        yield from self.diagnostics(rows.visible())
        if rows.outputs is not None:
            yield from self.outputs(rows.outputs)
        if rows.summary is not None:
            yield from self.summary(rows.summary)

    def diagnostics(self, rows: Iterable[ResourceRow]) -> Iterator[str]:
        """The messages of each resource, in full."""
        messages_by_row = [(row, self._messages(row.diagnostics)) for row in rows]
        if any(texts for _, texts in messages_by_row):
            yield self.colorize("Diagnostics:", HEADLINE)
        for row, texts in messages_by_row:
            if not texts:
                continue
            type_, name = type_and_name(row, self.options)
            yield "  " + self.colorize(
                f"{type_} ({name}):" if name else f"{type_}:", NAME
            )
            for text in texts:
                yield from (f"    {line}".rstrip() for line in text.split("\n"))
            yield ""

    def outputs(self, event: StackOutputs) -> Iterator[str]:
        """The stack's outputs and how they changed; a dry run shows them only if they change."""
        if not self.options.outputs or self.options.kind == "destroy":
            return
        if self.options.secrets:
            event = StackOutputs(reveal(event.old), reveal(event.new))
        changes = compare_maps(event.old, event.new)
        if self.options.planning:
            kept = self.options.sames
            changes = {
                key: change
                for key, change in _predictable(changes).items()
                if kept or change.kind != "same"
            }
        if changes:
            yield self.colorize("Outputs:", HEADLINE)
            yield from PropertyPrinter(self.colorize, full=self.options.full).changes(
                changes, 1
            )
            yield ""

    def summary(self, event: Summary) -> Iterator[str]:
        """How many resources were (or would be) created, updated, ..., and how long it took."""
        yield self.colorize("Resources:", HEADLINE)
        kinds = [(op, event.changes[op]) for op in COUNTED if event.changes.get(op)]
        for op, count in kinds:
            symbol = step_symbol(op)
            text = f"to {symbol.plan}" if event.planning else symbol.done
            yield "    " + self.colorize(f"{symbol.sign}{count} {text}", symbol.style)
        total, same = sum(count for _, count in kinds), event.changes.get("same", 0)
        pieces = [self.colorize(f"{total} changes", "bold")] if len(kinds) > 1 else []
        pieces += [f"{same} unchanged"] if same else []
        if pieces:
            yield "    " + ". ".join(pieces)
        if event.errored:
            yield "    " + self.colorize(f"{event.errored} errored", ERROR)
        yield ""
        if not event.planning:
            yield (
                self.colorize("Duration:", HEADLINE)
                + f" {duration_text(event.duration)}"
            )
            yield ""

    def _messages(self, diagnostics: list[Diagnostic]) -> list[str]:
        """The texts of the messages, without ephemeral ones; messages of one stream are joined."""
        texts: dict[object, str] = {}
        for said in diagnostics:
            if said.ephemeral or not said.message.strip():
                continue
            if said.stream:
                texts[said.stream] = texts.get(said.stream, "") + said.message
            else:
                texts[id(said)] = PREFIXES[said.severity] + said.message
        return [
            printable(text, coloured=self.options.color).rstrip()
            for text in texts.values()
        ]


def duration_text(seconds: float) -> str:
    """Whole seconds, rounded up, as 1h2m3s."""
    total = math.ceil(seconds)
    hours, minutes = total // 3600, total % 3600 // 60
    text = f"{hours}h" if hours else ""
    text += f"{minutes}m" if hours or minutes else ""
    return f"{text}{total % 60}s"


def _predictable(changes: ValueChanges) -> ValueChanges:
    """The changes that a dry run can predict, without values that are not known yet."""
    found: ValueChanges = {}
    for key, change in changes.items():
        parts = {
            inner: part
            for inner, part in _predictable(change.parts or {}).items()
            if part.kind != "add" or part.new is not UNKNOWN
        }
        if change.parts is None and (change.kind, change.new) != ("update", UNKNOWN):
            found[key] = change
        elif has_changes(parts):
            found[key] = replace(change, parts=parts)
    return found
