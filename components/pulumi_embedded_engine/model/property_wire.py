"""Property values on the wire: converts protobuf Structs to engine values and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from google.protobuf import struct_pb2

from pulumi_embedded_engine.model.property_values import (
    OUTPUT,
    RESOURCE,
    SCALARS,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_STRING,
    Secret,
    is_negative_zero,
    is_uncreated_reference,
    secret,
)
from pulumi_embedded_engine.model.urns import is_urn, name_of, type_of

# Python programs send only the first one; the others come from plugins of other SDKs.
_UNKNOWNS: Final = frozenset(
    {
        UNKNOWN_STRING,
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_EXACT: Final = float(2**53)
_PLAIN: Final = 1e21
_VERSION: Final = "packageVersion"
_SAID_BY_URN: Final = (
    "name",
    "type",
)  # of a resource reference: on the wire, not in the state


@dataclass(frozen=True, slots=True)
class Encoding:
    """What the receiver accepts.

    Other secrets and references are sent as plain values, other unknowns are left out.
    """

    secrets: bool = True
    resources: bool = True
    unknowns: bool = True


FULL: Final = Encoding()


def read_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """The fields of a Struct as engine values."""
    return {key: read_value(value) for key, value in struct.fields.items()}


def read_value(value: struct_pb2.Value) -> Any:
    """One wire value as an engine value; whole numbers become ints."""
    kind = value.WhichOneof("kind")
    if kind == "string_value":
        text = value.string_value
        return UNKNOWN if text in _UNKNOWNS else text
    if kind == "number_value":
        return _number(value.number_value)
    if kind == "bool_value":
        return value.bool_value
    if kind == "list_value":
        return [read_value(item) for item in value.list_value.values]
    if kind == "struct_value":
        return _read_object(value.struct_value)
    return None


def _number(number: float) -> int | float:
    if is_negative_zero(number):
        return number
    if -_EXACT <= number <= _EXACT:
        return int(number) if number == int(number) else number
    # Below this limit Pulumi writes whole numbers without an exponent, with the digits of a double.
    return int(Decimal(repr(number))) if abs(number) < _PLAIN else number


def _read_object(struct: struct_pb2.Struct) -> Any:
    fields = read_struct(struct)
    signature = fields.get(SIGNATURE)
    if signature == SECRET:
        return secret(fields.get("value"))
    if signature == OUTPUT:
        value = fields.get("value", UNKNOWN)
        return secret(value) if fields.get("secret") else value
    if signature == RESOURCE:
        # The state always has a version, the wire only if there is one.
        fields.setdefault(_VERSION, "")
        for name in _SAID_BY_URN:
            fields.pop(name, None)
        if fields.get("id") is UNKNOWN:
            fields["id"] = ""  # as in the state, and as the SDK expects it
    return fields


def write_struct(
    properties: Mapping[str, Any], encoding: Encoding = FULL
) -> struct_pb2.Struct:
    """Engine values as a Struct, in the form that the receiver accepts."""
    struct = struct_pb2.Struct()
    _fill_struct(struct, properties, encoding)
    return struct


def _fill_struct(
    struct: struct_pb2.Struct, properties: Mapping[str, Any], encoding: Encoding
) -> None:
    fields = struct.fields
    for key, value in properties.items():
        if encoding.unknowns or not _is_unknown(value, encoding):
            _fill(fields[key], value, encoding)


def _is_unknown(value: Any, encoding: Encoding) -> bool:
    if isinstance(value, SCALARS):
        return False
    if isinstance(value, Secret):
        return _is_unknown(value.value, encoding)
    return value is UNKNOWN or (
        not encoding.resources and is_uncreated_reference(value)
    )


def _fill(target: struct_pb2.Value, value: Any, encoding: Encoding) -> None:
    if isinstance(value, str):
        target.string_value = value
    elif isinstance(value, bool):
        target.bool_value = value
    elif isinstance(value, int | float):
        target.number_value = value
    elif value is None:
        target.null_value = struct_pb2.NULL_VALUE
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_STRING
    else:
        _fill_nested(target, value, encoding)


def _fill_nested(target: struct_pb2.Value, value: Any, encoding: Encoding) -> None:
    if isinstance(value, Secret):
        _fill_secret(target, value, encoding)
    elif isinstance(value, Mapping):
        _fill_mapping(target, value, encoding)
    else:
        items = target.list_value.values
        target.list_value.SetInParent()
        for item in value:
            if encoding.unknowns or not _is_unknown(item, encoding):
                _fill(items.add(), item, encoding)


def _fill_secret(target: struct_pb2.Value, value: Secret, encoding: Encoding) -> None:
    if not encoding.secrets:
        _fill(target, value.value, encoding)
        return
    fields = target.struct_value.fields
    fields[SIGNATURE].string_value = SECRET
    _fill(fields["value"], value.value, encoding)


def _fill_mapping(
    target: struct_pb2.Value, value: Mapping[str, Any], encoding: Encoding
) -> None:
    if not encoding.resources and value.get(SIGNATURE) == RESOURCE:
        known_id = value.get("id")
        plain = value["urn"] if known_id is None else known_id or UNKNOWN
        _fill(target, plain, encoding)
        return
    if value.get(SIGNATURE) == RESOURCE:
        value = _reference(value)
    target.struct_value.SetInParent()
    _fill_struct(target.struct_value, value, encoding)


def _reference(value: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = {key: item for key, item in value.items() if key != _VERSION or item}
    urn = fields.get("urn")
    if isinstance(urn, str) and is_urn(urn):
        fields = {"name": name_of(urn), "type": type_of(urn), **fields}
    return fields


def output_dependencies(value: struct_pb2.Value) -> set[str]:
    """The dependencies of all output values inside a wire value, as URNs."""
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return set().union(*map(output_dependencies, value.list_value.values))
    if kind != "struct_value":
        return set()
    fields = value.struct_value.fields
    found = set[str]().union(*map(output_dependencies, fields.values()))
    if SIGNATURE in fields and fields[SIGNATURE].string_value == OUTPUT:
        names = fields["dependencies"].list_value.values
        found.update(item.string_value for item in names)
    return found
