"""Converts records and property values to the JSON of the state, and back; knows no file and no whole checkpoint.

Without a function to decrypt (`None`), secrets stay the encrypted maps that they are in the file. So records can be
moved without a passphrase.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import UnionType
from typing import Any, Final, get_origin, get_type_hints

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import dumps, parse_int, with_go_floats
from pulumi_embedded_engine.model.property_values import (
    ARCHIVE,
    ASSET,
    OUTPUT,
    RESOURCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_STRING,
    Secret,
    is_negative_zero,
    map_values,
)
from pulumi_embedded_engine.model.state_records import PendingOperation, Resource
from pulumi_embedded_engine.model.timestamps import Timestamp, format_timestamp

Decrypt = Callable[[str], str]
Encrypt = Callable[[str], str]

BYTE_STRING: Final = "803fd3297a5875dc03ca845dda5d2a98"
# below this a whole double is written as a whole number
_WHOLE: Final = 1e15
# above this a whole number is read as the nearest double
_EXACT: Final = 2**53
FLOAT: Final = "8ad145fe-0d11-4827-bfd7-1abcbf086f5c"
_KEPT: Final = frozenset({ASSET, ARCHIVE, RESOURCE, OUTPUT, BYTE_STRING})

_JSON_TYPES: Final[Mapping[Any, type]] = {
    str: str,
    bool: bool,
    UnionType: str,  # a timestamp or None
    Mapping: dict,
    Sequence: list,
    Any: object,
}


def _key(name: str) -> str:
    first, *rest = name.split("_")
    return "importID" if name == "import_id" else first + "".join(map(str.title, rest))


# (attribute, key, JSON type) in the order in which the CLI writes them
_FIELDS: Final[tuple[tuple[str, str, type], ...]] = tuple(
    (name, _key(name), _JSON_TYPES[get_origin(hint) or hint])
    for name, hint in get_type_hints(Resource).items()
    if name != "extra"
)
_BY_KEY: Final = {key: (name, kind) for name, key, kind in _FIELDS}
_VALUES: Final = frozenset({"inputs", "outputs", "replacement_trigger"})
_TIMES: Final = frozenset({"created", "modified"})
# fields that are lists, but not of strings
_NOT_STRINGS: Final = frozenset({"stack_trace", "replacement_trigger"})


def decode_value(value: Any, decrypt: Decrypt | None) -> Any:
    """The property value for a value of the state; raises EngineError if a secret or a signature cannot be read."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return _decode_signed(value, decrypt)
        return {key: decode_value(item, decrypt) for key, item in value.items()}
    if isinstance(value, list):
        return [decode_value(item, decrypt) for item in value]
    if type(value) is int and abs(value) > _EXACT:
        return float(value)
    return UNKNOWN if value == UNKNOWN_STRING else value


def _decode_signed(value: dict[str, Any], decrypt: Decrypt | None) -> Any:
    signature = value[SIGNATURE]
    if signature == SECRET:
        return value if decrypt is None else _decrypt_secret(value, decrypt)
    if signature == FLOAT:
        return _decode_float(value.get("value"))
    if isinstance(signature, str) and signature in _KEPT:
        return value
    raise EngineError(
        f"a value in the state has an unknown signature, {repr(signature)[:40]}"
    )


def _decrypt_secret(value: dict[str, Any], decrypt: Decrypt) -> Secret:
    ciphertext, plaintext = value.get("ciphertext"), value.get("plaintext")
    texts = [text for text in (ciphertext, plaintext) if text]
    if len(texts) != 1 or not isinstance(texts[0], str):
        raise EngineError(
            "a secret in the state needs either a ciphertext or a plaintext"
        )
    text = decrypt(texts[0]) if ciphertext else texts[0]
    try:
        inner = json.loads(text, parse_int=parse_int)
    except (ValueError, RecursionError):
        raise EngineError("a secret in the state does not hold JSON") from None
    # a secret inside a secret is not encrypted again: its ciphertext is plain text
    return Secret(decode_value(inner, lambda inside: inside))


def _decode_float(bits: Any) -> float:
    try:
        (number,) = struct.unpack(">d", bytes.fromhex(bits))
    except (TypeError, ValueError, struct.error):
        raise EngineError(
            f"a number in the state cannot be read: {repr(bits)[:40]}"
        ) from None
    return float(number)


def with_plaintext_secrets(value: Any, decrypt: Decrypt) -> Any:
    """The JSON of a state with every secret in plain text; everything else stays the same."""

    def change(one: Any) -> Any:
        if (
            isinstance(one, dict)
            and one.get(SIGNATURE) == SECRET
            and one.get("ciphertext")
        ):
            return {SIGNATURE: SECRET, "plaintext": decrypt(one["ciphertext"])}
        return one

    return map_values(value, change)


class StateEncoder:
    """Encodes records and property values as the JSON of the state; encrypts secrets.

    `byte_strings` is True if a string of raw bytes was encoded.
    """

    def __init__(self, encrypt: Encrypt | None) -> None:
        self._encrypt = encrypt
        self.byte_strings = False

    def value(self, value: Any) -> Any:
        """The JSON of a property value."""
        if isinstance(value, str | bool | int) or value is None:
            return value
        if isinstance(value, float):
            return _encode_float(value)
        if isinstance(value, Secret):
            return self._secret(value)
        if isinstance(value, Mapping):
            if value.get(SIGNATURE) == BYTE_STRING:
                self.byte_strings = True
            return {key: self.value(value[key]) for key in sorted(value)}
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        if value is UNKNOWN:
            return UNKNOWN_STRING
        raise TypeError(f"no value of a state: {type(value).__name__}")

    def _secret(self, secret: Secret) -> dict[str, str]:
        inner = StateEncoder(lambda text: text)
        text = with_go_floats(dumps(inner.value(secret.value)))
        self.byte_strings = self.byte_strings or inner.byte_strings
        if self._encrypt is None:
            return {SIGNATURE: SECRET, "plaintext": text}
        return {SIGNATURE: SECRET, "ciphertext": self._encrypt(text)}

    def resource(self, resource: Resource) -> dict[str, Any]:
        """The JSON record of a resource, without empty fields."""
        record: dict[str, Any] = {}
        for name, key, _ in _FIELDS:
            value = getattr(resource, name)
            if name in _VALUES or name == "custom_timeouts":
                value = self.value(value)
            elif isinstance(value, datetime):
                value = format_timestamp(value)
            elif isinstance(value, tuple):
                value = list(value)
            if value or name == "custom" or _is_trigger(name, value):
                record[key] = value
        return record | dict(resource.extra)

    def operation(self, operation: PendingOperation) -> dict[str, Any]:
        """The JSON record of a pending operation."""
        return {
            "resource": self.resource(operation.resource),
            "type": operation.type,
        }


def _is_trigger(name: str, value: Any) -> bool:
    # every value except null is a trigger, also 0 and ""
    return name == "replacement_trigger" and value is not None


def _encode_float(number: float) -> Any:
    if not math.isfinite(number):
        return {SIGNATURE: FLOAT, "value": struct.pack(">d", number).hex()}
    # gRPC has only doubles; the state has whole numbers
    if number.is_integer() and abs(number) < _WHOLE and not is_negative_zero(number):
        return int(number)
    return number


def decode_resource(record: Any, decrypt: Decrypt | None) -> Resource:
    """The resource of a JSON record; raises EngineError if a field has the wrong type."""
    if not isinstance(record, dict):
        raise EngineError("a resource in the state is not a JSON object")
    fields: dict[str, Any] = {"urn": "", "custom": False, "type": ""}
    extra: dict[str, Any] = {}
    for key, value in record.items():
        known = _BY_KEY.get(key)
        if known is None:
            extra[key] = value
        elif value is not None:
            name, kind = known
            if not isinstance(value, kind) or not _holds_strings(name, value):
                raise _unreadable(record, key)
            fields[name] = _decode_field(name, record, key, decrypt)
    return Resource(**fields, extra=extra)


def _holds_strings(name: str, value: Any) -> bool:
    if name == "property_dependencies":
        lists = value.values()
        return all(isinstance(x, list) and _holds_strings("", x) for x in lists)
    if isinstance(value, list) and name not in _NOT_STRINGS:
        return all(isinstance(item, str) for item in value)
    return True


def _decode_field(
    name: str, record: dict[str, Any], key: str, decrypt: Decrypt | None
) -> Any:
    value = record[key]
    if name in _VALUES:
        if name != "replacement_trigger":
            return {item: decode_value(value[item], decrypt) for item in value}
        return decode_value(value, decrypt)
    if name in _TIMES:
        try:
            return Timestamp.parse(value)
        except ValueError:
            raise _unreadable(record, key) from None
    return tuple(value) if isinstance(value, list) else value


def _unreadable(record: dict[str, Any], key: str) -> EngineError:
    return EngineError(
        f"resource {repr(record.get('urn', ''))[:200]} of the state has a {key!r} that cannot "
        f"be read: {dumps(record[key])[:80]}"
    )


def decode_operation(record: Any, decrypt: Decrypt | None) -> PendingOperation:
    """The pending operation of a JSON record; raises EngineError if it cannot be read."""
    if not isinstance(record, dict) or not isinstance(record.get("type"), str):
        raise EngineError("a pending operation in the state cannot be read")
    resource = decode_resource(record.get("resource"), decrypt)
    return PendingOperation(resource=resource, type=record["type"])
