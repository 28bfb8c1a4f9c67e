"""Events as lines of JSON, in the CLI's schema: for `up --json` and `--event-log`; secrets are masked, always."""

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.display.masks import MASK
from pulumi_esa_prefetch.engine.display.paper import Paper
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.display.wording import PREFIXES
from pulumi_esa_prefetch.engine.encoding import Encoder, dumps
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
from pulumi_esa_prefetch.engine.printable import printable_json
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.urns import is_default_provider

_STATE: Final = (
    ("type", "type"),
    ("urn", "urn"),
    ("custom", "custom"),
    ("delete", "delete"),
    ("id", "id"),
    ("parent", "parent"),
    ("protect", "protect"),
    ("taint", "taint"),
    ("external", "external"),
    ("retain_on_delete", "retainOnDelete"),
    ("inputs", "inputs"),
    ("outputs", "outputs"),
    ("provider", "provider"),
    ("init_errors", "initErrors"),
)
_ALWAYS: Final = frozenset(
    {"type", "urn", "id", "parent", "inputs", "outputs", "provider"}
)


class EventLines:
    """A sink that writes one JSON object per event; `internal` lets the steps of default providers through."""

    def __init__(
        self, view: View, paper: Paper, clock: Clock, *, internal: bool
    ) -> None:
        self._color = "never" if not view.color else "always"
        self._paper = paper
        self._clock = clock
        self._internal = internal
        self._sequence = 0
        self._render: Mapping[type, Callable[[Any], dict[str, Any]]] = {
            Prelude: lambda event: {"preludeEvent": {"config": dict(event.config)}},
            StepStarted: lambda event: {
                "resourcePreEvent": _step(event.metadata, planning=event.planning)
            },
            StepDone: lambda event: {
                "resOutputsEvent": _step(event.metadata, planning=event.planning)
            },
            StepFailed: lambda event: {
                "resOpFailedEvent": {
                    "metadata": metadata(event.metadata),
                    "status": 0,
                    "steps": 0,
                }
            },
            Diagnostic: self._diagnostic,
            Summary: _summary,
            Cancelled: lambda _: {"cancelEvent": {}},
        }

    def begin(self) -> None:
        """Nothing comes before the first event."""

    def tick(self) -> None:
        """JSON has no sign of life."""

    def __call__(self, event: Event) -> None:
        """Take one event."""
        # the stack's outputs are told at the end of its own step
        if not isinstance(event, Outputs) and (self._internal or not _internal(event)):
            self._write(self._render[type(event)](event))

    def _write(self, event: Mapping[str, Any]) -> None:
        stamp = {
            "sequence": self._sequence,
            "timestamp": int(self._clock.now().timestamp()),
        }
        self._sequence += 1
        self._paper.lines(printable_json(dumps(stamp | dict(event))))

    def _diagnostic(self, event: Diagnostic) -> dict[str, Any]:
        optional = {
            "urn": event.urn,
            "prefix": PREFIXES[event.severity],
            "streamID": event.stream,
            "ephemeral": event.ephemeral,
        }
        shown = {key: value for key, value in optional.items() if value}
        return {
            "diagnosticEvent": {
                **shown,
                "message": line(event),
                "color": self._color,
                "severity": event.severity,
            }
        }


def _internal(event: Event) -> bool:
    """Whether an event is about what the engine registers by itself."""
    steps = StepStarted | StepDone | StepFailed
    return isinstance(event, steps) and is_default_provider(event.metadata.urn)


def line(event: Diagnostic) -> str:
    """A message as a line of its own; those of a stream are pieces of one."""
    ends = event.stream or event.message.endswith("\n")
    return event.message if ends else f"{event.message}\n"


def metadata(step: StepMetadata) -> dict[str, Any]:
    """A step's facts in the schema of events."""
    lists = {"keys": list(step.keys), "diffs": list(step.diffs)}
    detailed = step.detailed_diff
    return {
        "op": step.op,
        "urn": step.urn,
        "type": step.type,
        "old": _state(step.old),
        "new": _state(step.new),
        **{key: value for key, value in lists.items() if value},
        "detailedDiff": None
        if detailed is None
        else {
            path: {"diffKind": change.kind, "inputDiff": change.input_diff}
            for path, change in detailed.items()
        },
        **({"logical": True} if step.logical else {}),
        "provider": step.provider,
    }


def _step(step: StepMetadata, *, planning: bool) -> dict[str, Any]:
    return {"metadata": metadata(step), **({"planning": True} if planning else {})}


def _state(resource: Resource | None) -> dict[str, Any] | None:
    if resource is None:
        return None
    encoder = Encoder(lambda _: MASK)
    found = {key: encoder.value(getattr(resource, name)) for name, key in _STATE}
    return {key: value for key, value in found.items() if value or key in _ALWAYS}


def _summary(event: Summary) -> dict[str, Any]:
    return {
        "summaryEvent": {
            "maybeCorrupt": False,
            "durationSeconds": math.ceil(event.duration),
            "resourceChanges": dict(event.changes),
            "PolicyPacks": {},
            "isPreview": event.planning,
            "result": "failed" if event.failed else "succeeded",
        }
    }
