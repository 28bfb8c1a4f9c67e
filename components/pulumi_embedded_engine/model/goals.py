"""What a program asks for, as values, and the answers it waits for; decides nothing."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

from pulumi_embedded_engine.model.state_records import Resource


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
    """A resource as registered, or to be read: its `record` has all but the URN, with the parent's options.

    None in `delete_before_replace` means: not said.
    """

    name: str
    record: Resource
    delete_before_replace: bool | None = None
    aliases: Sequence[Alias] = ()


@dataclass(frozen=True, slots=True)
class RegisterResult:
    """The answer to a registration; `unknown`: it was not made because it was no target."""

    record: Resource
    result: Literal["success", "fail", "skip"] = "success"
    unknown: bool = False


Reply = Future[RegisterResult]


@dataclass(frozen=True, slots=True)
class RegisterResourceEvent:
    """The program registers a resource, or reads one that somebody else manages (`.get`)."""

    goal: Goal
    reply: Reply


@dataclass(frozen=True, slots=True)
class RegisterOutputsEvent:
    """A component, or the stack, has its outputs."""

    urn: str
    outputs: Mapping[str, Any]
    done: "Future[None]"


@dataclass(frozen=True, slots=True)
class ProgramEndedEvent:
    """No more comes from the program; `failed` if it did not end well, `message` what is left to say of it."""

    failed: bool = False
    message: str = ""
