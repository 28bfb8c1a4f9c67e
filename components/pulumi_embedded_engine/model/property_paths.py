"""Property paths (`a.b[0]["c d"].*`): parsing, matching, and resetting values at them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pulumi_embedded_engine.model.property_values import Secret, secret

PropertyPath = tuple[str | int, ...]

_TOKEN: Final = re.compile(
    r"""\[\s*"(?P<quoted>(?:\\"|[^"])*)"\s*\]|\[(?P<index>\*|-?\d+)\]|\.?(?P<name>[^.\[\]]+)"""
)


def parse_path(text: str) -> PropertyPath:
    """The elements of a path; ValueError if the text is not a path."""
    elements: list[str | int] = []
    position = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            message = f"{text!r} is not a property path"
            raise ValueError(message)
        elements.append(_element(token))
        position = token.end()
    if not elements:
        message = "a property path must not be empty"
        raise ValueError(message)
    return tuple(elements)


def _element(token: re.Match[str]) -> str | int:
    if token["quoted"] is not None:
        return token["quoted"].replace('\\"', '"')
    if token["index"] is not None:
        return "*" if token["index"] == "*" else int(token["index"])
    return token["name"]


def path_text(path: Sequence[str | int]) -> str:
    """The path as Pulumi writes it in a detailed diff."""
    parts: list[str] = []
    for element in path:
        if isinstance(element, int):
            parts.append(f"[{element}]")
        elif re.fullmatch(r"\w+", element, re.ASCII):
            parts.append(f".{element}" if parts else element)
        else:
            escaped = element.replace('"', '\\"')
            parts.append(f'["{escaped}"]')
    return "".join(parts)


def contains(path: PropertyPath, other: PropertyPath) -> bool:
    """Whether `other` is at or below `path`."""
    return len(other) >= len(path) and all(
        wanted in ("*", found) for wanted, found in zip(path, other, strict=False)
    )


def reset_value(
    path: PropertyPath, old: Mapping[str, Any], new: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """`new` with the value at `path` as in `old`, and whether the path fits both."""
    return _reset(path, old, dict(new), hidden=False)


def _reset(path: PropertyPath, old: Any, new: Any, *, hidden: bool) -> tuple[Any, bool]:
    # `hidden`: the old value is inside a secret, and the new value is not.
    if isinstance(new, Secret):
        value, good = _reset(path, _open(old), new.value, hidden=False)
        return Secret(value), good
    hidden = hidden or isinstance(old, Secret)
    old = _open(old)
    element, rest = path[0], path[1:]
    if element == "*":
        return _reset_all(rest, old, new, hidden=hidden)
    if isinstance(element, int):
        return _reset_item(element, rest, old, new, hidden=hidden)
    return _reset_key(element, rest, old, new, hidden=hidden)


def _open(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


def _taken(value: Any, *, hidden: bool) -> Any:
    return secret(value) if hidden else value


def _reset_key(
    key: str, rest: PropertyPath, old: Any, new: Any, *, hidden: bool
) -> tuple[Any, bool]:
    in_old = isinstance(old, Mapping) and key in old
    if not isinstance(new, Mapping):
        return new, not in_old if not rest else not isinstance(old, Mapping)
    if rest and not isinstance(old, Mapping):
        return new, False
    others = {name: value for name, value in new.items() if name != key}
    if not rest:
        if in_old:
            return {**new, key: _taken(old[key], hidden=hidden)}, True
        return others, True
    if not in_old or key not in new:
        return new, not in_old and key not in new
    value, good = _reset(rest, old[key], new[key], hidden=hidden)
    return {**new, key: value}, good


def _reset_item(
    index: int, rest: PropertyPath, old: Any, new: Any, *, hidden: bool
) -> tuple[Any, bool]:
    if not isinstance(old, list) or not isinstance(new, list):
        return new, not isinstance(old, list) and not isinstance(new, list)
    if index < 0 or index >= len(old) or index >= len(new):
        return new, index >= len(old) and index >= len(new) and not rest
    value, good = _taken(old[index], hidden=hidden), True
    if rest:
        value, good = _reset(rest, old[index], new[index], hidden=hidden)
    return [*new[:index], value, *new[index + 1 :]], good


def _reset_all(
    rest: PropertyPath, old: Any, new: Any, *, hidden: bool
) -> tuple[Any, bool]:
    good = True
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        # Keys that only the new value has are removed, if the path ends here.
        for key in old if rest else {**old, **new}:
            new, fine = _reset_key(key, rest, old, new, hidden=hidden)
            good = good and fine
        return new, good
    if isinstance(old, list) and isinstance(new, list):
        for index in range(min(len(old), len(new))):
            new, fine = _reset_item(index, rest, old, new, hidden=hidden)
            good = good and fine
        return new, good and len(old) == len(new)
    return new, not rest and isinstance(new, Mapping | list)


def reset_ignored(
    inputs: Mapping[str, Any], old: Mapping[str, Any], paths: Sequence[str]
) -> tuple[Mapping[str, Any], Sequence[str]]:
    """The inputs with the values at these paths as in `old`, and the paths that do not fit both."""
    unmatched = []
    for text in paths:
        try:
            path = parse_path(text)
        except ValueError:
            continue
        inputs, good = reset_value(path, old, inputs)
        if not good:
            unmatched.append(text)
    return inputs, unmatched
