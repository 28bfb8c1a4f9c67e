"""Property values between protobuf's Struct and Python; unknown values stay unknown, secrets are opened.

A provider that makes components has to accept secrets: the engine then sends them wrapped, and does not mark again
what comes back under the same name (Pulumi, ``annotateSecrets``). So `keep_secrets` does that here. The wrapping is
described in Pulumi's ``provider.proto``: the "sig" keys.
"""

from collections.abc import Collection, Mapping
from typing import Any

from google.protobuf.struct_pb2 import NULL_VALUE, ListValue, Struct, Value
from pulumi.output import UNKNOWN, contains_unknowns
from pulumi.runtime import rpc

_UNKNOWN_TEXT = rpc.UNKNOWN
SIGNATURE = rpc._special_sig_key  # noqa: SLF001 -- the protocol's own texts
SECRET = rpc._special_secret_sig  # noqa: SLF001
_WRAPPED = {SECRET, rpc._special_output_value_sig}  # noqa: SLF001

Props = dict[str, Any]


def read_struct(struct: Struct) -> Props:
    """The properties as Python values, sorted, as protobuf has no order; an unknown one is `pulumi.output.UNKNOWN`."""
    return {name: _read(struct.fields[name]) for name in sorted(struct.fields)}


def write_struct(props: Mapping[str, Any]) -> Struct:
    """The properties as a Struct, without those that are None."""
    given = {name: value for name, value in props.items() if value is not None}
    return Struct(fields={name: _write(value) for name, value in given.items()})


def keep_secrets(after: Struct, before: Struct) -> Struct:
    """The same properties, secret where one of the same name was before; of two mappings, key by key."""
    for name, was in before.fields.items():
        if name not in after.fields or _holds_secret(after.fields[name]):
            continue
        value = after.fields[name]
        if _is_mapping(value) and _is_mapping(was):
            keep_secrets(value.struct_value, was.struct_value)
        elif _holds_secret(was):
            value.CopyFrom(_secret(value))
    return after


def seal(after: Struct, names: Collection[str], *before: Struct) -> Struct:
    """The same properties, all of these names secret as a whole if one of them held a secret before.

    For values that may come from another property, or from the state before, so that no key tells what was secret.
    """
    earlier = (each.fields[n] for each in before for n in names if n in each.fields)
    return as_secrets(after, names) if any(map(_holds_secret, earlier)) else after


def as_secrets(props: Struct, names: Collection[str]) -> Struct:
    """The same properties, secret under these names."""
    for name in names:
        if name in props.fields and not _holds_secret(props.fields[name]):
            props.fields[name].CopyFrom(_secret(props.fields[name]))
    return props


def keep_secrecy(after: Struct, before: Struct) -> Struct:
    """The same properties, all secret if one was before: what follows from a secret."""
    if any(map(_holds_secret, before.fields.values())):
        for value in after.fields.values():
            value.CopyFrom(_secret(value))
    return after


def _is_mapping(value: Value) -> bool:
    is_struct = value.WhichOneof("kind") == "struct_value"
    return is_struct and SIGNATURE not in value.struct_value.fields


def _holds_secret(value: Value) -> bool:
    kind = value.WhichOneof("kind")
    if kind == "list_value":
        return any(map(_holds_secret, value.list_value.values))
    if kind != "struct_value":
        return False
    fields = value.struct_value.fields
    if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET:
        return True
    return any(map(_holds_secret, fields.values()))


def _secret(value: Value) -> Value:
    fields = {SIGNATURE: Value(string_value=SECRET), "value": value}
    return Value(struct_value=Struct(fields=fields))


def _read(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _read_fields(value.struct_value)
    if kind == "list_value":
        return [_read(item) for item in value.list_value.values]
    if kind == "string_value" and value.string_value == _UNKNOWN_TEXT:
        return UNKNOWN
    return None if kind in {None, "null_value"} else getattr(value, kind)


def _read_fields(struct: Struct) -> Any:
    fields = struct.fields
    if SIGNATURE in fields and fields[SIGNATURE].string_value in _WRAPPED:
        return _read(fields["value"]) if "value" in fields else UNKNOWN
    return read_struct(struct)


def _write(value: Any) -> Value:
    if contains_unknowns(value) and not isinstance(value, (dict, list)):
        return Value(string_value=_UNKNOWN_TEXT)
    if isinstance(value, dict):
        return Value(
            struct_value=Struct(fields={k: _write(v) for k, v in value.items()})
        )
    if isinstance(value, list):
        return Value(list_value=ListValue(values=[_write(item) for item in value]))
    if isinstance(value, bool):
        return Value(bool_value=value)
    if isinstance(value, (int, float)):
        return Value(number_value=value)
    return Value(null_value=NULL_VALUE) if value is None else Value(string_value=value)
