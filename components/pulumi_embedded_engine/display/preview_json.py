"""The JSON document of `preview --json`, in the schema of the CLI; secrets are always masked."""

from collections.abc import Mapping
from typing import Any, Final

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.line_writer import LineWriter
from pulumi_embedded_engine.display.resource_rows import PREFIXES
from pulumi_embedded_engine.display.secret_masking import (
    map_event_values,
    with_secrets_masked,
)
from pulumi_embedded_engine.golang.go_json import printable_json
from pulumi_embedded_engine.model.events import (
    CancelEvent,
    Diagnostic,
    Event,
    Prelude,
    StepDone,
    StepMetadata,
    StepStarted,
    Summary,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import is_root_stack
from pulumi_embedded_engine.state.encoding import StateEncoder

NANOSECONDS: Final = 1_000_000_000


class PreviewJson:
    """A sink that collects events, and writes the document after the last one."""

    def __init__(self, options: DisplayOptions, writer: LineWriter) -> None:
        self._options = options
        self._writer = writer
        self._config: Mapping[str, str] = {}
        self._steps: list[dict[str, Any]] = []
        self._refreshed: dict[str, int] = {}
        self._diagnostics: list[dict[str, Any]] = []
        self._summary: Summary | None = None

    def __call__(self, event: Event) -> None:
        """Take one event."""
        event = map_event_values(event, with_secrets_masked)
        match event:
            case Prelude():
                self._config = event.config
            case StepStarted() if self._options.lists_step(event.metadata):
                self._add_step(event.metadata)
            case StepDone() if self._options.lists_step(event.metadata):
                self._correct_refresh(event.metadata)
            case Diagnostic():
                self._add_message(event)
            case Summary():
                self._summary = event
            case CancelEvent():
                self._writer.write_lines(printable_json(self._document(), indent=4))

    def _add_step(self, step: StepMetadata) -> None:
        if step.op == "refresh":
            self._refreshed[step.urn] = len(self._steps)
        self._steps.append(self._step(step))

    def _correct_refresh(self, step: StepMetadata) -> None:
        """List a refreshed resource with what the read found."""
        place = self._refreshed.pop(step.urn, None)
        if place is not None and step.op in {"update", "delete"}:
            self._steps[place] = self._step(step)

    def _add_message(self, event: Diagnostic) -> None:
        if not event.ephemeral and event.severity != "debug":
            said = {"urn": event.urn} if event.urn else {}
            # a message ends its line, but the messages of one stream may be parts of a line
            whole = event.stream or event.message.endswith("\n")
            message = PREFIXES[event.severity] + event.message + ("" if whole else "\n")
            self._diagnostics.append(
                {**said, "message": message, "severity": event.severity}
            )

    def _step(self, step: StepMetadata) -> dict[str, Any]:
        optional = {
            "provider": step.provider,
            "oldState": self._state(step.old),
            "newState": self._state(step.new),
            "diffReasons": list(step.diffs),
            "replaceReasons": list(step.keys),
        }
        detailed = step.detailed_diff
        return {
            "op": step.op,
            "urn": step.urn,
            **{key: value for key, value in optional.items() if value},
            "detailedDiff": None
            if detailed is None
            else {
                path: {"kind": change.kind, "inputDiff": change.input_diff}
                for path, change in detailed.items()
            },
        }

    def _state(self, resource: Resource | None) -> dict[str, Any] | None:
        if resource is None:
            return None
        if is_root_stack(resource.urn) and not self._options.outputs:
            resource = resource.with_(inputs={}, outputs={})
        return StateEncoder(None).resource(resource)

    def _document(self) -> dict[str, Any]:
        optional = {
            "config": dict(self._config),
            "steps": self._steps,
            "diagnostics": self._diagnostics,
        }
        summary = self._summary
        return {
            **{key: value for key, value in optional.items() if value},
            "duration": round(summary.duration * NANOSECONDS) if summary else 0,
            "changeSummary": dict(sorted(summary.changes.items())) if summary else {},
        }
