"""What a program asks for, as values, and the answers it waits for; decides nothing."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal

from pulumi_esa_prefetch.engine.records import Resource


@dataclass(frozen=True, slots=True)
class Alias:
    """Another name that a resource had: a whole URN, or what differs from its present one."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """A resource as registered; None in `protect`, `retain_on_delete`, `delete_before_replace` means: not said."""

    type: str
    name: str
    custom: bool
    inputs: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    provider: str = ""
    dependencies: Sequence[str] = ()
    property_dependencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    protect: bool | None = None
    retain_on_delete: bool | None = None
    delete_before_replace: bool | None = None
    deleted_with: str = ""
    replace_with: Sequence[str] = ()
    ignore_changes: Sequence[str] = ()
    replace_on_changes: Sequence[str] = ()
    hide_diff: Sequence[str] = ()
    additional_secret_outputs: Sequence[str] = ()
    aliases: Sequence[Alias] = ()
    import_id: str = ""
    custom_timeouts: Mapping[str, float] = field(default_factory=dict)
    replacement_trigger: Any = None
    source_position: str = ""
    stack_trace: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ReadGoal:
    """A resource that somebody else manages, to be read (`.get`)."""

    type: str
    name: str
    id: str
    provider: str
    parent: str = ""
    inputs: Mapping[str, Any] = field(default_factory=dict)
    dependencies: Sequence[str] = ()
    additional_secret_outputs: Sequence[str] = ()
    source_position: str = ""
    stack_trace: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to a registration; `unknown`: it was not made because it was no target."""

    record: Resource
    result: Literal["success", "fail", "skip"] = "success"
    unknown: bool = False


Reply = Future[Registered]


@dataclass(frozen=True, slots=True)
class Register:
    """The program registers a resource."""

    goal: Goal
    reply: Reply


@dataclass(frozen=True, slots=True)
class Read:
    """The program reads a resource."""

    goal: ReadGoal
    reply: Reply


@dataclass(frozen=True, slots=True)
class Outputs:
    """A component, or the stack, has its outputs."""

    urn: str
    outputs: Mapping[str, Any]
    done: "Future[None]"


@dataclass(frozen=True, slots=True)
class ProgramEnd:
    """No more comes from the program; `failed` if it did not end well, `message` what is left to say of it."""

    failed: bool = False
    message: str = ""
