"""The view for `--diff`: every step with the properties of its resource and their changes; keeps no rows.

It is used in two ways: as a sink during an operation, and for recorded events, when the user asks for details at the
confirmation.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.line_writer import LineWriter
from pulumi_embedded_engine.display.property_printer import MARGIN, PropertyPrinter
from pulumi_embedded_engine.display.resource_rows import is_retained, message_text
from pulumi_embedded_engine.display.secret_masking import map_event_values
from pulumi_embedded_engine.display.step_symbols import (
    ERROR,
    READS,
    WARNING,
    Colorizer,
    step_symbol,
)
from pulumi_embedded_engine.display.summary_sections import (
    SummarySections,
    heading_lines,
)
from pulumi_embedded_engine.display.value_changes import (
    ValueChange,
    ValueChanges,
    compare_maps,
    path_of,
    step_changes,
    visible_properties,
    without_path,
)
from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Event,
    Prelude,
    StackOutputs,
    StepDone,
    StepMetadata,
    StepStarted,
    Summary,
)
from pulumi_embedded_engine.model.property_values import UNKNOWN_STRING, equal, reveal
from pulumi_embedded_engine.model.urns import (
    is_default_provider,
    is_root_stack,
    name_of,
    provider_urn,
)
from pulumi_embedded_engine.printable import one_line

_IMPORTS: Final = frozenset({"import", "import-replacement"})


class DiffView:
    """A sink that writes the properties of each step; it must be called by one thread at a time."""

    def __init__(
        self,
        options: DisplayOptions,
        writer: LineWriter,
        errors: LineWriter | None = None,
    ) -> None:
        self._options = options
        self._writer = writer
        self._error_writer = errors or writer
        self._colorize = Colorizer(options.color)
        self._printer = PropertyPrinter(self._colorize, full=options.full)
        self._seen: dict[str, StepMetadata] = {}

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Diagnostic):
            self._write_message(event)
            return
        if self._options.secrets:
            event = map_event_values(event, reveal)
        lines = list(self._lines(event))
        if lines:
            self._writer.write_lines(*lines)

    def _write_message(self, event: Diagnostic) -> None:
        if self._options.shows_message(event) and not event.ephemeral:
            style = {"error": ERROR, "warning": WARNING}.get(event.severity, "")
            self._error_writer.write_lines(self._colorize(message_text(event), style))

    def _lines(self, event: Event) -> Iterable[str]:
        closing = SummarySections(self._options, self._colorize)
        match event:
            case Prelude():
                return heading_lines(event, self._options, self._colorize)
            case StepStarted():
                return self._started_lines(event.metadata)
            case StepDone() if self._options.lists_step(event.metadata):
                return self._done_lines(event)
            case StackOutputs():
                return ["", *closing.outputs(event)]
            case Summary():
                return closing.summary(event)
        return ()

    def _started_lines(self, step: StepMetadata) -> Iterator[str]:
        self._seen[step.urn] = step
        # imports and refreshes are shown when they are done, with what was read
        if self._options.lists_step(step) and step.op not in _IMPORTS | {"refresh"}:
            yield from self._step_lines(step)

    def _done_lines(self, event: StepDone) -> Iterator[str]:
        step = event.metadata
        before = self._seen.get(step.urn)
        if is_root_stack(step.urn):
            return
        if before is not None and before.op == "refresh":
            if step.op != "refresh" or self._changes(step, refresh=True):
                yield from self._step_lines(step, refresh=True)
        elif step.op in _IMPORTS:
            yield from self._step_lines(step)
        elif self._options.outputs and (not event.planning or step.op in READS):
            # a dry run really reads, so the outputs of a read are shown
            yield from self._output_lines(step)

    def _step_lines(
        self, step: StepMetadata, *, refresh: bool = False
    ) -> Iterator[str]:
        yield from self._header_lines(step)
        if step.op != "same":
            indent, changes = (
                self._indent(step) + 1,
                self._changes(step, refresh=refresh),
            )
            seen, hidden = _split_hidden(changes, step)
            for path in hidden:
                yield self._printer.line("update", indent, f"{path} (hidden)")
            yield from self._printer.changes(seen, indent)

    def _changes(self, step: StepMetadata, *, refresh: bool) -> ValueChanges:
        """The property changes of a step; all properties if the resource is created or deleted."""
        if step.old is not None and step.new is not None and step.detailed_diff != {}:
            return step_changes(step, refresh=refresh)
        # as in the CLI, the inputs too if the provider compared and found nothing: it is done again, or only recorded
        record = step.old if step.detailed_diff == {} else step.new or step.old
        values = visible_properties(record.inputs) if record is not None else {}
        return {key: ValueChange("same", value, value) for key, value in values.items()}

    def _output_lines(self, step: StepMetadata) -> Iterator[str]:
        """The outputs of a step that differ from its inputs and from the former outputs."""
        old, new = step.old, step.new
        if new is None or not new.outputs or (old is not None and old.init_errors):
            return  # as in the CLI, not compared with an object that was not ready
        changes, _ = _split_hidden(
            compare_maps(old.outputs if old is not None else {}, new.outputs), step
        )
        given = {
            key: change
            for key, change in changes.items()
            if (change.kind != "same" or self._options.sames)
            and not (key in new.inputs and equal(new.inputs[str(key)], change.new))
        }
        if given:
            indent = self._indent(step) + 1
            # lines of other resources may be in between
            title = f"--outputs of {one_line(name_of(step.urn))}:--"
            yield MARGIN * indent + self._colorize(title, step_symbol(step.op).style)
            yield from self._printer.changes(given, indent)

    def _header_lines(self, step: StepMetadata) -> Iterator[str]:
        indent, old, new = self._indent(step), step.old, step.new
        symbol = step_symbol(step.op)
        what = one_line(step.urn if self._options.urns else step.type)
        kept = "[retain]" if is_retained(step) else ""
        header = f"{symbol.sign}{what}: ({step.op}{kept}){_protection_sign(step)}"
        yield MARGIN * indent + self._colorize(header, symbol.style)
        blanks = MARGIN * (indent + 1)
        known = new if step.op in _IMPORTS else old
        if known is not None and known.id:
            yield f"{blanks}[id={one_line(known.id)}]"
        if not self._options.urns:
            yield f"{blanks}[urn={one_line(step.urn)}]"
        if old is not None and new is not None and old.provider != new.provider:
            after = new.provider.replace(UNKNOWN_STRING, "[unknown]")
            text = f"[provider: {one_line(old.provider)} => {one_line(after)}]"
            yield blanks + self._colorize(text, step_symbol("update").style)
        elif step.provider and not is_default_provider(provider_urn(step.provider)):
            yield f"{blanks}[provider={one_line(step.provider)}]"

    def _indent(self, step: StepMetadata) -> int:
        indent = 0
        record = step.new or step.old
        while record is not None and record.parent in self._seen:
            above = self._seen[record.parent]
            indent += self._options.lists_step(above)
            record = above.new or above.old
        return indent


def write_details(
    events: Iterable[Event], options: DisplayOptions, writer: LineWriter
) -> None:
    """Write the diff of recorded events, without their messages and summary."""
    sink = DiffView(options, writer)
    for event in events:
        if not isinstance(event, Summary | Diagnostic | Prelude):
            sink(event)


def _split_hidden(
    changes: ValueChanges, step: StepMetadata
) -> tuple[ValueChanges, list[str]]:
    """The differences without those that the program hides, and the paths of the hidden ones."""
    record = step.new or step.old
    hidden: list[str] = []
    for text in sorted(record.hide_diff) if record is not None else ():
        left = without_path(changes, path_of(text))
        hidden += [one_line(text)] if left != changes else []
        changes = left
    return changes, hidden


def _protection_sign(step: StepMetadata) -> str:
    was = step.old is not None and step.old.protect
    now = step.new is not None and step.new.protect
    if was and step.new is not None and not now:
        return " 🔓"
    return " 🔒" if was or now else ""
