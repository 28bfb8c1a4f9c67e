"""The display of `--diff`: each step with its resource's properties and how they change; keeps no rows.

Two uses: as a sink while an operation runs, and over recorded events, for the details asked for at the confirmation.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from pulumi_esa_prefetch.engine.diff import equal
from pulumi_esa_prefetch.engine.display.changes import (
    Change,
    Changes,
    changed,
    compare_maps,
    path_of,
    step_changes,
    visible,
    without,
)
from pulumi_esa_prefetch.engine.display.closing import (
    Closing,
    configuration,
    output_lines,
)
from pulumi_esa_prefetch.engine.display.ink import ERROR, HEADLINE, WARNING, Ink
from pulumi_esa_prefetch.engine.display.marks import mark
from pulumi_esa_prefetch.engine.display.paper import Paper
from pulumi_esa_prefetch.engine.display.properties import Printer
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.display.wording import retained, worded
from pulumi_esa_prefetch.engine.events import (
    Cancelled,
    Diagnostic,
    Event,
    Outputs,
    Prelude,
    StepDone,
    StepFailed,
    StepMetadata,
    StepStarted,
    Summary,
)
from pulumi_esa_prefetch.engine.printable import one_line
from pulumi_esa_prefetch.engine.urns import (
    is_default_provider,
    is_root_stack,
    provider_urn,
)

_IMPORTS: Final = frozenset({"import", "import-replacement"})
_READS: Final = frozenset({"read", "read-replacement"})
_OWN_COLOR: Final = frozenset(
    {"create", "delete", "delete-replaced", "read-discard", "discard-replaced"}
)


class DiffLines:
    """A sink that writes each step's properties as it comes; to be called by one thread at a time."""

    def __init__(self, view: View, paper: Paper, errors: Paper | None = None) -> None:
        self._view = view
        self._paper = paper
        self._errors = errors or paper
        self._ink = Ink(view.color)
        self._seen: dict[str, StepMetadata] = {}
        self._failed = 0
        self._outputs: Outputs | None = None
        self._handlers: Mapping[type, Callable[[Any], Iterable[str]]] = {
            Prelude: lambda event: configuration(event) if view.config else (),
            StepStarted: self._started,
            StepDone: self._done,
            StepFailed: self._failure,
            Outputs: self._stack_outputs,
            Summary: self._summary,
            Cancelled: lambda _: (),
        }

    def begin(self) -> None:
        """Say what goes on."""
        self._paper.lines(
            self._ink(f"{self._view.label} ({self._view.stack}):", HEADLINE)
        )

    def __call__(self, event: Event) -> None:
        """Take one event."""
        if isinstance(event, Diagnostic):
            self._said(event)
            return
        lines = list(self._handlers[type(event)](event))
        if lines:
            self._paper.lines(*lines)

    def tick(self) -> None:
        """Give a sign of life."""
        self._paper.dot(f"@ {self._view.label.lower()}...")

    def _said(self, event: Diagnostic) -> None:
        if event.ephemeral or not self._view.hears(event):
            return
        style = {"error": ERROR, "warning": WARNING}.get(event.severity, "")
        self._errors.lines(self._ink(worded(event), style))

    def _started(self, event: StepStarted) -> Iterator[str]:
        step = event.metadata
        self._seen[step.urn] = step
        if self._view.lists(step) and step.op not in _IMPORTS | {"refresh"}:
            yield from self._whole(step, refresh=False)

    def _done(self, event: StepDone) -> Iterator[str]:
        step = event.metadata
        if not self._view.lists(step) or is_root_stack(step.urn):
            return
        before = self._seen.get(step.urn)
        refresh = before is not None and before.op == "refresh"
        if step.op in _IMPORTS or (refresh and step.op == "update"):
            yield from self._whole(step, refresh=refresh)
            return
        # what a dry run has read is as true as in a real one
        complete = not event.planning or refresh or step.op in _READS
        outputs = self._new_outputs(step, refresh=refresh) if complete else {}
        if refresh and (step.op != "refresh" or outputs):
            yield from self._header(step)
        if outputs and self._view.outputs:
            yield from self._outputs_section(step, outputs)

    def _failure(self, event: StepFailed) -> Iterator[str]:
        del event
        self._failed += 1
        return iter(())

    def _stack_outputs(self, event: Outputs) -> Iterator[str]:
        stack = self._seen.get(self._view.stack_urn)
        if stack is not None and stack.op == "refresh":
            yield from self._header(replace(stack, op="same"))
        if not self._view.outputs or self._view.kind == "destroy":
            return
        created = stack is not None and stack.op == "create"
        lines = list(output_lines(event, self._view, self._ink, 1, created=created))
        if lines:
            yield "    --outputs:--"
            yield from lines

    def _summary(self, event: Summary) -> Iterator[str]:
        return Closing(self._view, self._ink).summary(event, self._failed)

    def _whole(self, step: StepMetadata, *, refresh: bool) -> Iterator[str]:
        yield from self._header(step)
        if step.op != "same":
            yield from self._properties(step, self._indent(step) + 1, refresh=refresh)

    def _header(self, step: StepMetadata) -> Iterator[str]:
        indent, old, new = self._indent(step), step.old, step.new
        words = mark(step.op)
        what = one_line(step.urn if self._view.urns else step.type)
        kept = "[retain]" if retained(step) else ""
        header = f"{words.sign}{what}: ({step.op}{kept}){_lock(step)}"
        yield "    " * indent + self._ink(header, words.style)
        style = words.style if step.op in _OWN_COLOR else mark("same").style
        blanks = "    " * (indent + 1)
        if old is not None and old.id:
            yield blanks + self._ink(f"[id={one_line(old.id)}]", style)
        if not self._view.urns:
            yield blanks + self._ink(f"[urn={one_line(step.urn)}]", style)
        if old is not None and new is not None and old.provider != new.provider:
            yield blanks + self._ink(
                f"[provider: {one_line(old.provider)} => {one_line(new.provider)}]",
                mark("update").style,
            )
        elif step.provider and not is_default_provider(provider_urn(step.provider)):
            yield blanks + self._ink(f"[provider={one_line(step.provider)}]", style)

    def _properties(
        self, step: StepMetadata, indent: int, *, refresh: bool
    ) -> Iterator[str]:
        printer = replace(self._printer(), op=step.op)
        old, new = step.old, step.new
        if old is None and new is not None:
            yield from printer.properties(new.outputs or new.inputs, indent)
        elif new is None and old is not None:
            yield from printer.properties(old.inputs, indent)
        elif old is not None and new is not None:
            after_read = refresh or (bool(new.outputs) and step.op not in _IMPORTS)
            changes, hidden = _seen(step_changes(step, refresh=after_read), step)
            if changed(changes) or hidden or step.detailed_diff is not None:
                pen = replace(printer, op="update", signed=True)
                yield from (
                    pen.line(indent, f"{one_line(path)} (hidden)") for path in hidden
                )
                yield from printer.changes(changes, indent)
            else:
                same = replace(printer, op="same", signed=True)
                yield from same.properties(
                    new.outputs if after_read else new.inputs, indent
                )

    def _new_outputs(self, step: StepMetadata, *, refresh: bool) -> Changes:
        """What a step gave beyond its inputs, as far as it differs from what was there before."""
        old, new = step.old, step.new
        if (old is not None and old.init_errors) or (new and not new.outputs):
            return {}
        before = old.outputs if old is not None else {}
        after, inputs = (new.outputs, new.inputs) if new is not None else ({}, {})
        changes, _ = _seen(compare_maps(before, after), step)
        return {
            key: change if old is not None else Change("same", None, change.new)
            for key, change in changes.items()
            if (old is None or change.kind != "same" or self._view.sames)
            and (refresh or not _is_input(str(key), change, inputs))
            and (old is not None or change.new not in (None, "", [], {}))
        }

    def _outputs_section(self, step: StepMetadata, outputs: Changes) -> Iterator[str]:
        indent = self._indent(step) + 1
        yield self._ink("    " * indent + "--outputs:--", mark(step.op).style)
        yield from self._printer().changes(outputs, indent, _width(step))

    def _printer(self) -> Printer:
        return Printer(self._ink, secrets=self._view.secrets, full=self._view.full)

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


def _seen(changes: Changes, step: StepMetadata) -> tuple[Changes, list[str]]:
    """The differences that the program does not want to hide, and the paths at which there are others."""
    record = step.new or step.old
    hidden: list[str] = []
    for text in record.hide_diff if record is not None else ():
        changes, hit = without(changes, path_of(text))
        hidden += [text] if hit else []
    return changes, sorted(hidden)


def _width(step: StepMetadata) -> int:
    """The width of all output keys: those that are not shown count too, as under the CLI."""
    old, new = step.old, step.new
    after = new.outputs if new is not None else {}
    keys = visible({**old.outputs, **after}) if old is not None else after
    return max(map(len, map(one_line, keys)), default=0)


def _is_input(key: str, change: Change, inputs: Mapping[str, Any]) -> bool:
    return key in inputs and change.kind != "delete" and equal(inputs[key], change.new)


def _lock(step: StepMetadata) -> str:
    was = step.old is not None and step.old.protect
    now = step.new is not None and step.new.protect
    if was and step.new is not None and not now:
        return " 🔓"
    return " 🔒" if was or now else ""
