"""Finds values that Pulumi cannot carry to a provider as they are; looks into lists, mappings and outputs.

Pulumi carries JSON values, and each number as a double: beyond 2**53 two integers may be one.
"""

import math
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from types import NoneType
from typing import Any

from pulumi import Output, Resource, RunError

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.resources.input_mapping import map_input

_EXACT = 2**53
_ROUNDED = "is a number beyond 2**53, which Pulumi would round: pass it as a string"
_PLAIN = frozenset({NoneType, bool, int, float, str, dict, list})
"""The usual types, of which nothing has to be awaited: the check for an Awaitable is slow."""
# The SDK sends every other sequence as a list.
_NO_LISTS = (str, range, memoryview, bytes, bytearray)


def wrong_values(value: Any, place: str) -> Iterator[str]:
    """Report each part that Pulumi cannot carry, as a clause that shows no value; outputs are left out."""
    if is_later(value):
        return
    if isinstance(value, Mapping):
        for key in value:
            yield from _wrong_key(key, place)
            yield from wrong_values(value[key], _below(place, key))
    elif _is_list(value):
        for index, item in enumerate(value):
            yield from wrong_values(item, f"{place}[{index}]")
    elif reason := _reason(value):
        yield f"{place} {reason}"


def checked_later(value: Any, place: str) -> Any:
    """Return the value with each output in it checked when it resolves; it raises RunError then."""
    if is_later(value):
        return map_input(value, lambda known: _resolved(known, place))
    if isinstance(value, Mapping):
        return {key: checked_later(value[key], _below(place, key)) for key in value}
    if _is_list(value):
        return [
            checked_later(item, f"{place}[{index}]") for index, item in enumerate(value)
        ]
    return value


def is_later(value: object) -> bool:
    """Whether the value is known only later: an Output or something to await."""
    return type(value) not in _PLAIN and isinstance(value, Output | Awaitable)


def _wrong_key(key: object, place: str) -> Iterator[str]:
    if not isinstance(key, str):
        yield f"{place} has a key of type {type(key).__name__}: make it a string"
    elif reason := _reason(key):
        yield f"a key of {place} {reason}"


def _resolved(value: Any, place: str) -> Any:
    if wrong := list(wrong_values(value, place)):
        raise RunError("; ".join(wrong))
    return checked_later(value, place)


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, _NO_LISTS)


def _below(place: str, key: object) -> str:
    name = one_line(key)
    return f"{place}.{name}" if place else name


def _reason(value: object) -> str:
    if isinstance(value, str):
        is_text = value.isascii() or not any("\ud800" <= c <= "\udfff" for c in value)
        return "" if is_text else "is no valid text: it holds half a surrogate pair"
    if isinstance(value, float) and not math.isfinite(value):
        return "is no finite number: pass it as a string"
    if isinstance(value, int | float):
        return "" if abs(value) <= _EXACT else _ROUNDED
    if isinstance(value, set | frozenset):
        return f"is of type {type(value).__name__}: pass a sorted list"
    # The SDK makes a reference of a resource, and a mapping of an input type.
    is_known = value is None or isinstance(value, Resource)
    if is_known or hasattr(type(value), "_pulumi_input_type"):
        return ""
    return f"is of type {type(value).__name__}: pass it as a string"
