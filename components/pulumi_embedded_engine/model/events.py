"""What an operation tells while it runs, for whoever shows it: a terminal, plain lines, JSON; holds no text layout."""

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
    """One step: what is done to which resource; `logical` is False for the halves of a replacement."""

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
    """The operation begins, with this configuration (secrets masked)."""

    config: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class StepStarted:
    """A step begins; `planning` in a preview."""

    metadata: StepMetadata
    planning: bool


@dataclass(frozen=True, slots=True)
class StepDone:
    """A step ended well; for a refresh the metadata's op is what the read amounts to."""

    metadata: StepMetadata
    planning: bool


@dataclass(frozen=True, slots=True)
class StepFailed:
    """A step failed; its diagnostic comes as an event of its own."""

    metadata: StepMetadata


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A message for a person; `urn` is empty for the stack."""

    severity: Severity
    message: str
    urn: str = ""
    stream: int = 0
    ephemeral: bool = False


@dataclass(frozen=True, slots=True)
class StackOutputs:
    """The stack's outputs, before and after; secrets still wrapped."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Summary:
    """The operation is over: logical steps by op, and whether all went well."""

    changes: Mapping[str, int]
    duration: float
    planning: bool
    failed: bool
    errored: int = 0


@dataclass(frozen=True, slots=True)
class CancelEvent:
    """Always the last event."""

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


Sink = Callable[[Event], None]  # called from any thread
