"""The inputs of a component as the engine sends them, read as the SDK's values: outputs, secrets and resources.

The SDK's own reader marks a whole input as secret if a part of it is. Here each part stays as it was given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import Struct, Value
from pulumi import Output
from pulumi.output import UNKNOWN, contains_unknowns
from pulumi.resource import DependencyResource, Resource
from pulumi.runtime import rpc

from pulumi_esa_prefetch.native.struct_values import SECRET, SIGNATURE
from pulumi_esa_prefetch.resources.arguments import Faults, suggestion

_LEVELS = {"plans": 2}
"""Of which input how many levels of mappings are opened; all others: one."""
_WHOLE = ("urls", "triggers")
"""Inputs that are not opened: a resource of the component takes them as they are, with their secrets."""
_SECRET_FIELDS = ("triggers",)
"""What of a secret plan stays secret; the rest is the identity and the state of a plan."""


@dataclass(frozen=True)
class ComponentInputs:
    """Inputs whose names and plans are no outputs; the fields of a plan may be.

    ``unknown``: the inputs that are not known yet; ``dependencies``: the resources that they come from.
    """

    given: dict[str, Any]
    unknown: set[str] = field(default_factory=set)
    dependencies: list[Resource] = field(default_factory=list)


async def read_inputs(
    struct: Struct, dependencies: Mapping[str, Any]
) -> ComponentInputs:
    """Read the inputs of a construct request, and its dependencies by input."""
    inputs = ComponentInputs({})
    for name, value in struct.fields.items():
        read = _read(value)
        if not _holds_outputs(read) and name in dependencies:
            urns = dependencies[name].urns
            inputs.dependencies.extend(DependencyResource(urn) for urn in urns)
        if name in _WHOLE:
            if read is not None:
                inputs.given[name] = read
            continue
        opened = await _open(read, _LEVELS.get(name, 1), inputs.dependencies)
        if contains_unknowns(opened):
            inputs.unknown.add(name)
        elif opened is not None:
            inputs.given[name] = opened
    return inputs


def check_names(
    inputs: ComponentInputs, names: Sequence[str], required: str, faults: Faults
) -> None:
    """Add to the faults if a name is unknown, or the required one is missing."""
    known = {*inputs.given, *inputs.unknown}
    for name in sorted(known - set(names)):
        faults.add(f"{name} is not an argument: {suggestion(name, names)}")
    if required not in known:
        faults.add(f"{required} is missing")


async def _open(
    value: Any, levels: int, dependencies: list[Resource], *, secret: bool = False
) -> Any:
    """The value of an output, and of those in its upper levels; UNKNOWN if it is not known."""
    if isinstance(value, Output):
        dependencies.extend(await value.resources())
        secret = secret or await value.is_secret()
        value = await value.future(with_unknowns=True)
    if not (levels and isinstance(value, dict)):
        return value
    if levels > 1:
        return {
            name: await _open(item, levels - 1, dependencies, secret=secret)
            for name, item in value.items()
        }
    hidden = {n: Output.secret(value[n]) for n in _SECRET_FIELDS if n in value}
    return value | hidden if secret else value


def _read(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _read_fields(value.struct_value)
    if kind == "list_value":
        return [_read(item) for item in value.list_value.values]
    if kind == "string_value" and value.string_value == rpc.UNKNOWN:
        return Output.from_input(UNKNOWN)
    return None if kind in {None, "null_value"} else getattr(value, kind)


def _read_fields(struct: Struct) -> Any:
    signature = struct.fields.get(SIGNATURE)
    if signature is None:
        return {name: _read(struct.fields[name]) for name in sorted(struct.fields)}
    if signature.string_value == SECRET:
        return Output.secret(_read(struct.fields["value"]))
    return rpc.deserialize_properties(struct, keep_unknowns=True)


def _holds_outputs(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_outputs, value.values()))
    if isinstance(value, list):
        return any(map(_holds_outputs, value))
    return isinstance(value, Output)
