"""The events of an operation, for any display: terminal, plain lines, JSON; contains no text layout."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pulumi_embedded_engine.model.state_records import Resource

Severity = Literal["debug", "info", "warning", "error"]
StepOp = Literal[
    "same",
    "create",
    "update",
    "delete",
    "replace",
    "create-replacement",
    "delete-replaced",
    "read",
    "read-replacement",
    "discard",
    "discard-replaced",
    "refresh",
    "remove-pending-replace",
    "import",
    "import-replacement",
]


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """One property path that differs: `kind` as in Pulumi's detailed diff (add, update, delete, add-replace, ...)."""

    kind: str
    input_diff: bool = False


@dataclass(frozen=True, slots=True)
class StepMetadata:
    """One step: the operation and its resource; `logical` is False for the halves of a replacement."""

    op: StepOp
    urn: str
    type: str
    old: Resource | None
    new: Resource | None
    provider: str = ""
    keys: Sequence[str] = ()
    diffs: Sequence[str] = ()
    detailed_diff: Mapping[str, PropertyChange] | None = None
    logical: bool = True


@dataclass(frozen=True, slots=True)
class Prelude:
    """The operation starts, with this configuration (secrets masked)."""

    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step starts; `planning` in a preview."""

    metadata: StepMetadata
    planning: bool


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step succeeded; for a refresh, the metadata's op is what the read found."""

    metadata: StepMetadata
    planning: bool


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step failed; its diagnostic is a separate event."""

    metadata: StepMetadata


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message to the user; `urn` is empty for the stack."""

    severity: Severity
    message: str
    urn: str = ""
    stream: int = 0
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class StackOutputs:
    """The stack's outputs before and after; secrets are still wrapped."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """The operation has ended: the number of logical steps by op, and whether it succeeded."""

    changes: Mapping[str, int]
    duration: float
    planning: bool
    failed: bool
    errored: int = 0


@dataclass(frozen=True, slots=True)
class CancelEvent:
    """The end of the stream, as in Pulumi; always the last event."""

    reason: str = ""


Event = (
    Prelude
    | StepStarted
    | StepDone
    | StepFailed
    | Diagnostic
    | StackOutputs
    | Summary
    | CancelEvent
)


Sink = Callable[[Event], None]  # may be called from any thread
