"""What a program registers, as values, and the results it waits for; decides nothing."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

from pulumi_embedded_engine.model.state_records import Resource


@dataclass(frozen=True, slots=True)
class Alias:
    """An earlier name of a resource: a whole URN, or the parts that differ from the current one."""

    urn: str = ""
    name: str = ""
    type: str = ""
    stack: str = ""
    project: str = ""
    parent: str = ""
    no_parent: bool = False


@dataclass(frozen=True, slots=True)
class Goal:
    """The goal state of a resource: its `record` has everything but the URN, with options inherited from the parent.

    `delete_before_replace` is None if the program does not set it.
    """

    name: str
    record: Resource
    delete_before_replace: bool | None = None
    aliases: Sequence[Alias] = ()


@dataclass(frozen=True, slots=True)
class RegisterResult:
    """The result of a registration; `unknown`: it was not created because it is not a target."""

    record: Resource
    result: Literal["success", "fail", "skip"] = "success"
    unknown: bool = False


Reply = Future[RegisterResult]


@dataclass(frozen=True, slots=True)
class RegisterResourceEvent:
    """The program registers a resource, or reads an external one (`.get`)."""

    goal: Goal
    reply: Reply


@dataclass(frozen=True, slots=True)
class RegisterOutputsEvent:
    """The program registers the outputs of a component or of the stack."""

    urn: str
    outputs: Mapping[str, Any]
    done: "Future[None]"


@dataclass(frozen=True, slots=True)
class ProgramEndedEvent:
    """The program registers nothing more; if it `failed`, `message` is the error that was not reported yet."""

    failed: bool = False
    message: str = ""
