"""The content of the state: a record per resource, pending operations, a snapshot of all; knows no JSON, no files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

OperationType = Literal["creating", "updating", "deleting", "reading"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of a stack, with the fields of a checkpoint by name and order (empty ones are not written there).

    `inputs` and `outputs` hold engine values (see `property_values`); dependencies are URNs; timeouts are seconds.
    """

    urn: str
    custom: bool
    delete: bool = field(default=False, kw_only=True)
    id: str = field(default="", kw_only=True)
    type: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    protect: bool = False
    taint: bool = False
    external: bool = False
    dependencies: Sequence[str] = ()
    init_errors: Sequence[str] = ()
    provider: str = ""
    property_dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    pending_replacement: bool = False
    additional_secret_outputs: Sequence[str] = ()
    aliases: Sequence[str] = ()
    custom_timeouts: Mapping[str, float] = field(default_factory=dict)
    import_id: str = ""
    retain_on_delete: bool = False
    deleted_with: str = ""
    replace_with: Sequence[str] = ()
    created: datetime | None = None
    modified: datetime | None = None
    source_position: str = ""
    stack_trace: Sequence[Mapping[str, Any]] = ()
    ignore_changes: Sequence[str] = ()
    hide_diff: Sequence[str] = ()
    replace_on_changes: Sequence[str] = ()
    replacement_trigger: Any = None
    refresh_before_update: bool = False
    # Fields that this version does not know are kept, so that nothing is lost.
    extra: Mapping[str, Any] = field(default_factory=dict)

    def with_(self, **changes: Any) -> "Resource":
        """A copy with these fields changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class PendingOperation:
    """An operation that was started and whose end is not recorded."""

    resource: Resource
    type: OperationType


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole stack at one time: its records, each after those it refers to, and the pending operations."""

    resources: tuple[Resource, ...] = ()
    pending_operations: tuple[PendingOperation, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    # Parts of a deployment that this version does not know are kept, so that nothing is lost.
    extra: Mapping[str, Any] = field(default_factory=dict)
