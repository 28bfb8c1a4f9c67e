"""The display of `--diff`: each step with its resource's properties and how they change; keeps no rows.

Two uses: as a sink while an operation runs, and over recorded events, for the details asked for at the confirmation.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from pulumi_embedded_engine.display.line_writer import Paper
from pulumi_embedded_engine.display.options import View
from pulumi_embedded_engine.display.property_printer import MARGIN, Printer
from pulumi_embedded_engine.display.rows import retained, worded
from pulumi_embedded_engine.display.secret_masking import with_values
from pulumi_embedded_engine.display.step_symbols import ERROR, READS, WARNING, Ink, mark
from pulumi_embedded_engine.display.summary_sections import Closing, opening
from pulumi_embedded_engine.display.value_changes import (
    Change,
    Changes,
    compare_maps,
    path_of,
    step_changes,
    visible,
    without,
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
from pulumi_embedded_engine.model.property_values import equal, reveal
from pulumi_embedded_engine.model.urns import (
    is_default_provider,
    is_root_stack,
    name_of,
    provider_urn,
)
from pulumi_embedded_engine.printable import one_line

_IMPORTS: Final = frozenset({"import", "import-replacement"})


class DiffLines:
    """A sink that writes each step's properties as it comes; to be called by one thread at a time."""

    def __init__(self, view: View, paper: Paper, errors: Paper | None = None) -> None:
        self._view = view
        self._paper = paper
        self._errors = errors or paper
        self._ink = Ink(view.color)
        self._printer = Printer(self._ink, full=view.full)
        self._seen: dict[str, StepMetadata] = {}

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Diagnostic):
            self._said(event)
            return
        if self._view.secrets:
            event = with_values(event, reveal)
        lines = list(self._lines(event))
        if lines:
            self._paper.lines(*lines)

    def _said(self, event: Diagnostic) -> None:
        if self._view.hears(event) and not event.ephemeral:
            style = {"error": ERROR, "warning": WARNING}.get(event.severity, "")
            self._errors.lines(self._ink(worded(event), style))

    def _lines(self, event: Event) -> Iterable[str]:
        closing = Closing(self._view, self._ink)
        match event:
            case Prelude():
                return opening(event, self._view, self._ink)
            case StepStarted():
                return self._started(event.metadata)
            case StepDone() if self._view.lists(event.metadata):
                return self._done(event)
            case StackOutputs():
                return ["", *closing.outputs(event)]
            case Summary():
                return closing.summary(event)
        return ()

    def _started(self, step: StepMetadata) -> Iterator[str]:
        self._seen[step.urn] = step
        # what is read first is shown as what was found
        if self._view.lists(step) and step.op not in _IMPORTS | {"refresh"}:
            yield from self._whole(step)

    def _done(self, event: StepDone) -> Iterator[str]:
        step = event.metadata
        before = self._seen.get(step.urn)
        if is_root_stack(step.urn):
            return
        if before is not None and before.op == "refresh":
            if step.op != "refresh" or self._changes(step, refresh=True):
                yield from self._whole(step, refresh=True)
        elif step.op in _IMPORTS:
            yield from self._whole(step)
        elif self._view.outputs and (not event.planning or step.op in READS):
            # what a dry run has read is as true as in a real one
            yield from self._outputs(step)

    def _whole(self, step: StepMetadata, *, refresh: bool = False) -> Iterator[str]:
        yield from self._header(step)
        if step.op != "same":
            indent, changes = (
                self._indent(step) + 1,
                self._changes(step, refresh=refresh),
            )
            seen, hidden = _unhidden(changes, step)
            for path in hidden:
                yield self._printer.line("update", indent, f"{path} (hidden)")
            yield from self._printer.changes(seen, indent)

    def _changes(self, step: StepMetadata, *, refresh: bool) -> Changes:
        """What a step does to properties; of a resource that comes or goes all of them."""
        if step.old is not None and step.new is not None:
            return step_changes(step, refresh=refresh)
        record = step.new or step.old
        values = visible(record.inputs) if record is not None else {}
        return {key: Change("same", value, value) for key, value in values.items()}

    def _outputs(self, step: StepMetadata) -> Iterator[str]:
        """What a step gave beyond its inputs, as far as it differs from what was there before."""
        old, new = step.old, step.new
        if new is None or not new.outputs:
            return
        changes, _ = _unhidden(
            compare_maps(old.outputs if old is not None else {}, new.outputs), step
        )
        given = {
            key: change
            for key, change in changes.items()
            if (change.kind != "same" or self._view.sames)
            and not (key in new.inputs and equal(new.inputs[str(key)], change.new))
        }
        if given:
            indent = self._indent(step) + 1
            # others may have come in between
            title = f"--outputs of {one_line(name_of(step.urn))}:--"
            yield MARGIN * indent + self._ink(title, mark(step.op).style)
            yield from self._printer.changes(given, indent)

    def _header(self, step: StepMetadata) -> Iterator[str]:
        indent, old, new = self._indent(step), step.old, step.new
        words = mark(step.op)
        what = one_line(step.urn if self._view.urns else step.type)
        kept = "[retain]" if retained(step) else ""
        header = f"{words.sign}{what}: ({step.op}{kept}){_lock(step)}"
        yield MARGIN * indent + self._ink(header, words.style)
        blanks = MARGIN * (indent + 1)
        if old is not None and old.id:
            yield f"{blanks}[id={one_line(old.id)}]"
        if not self._view.urns:
            yield f"{blanks}[urn={one_line(step.urn)}]"
        if old is not None and new is not None and old.provider != new.provider:
            text = f"[provider: {one_line(old.provider)} => {one_line(new.provider)}]"
            yield blanks + self._ink(text, mark("update").style)
        elif step.provider and not is_default_provider(provider_urn(step.provider)):
            yield f"{blanks}[provider={one_line(step.provider)}]"

    def _indent(self, step: StepMetadata) -> int:
        indent = 0
        record = step.new or step.old
        while record is not None and record.parent in self._seen:
            above = self._seen[record.parent]
            indent += self._view.lists(above)
            record = above.new or above.old
        return indent


def details(events: Iterable[Event], view: View, ink_on: Paper) -> None:
    """Write the diff of recorded events, without their messages and summary."""
    sink = DiffLines(view, ink_on)
    for event in events:
        if not isinstance(event, Summary | Diagnostic | Prelude):
            sink(event)


def _unhidden(changes: Changes, step: StepMetadata) -> tuple[Changes, list[str]]:
    """The differences that the program does not want to hide, and the paths at which there are others."""
    record = step.new or step.old
    hidden: list[str] = []
    for text in sorted(record.hide_diff) if record is not None else ():
        left = without(changes, path_of(text))
        hidden += [one_line(text)] if left != changes else []
        changes = left
    return changes, hidden


def _lock(step: StepMetadata) -> str:
    was = step.old is not None and step.old.protect
    now = step.new is not None and step.new.protect
    if was and step.new is not None and not now:
        return " 🔓"
    return " 🔒" if was or now else ""
