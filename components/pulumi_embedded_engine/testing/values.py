"""What an operation of a test left, as plain values: steps, diagnostics, outputs, and the state; runs nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pulumi_embedded_engine.model.property_values import equal, has_secret, reveal
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import (
    PROVIDER_PREFIX,
    ROOT_STACK_TYPE,
    name_of,
    type_of,
)

OperationName = Literal["preview", "up", "refresh", "destroy"]

# What Pulumi's SDK keeps beside the properties of a dynamic resource: its provider, pickled.
_PROVIDER_CODE: Final = "__provider"
_HALVES: Final = ("create-replacement", "delete-replaced", "discard-replaced")


class OperationFailed(AssertionError):
    """An operation failed, or did not fail although the test expects it; `result` is what it left."""

    def __init__(self, sentence: str, result: "Result") -> None:
        super().__init__(f"{sentence}\n{result}")
        self.result = result


@dataclass(frozen=True, slots=True)
class Record:
    """A resource in the state.

    `inputs` and `outputs` are plain values: secrets are shown, and `secrets` names the outputs that hold one. In a
    preview an output that is not known yet is `UNKNOWN`. `parent` and `dependencies` are URNs.
    """

    urn: str
    type: str
    name: str
    id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    secrets: frozenset[str]
    parent: str = ""
    dependencies: Sequence[str] = ()
    provider: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What an operation did, or would do, to one resource.

    `op`: create, update, delete, replace, same, refresh, read, import, and the halves of a replacement.
    `changed`: the names of the properties that differ: inputs, and what a refresh found in the outputs.
    """

    op: str
    urn: str
    type: str
    name: str
    changed: frozenset[str] = frozenset()
    old: Record | None = None
    new: Record | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What program, provider or engine said: `severity` is info, warning or error; `name` is empty for the stack."""

    severity: str
    text: str
    name: str = ""
    urn: str = ""


@dataclass(frozen=True)
class Result:
    """One operation: whether it failed, its steps in their order, its messages, and the stack after it.

    `outputs` are the stack's, as plain values; `secrets` names those that hold a secret. `state` has every record by
    its name, without the stack and its default providers. After a preview it is the state as it was before.
    """

    operation: OperationName
    failed: bool
    steps: Sequence[Step]
    messages: Sequence[Message]
    outputs: Mapping[str, Any]
    secrets: frozenset[str]
    state: Mapping[str, Record] = field(repr=False)

    @property
    def ops(self) -> Mapping[str, str]:
        """What happened to each resource, by its name; a replacement is one `replace`."""
        return {
            step.name: step.op
            for step in self.steps
            if not step.failed and is_of_program(step.type) and step.op not in _HALVES
        }

    def step(self, name: str) -> Step:
        """The step of the resource with that name; KeyError if there is none."""
        found = [one for one in self.steps if one.name == name]
        whole = [one for one in found if one.op not in _HALVES]
        if not found:
            names = ", ".join(sorted({one.name for one in self.steps})) or "none"
            raise KeyError(f"no step of {name!r}; there are steps of {names}")
        return (whole or found)[-1]

    def texts(self, severity: str = "", name: str | None = None) -> list[str]:
        """The texts of the messages of one severity, or of one resource, or of both."""
        return [
            one.text
            for one in self.messages
            if severity in ("", one.severity) and name in (None, one.name)
        ]

    def __str__(self) -> str:
        """The operation as a person reads it: a line for each step and each message."""
        steps = [f"  {one.op}{' failed' * one.failed} {one.name}" for one in self.steps]
        said = [f"  {one.severity} {one.name}: {one.text}" for one in self.messages]
        return "\n".join([f"{self.operation}:", *steps, *said])


def is_of_program(type_: str) -> bool:
    """Whether the program itself declares resources of this type: neither the stack nor a provider's record."""
    return type_ != ROOT_STACK_TYPE and not type_.startswith(PROVIDER_PREFIX)


def record_of(resource: Resource) -> Record:
    """A record of the engine as plain values."""
    outputs = _without_code(resource.outputs)
    return Record(
        urn=resource.urn,
        type=resource.type,
        name=name_of(resource.urn),
        id=resource.id,
        inputs=reveal(_without_code(resource.inputs)),
        outputs=reveal(outputs),
        secrets=secret_names(outputs),
        parent=resource.parent,
        dependencies=tuple(resource.dependencies),
        provider=resource.provider,
    )


def step_of(
    op: str,
    urn: str,
    old: Resource | None,
    new: Resource | None,
    *,
    failed: bool = False,
    refreshed: bool = False,
) -> Step:
    """A step between two records of the engine; `refreshed`: the outputs are compared, for a refresh found them."""
    changed: frozenset[str] = frozenset()
    if old is not None and new is not None:
        side: Callable[[Resource], Mapping[str, Any]] = (
            (lambda one: one.outputs) if refreshed else (lambda one: one.inputs)
        )
        changed = _changed(side(old), side(new))
    return Step(
        op=op,
        urn=urn,
        type=type_of(urn),
        name=name_of(urn),
        changed=changed,
        old=None if old is None else record_of(old),
        new=None if new is None else record_of(new),
        failed=failed,
    )


def secret_names(properties: Mapping[str, Any]) -> frozenset[str]:
    """The names of the properties that hold a secret."""
    return frozenset(name for name, value in properties.items() if has_secret(value))


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> frozenset[str]:
    missing = object()
    return frozenset(
        name
        for name in {*old, *new}
        if not equal(old.get(name, missing), new.get(name, missing))
    )


def _without_code(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: one for name, one in properties.items() if name != _PROVIDER_CODE}
