"""The one line of JSON of `--output json`: how an operation ended and what it did to which resource; no properties.

Standard output holds nothing else; errors and warnings go to standard error.
"""

from typing import Any, Final

from pulumi_esa_prefetch.engine.display.paper import Paper
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.display.wording import worded
from pulumi_esa_prefetch.engine.encoding import dumps
from pulumi_esa_prefetch.engine.events import (
    Diagnostic,
    Event,
    StepMetadata,
    StepStarted,
    Summary,
)
from pulumi_esa_prefetch.engine.printable import printable_json
from pulumi_esa_prefetch.engine.urns import is_default_provider, name_of, type_of

NANOSECONDS: Final = 1_000_000_000
_TOLD: Final = frozenset({"error", "warning"})


class SummaryLine:
    """A sink that collects steps, and writes the line when there is a summary."""

    def __init__(self, view: View, paper: Paper, errors: Paper) -> None:
        self._view = view
        self._paper = paper
        self._errors = errors
        self._resources: list[dict[str, str]] = []

    def begin(self) -> None:
        """Nothing comes before the line."""

    def tick(self) -> None:
        """JSON has no sign of life."""

    def __call__(self, event: Event) -> None:
        """Take one event."""
        match event:
            case StepStarted() if self._lists(event.metadata):
                self._resources.append(_resource(event.metadata))
            case Diagnostic() if event.severity in _TOLD and not event.ephemeral:
                self._errors.lines(worded(event))
            case Summary():
                self._paper.lines(printable_json(dumps(self._line(event))))

    def _lists(self, step: StepMetadata) -> bool:
        shown = step.op != "same" or self._view.sames
        return shown and not is_default_provider(step.urn)

    def _line(self, event: Summary) -> dict[str, Any]:
        optional = {"summary": dict(event.changes), "resources": self._resources}
        return {
            "result": "failed" if event.failed else "succeeded",
            "duration": round(event.duration * NANOSECONDS),
            **{key: value for key, value in optional.items() if value},
        }


def _resource(step: StepMetadata) -> dict[str, str]:
    record = step.new or step.old
    parent = record.parent if record is not None else ""
    return {
        "urn": step.urn,
        "type": type_of(step.urn),
        "name": name_of(step.urn),
        "op": step.op,
        **({"parent": parent} if parent else {}),
    }
