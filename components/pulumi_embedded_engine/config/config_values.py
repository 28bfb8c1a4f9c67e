"""Configuration values, between the stack file, the command line and the text that a program gets; reads no file.

A value is a YAML value (see `yaml_reading`) with an `EncryptedValue` for each secret.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang import go_json
from pulumi_embedded_engine.model.property_values import map_values, walk

_SECURE: Final = "secure"
_INT64: Final = range(-(2**63), 2**63)
_UINT64: Final = range(2**64)


@dataclass(frozen=True, slots=True)
class EncryptedValue:
    """The ciphertext of a secret."""

    ciphertext: str


def parse(value: Any) -> Any:
    """The value with an `EncryptedValue` for every `{secure: <ciphertext>}` in it."""

    def change(one: Any) -> Any:
        if isinstance(one, dict) and list(one) == [_SECURE]:
            return (
                EncryptedValue(one[_SECURE]) if isinstance(one[_SECURE], str) else one
            )
        return one

    return map_values(value, change)


def unparse(value: Any) -> Any:
    """The value as it is written in a stack file."""
    return _map_secrets(value, lambda secret: {_SECURE: secret.ciphertext})


def is_secret(value: Any) -> bool:
    """Whether there is a secret anywhere in the value; then the whole value counts as a secret."""
    return any(isinstance(one, EncryptedValue) for one in walk(value))


def decrypted(value: Any, decrypt: Callable[[str], str]) -> Any:
    """The value with every secret in it decrypted."""
    return _map_secrets(value, lambda secret: decrypt(secret.ciphertext))


def _map_secrets(value: Any, change: Callable[[EncryptedValue], Any]) -> Any:
    return map_values(
        value, lambda one: change(one) if isinstance(one, EncryptedValue) else one
    )


def secret_texts(value: Any, decrypt: Callable[[str], str]) -> tuple[str, ...]:
    """The decrypted texts of all secrets in the value."""
    found = (one for one in walk(value) if isinstance(one, EncryptedValue))
    return tuple(decrypt(secret.ciphertext) for secret in found)


def json_quoted(text: str) -> str:
    """The text as a JSON string, without escapes for characters outside ASCII."""
    return json.dumps(text, ensure_ascii=False)


def program_text(value: Any) -> str:
    """The text of a decrypted value for a program: a list or map becomes JSON, null becomes ""."""
    return "" if value is None else value_text(value, go_json_quoted)


def value_text(value: Any, quote: Callable[[str], str] = json_quoted) -> str:
    """A string as it is, any other value as JSON on one line, as Go writes it."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else _json(value, quote)


def _json(value: Any, quote: Callable[[str], str]) -> str:
    if isinstance(value, Mapping):
        pairs = (f"{quote(key)}:{_json(value[key], quote)}" for key in sorted(value))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_json(item, quote) for item in value) + "]"
    if isinstance(value, float) or (isinstance(value, int) and value not in _INT64):
        # the CLI keeps lists and maps as JSON, and reads a whole number above 64 bits as a float
        return go_json.format_float(float(value))
    return quote(value) if isinstance(value, str) else json.dumps(value)


def go_json_quoted(text: str) -> str:
    """The text as a JSON string as Go writes it, with `<`, `>` and `&` escaped."""
    return re.sub(
        r"[<>&\u2028\u2029]",
        lambda found: f"\\u{ord(found[0]):04x}",
        json_quoted(text),
    )


def bool_or_int_or_text(text: str) -> Any:
    """A text of the command line as a bool or whole number if it looks like one, else as it is."""
    if text in ("true", "false"):
        return text == "true"
    if (len(text) > 1 and text[0] == "0") or not re.fullmatch(r"[-+]?[0-9]+", text):
        return text
    number = int(text)
    return number if number in _INT64 or number in _UINT64 else text


def value_of_kind(text: str, kind: str) -> Any:
    """A text as a string, bool, int or float; raises EngineError if it cannot be converted."""
    readers: dict[str, Callable[[str], Any]] = {
        "string": str,
        "int": int,
        "float": float,
        "bool": {"true": True, "false": False}.__getitem__,
    }
    if kind not in readers:
        raise EngineError(
            f"invalid type {kind!r}; must be one of string, int, bool, or float"
        )
    try:
        return readers[kind](text)
    except (ValueError, KeyError):
        raise EngineError(f"{text!r} is not of the type {kind}") from None
