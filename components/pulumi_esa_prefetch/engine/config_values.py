"""Configuration values: what a stack file holds, the text a program sees, and places inside them; reads no file.

A value is what YAML gives (see `yaml_reading`), with `Secure` where a secret stands.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pulumi_esa_prefetch.engine import go_numbers
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.paths import Path

_SECURE: Final = "secure"
_INT64: Final = range(-(2**63), 2**63)
_UINT64: Final = range(2**64)


@dataclass(frozen=True, slots=True)
class Secure:
    """A secret, as its ciphertext."""

    ciphertext: str


def parse(value: Any) -> Any:
    """The value with every `{secure: <ciphertext>}` in it as a `Secure`."""
    if isinstance(value, dict):
        if list(value) == [_SECURE] and isinstance(value[_SECURE], str):
            return Secure(value[_SECURE])
        return {key: parse(item) for key, item in value.items()}
    if isinstance(value, list):
        return [parse(item) for item in value]
    return value


def unparse(value: Any) -> Any:
    """The value as a stack file holds it."""
    if isinstance(value, Secure):
        return {_SECURE: value.ciphertext}
    if isinstance(value, dict):
        return {key: unparse(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unparse(item) for item in value]
    return value


def is_secret(value: Any) -> bool:
    """Whether a secret stands anywhere in the value: then the whole value is one."""
    if isinstance(value, Secure):
        return True
    if isinstance(value, dict):
        return any(is_secret(item) for item in value.values())
    return isinstance(value, list) and any(is_secret(item) for item in value)


def revealed(value: Any, opener: Callable[[str], str]) -> Any:
    """The value with every secret in it opened."""
    if isinstance(value, Secure):
        return opener(value.ciphertext)
    if isinstance(value, dict):
        return {key: revealed(item, opener) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item, opener) for item in value]
    return value


def opened(value: Any, opener: Callable[[str], str]) -> Iterator[str]:
    """The texts of all secrets in the value."""
    if isinstance(value, Secure):
        yield opener(value.ciphertext)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from opened(item, opener)


def plainly_quoted(text: str) -> str:
    """The text in JSON, its characters as they are."""
    return json.dumps(text, ensure_ascii=False)


def text(value: Any) -> str:
    """The text by which a program gets a value without secrets: scalars as they are, the rest as JSON, null as ""."""
    return "" if value is None else legible(value, quoted)


def legible(value: Any, quote: Callable[[str], str] = plainly_quoted) -> str:
    """A text as it is, the rest as the JSON that Go makes of it, on one line."""
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
        # of a list or map, which the CLI keeps as JSON, it reads no whole number that is larger
        return go_numbers.spelled(float(value))
    return quote(value) if isinstance(value, str) else json.dumps(value)


def quoted(text: str) -> str:
    """The text as Go spells it in JSON, which is safe to stand in HTML."""
    return re.sub(
        r"[<>&\u2028\u2029]",
        lambda found: f"\\u{ord(found[0]):04x}",
        plainly_quoted(text),
    )


def coerced(text: str) -> Any:
    """What a text given on the command line for a place inside a value is: a bool, a whole number, or the text."""
    if text in ("true", "false"):
        return text == "true"
    if (len(text) > 1 and text[0] == "0") or not re.fullmatch(r"[-+]?[0-9]+", text):
        return text
    number = int(text)
    return number if number in _INT64 or number in _UINT64 else text


def of_kind(text: str, kind: str) -> Any:
    """A text as a value of the kind string, bool, int or float; raises EngineError if it is none."""
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


def lookup(value: Any, path: Path) -> tuple[Any, bool]:
    """What stands at a place inside a value, and whether anything does."""
    for step in path:
        if isinstance(value, list) and isinstance(step, int):
            if not 0 <= step < len(value):
                return None, False
            value = value[step]
        elif isinstance(value, dict) and isinstance(step, str) and step in value:
            value = value[step]
        else:
            return None, False
    return value, True


def placed(value: Any, path: Path, new: Any, name: str) -> Any:
    """The value with `new` at a place inside it; containers on the way come into being.

    `name` is that of the whole value, for errors. Raises EngineError if a container does not fit the place.
    """
    return _placed(value, path, new, (name,))


def _placed(value: Any, path: Path, new: Any, done: Path) -> Any:
    if not path:
        return new
    step, rest, here = path[0], path[1:], (*done, path[0])
    if not isinstance(value, dict | list):
        if value is not None and len(done) > 1:
            wanted = "an array" if isinstance(step, int) else "a map"
            raise EngineError(f"{_shown(done)}: expected {wanted}")
        value = [] if isinstance(step, int) else {}
    if isinstance(value, list):
        return _placed_in_list(value, step, _Rest(rest, new, here))
    if not isinstance(step, str):
        raise EngineError(f"{_shown(here)}: key for a map must be a string")
    if step == _SECURE and not rest and not value and isinstance(new, str):
        raise EngineError('maps with the single key "secure" are reserved')
    return value | {step: _placed(value.get(step), rest, new, here)}


@dataclass(frozen=True, slots=True)
class _Rest:
    path: Path
    new: Any
    here: Path


def _placed_in_list(value: list[Any], step: str | int, rest: _Rest) -> list[Any]:
    if not isinstance(step, int):
        raise EngineError(f"{_shown(rest.here)}: key for an array must be an int")
    if not 0 <= step <= len(value):
        raise EngineError(f"{_shown(rest.here)}: array index out of range")
    old = value[step] if step < len(value) else None
    item = _placed(old, rest.path, rest.new, rest.here)
    return [*value[:step], item, *value[step + 1 :]]


def removed(value: Any, path: Path) -> Any:
    """The value without what stands at a place inside it; the same if nothing does.

    EngineError if what is left reads as a secret.
    """
    step, rest = path[0], path[1:]
    _, there = lookup(value, (step,))
    if not there:
        return value
    if isinstance(value, list):
        index = int(step)
        kept = [] if not rest else [removed(value[index], rest)]
        return [*value[:index], *kept, *value[index + 1 :]]
    if rest:
        return value | {step: removed(value[step], rest)}
    left = {key: item for key, item in value.items() if key != step}
    if list(left) == [_SECURE] and isinstance(left[_SECURE], str):
        raise EngineError('maps with the single key "secure" are reserved')
    return left


def _shown(path: Path) -> str:
    text = "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in path
    )
    return " ".join(text.lstrip(".").split())
