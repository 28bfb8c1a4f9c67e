"""Marks a value as a secret if the config key that it comes from holds one; encrypts nothing.

The SDK returns such a key in plain text (`require_object`), and says only that it holds a secret somewhere. So
every value in it is treated as a secret.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pulumi import Output
from pulumi.runtime.config import CONFIG, get_config, is_config_secret

Secrecy = Callable[[object], bool]

_BETWEEN = "\0"
_LONG_ENOUGH = 8
"""A text of this length that is part of a secret is hardly so by chance."""


def secrecy(setting: str) -> Secrecy:
    """Return the test for whether a value of the config comes from a key with a secret.

    ``setting`` is the key that programs usually read. A program may read another key and pass on a value made
    from it: so each text in the value is compared with all texts in the other keys that hold secrets. If a
    text matches by chance, the value becomes a secret too, which does no harm.
    """
    if is_config_secret(setting):
        return lambda _: True
    held = {
        text for key in CONFIG.get() if is_config_secret(key) for text in _held(key)
    }
    return lambda value: _shares(list(_texts(value)), held)


def hide(
    props: Mapping[str, Any], names: Iterable[str], is_secret: Secrecy
) -> dict[str, Any]:
    """Return the properties; values of the named ones are secrets if they come from a key with a secret."""
    hidden = {
        name: _each(props[name])
        for name in names
        if name in props and is_secret(props[name])
    }
    return {**props, **hidden}


def _each(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {name: _secret(value) for name, value in values.items()}
    if isinstance(values, list | tuple):
        return [_secret(value) for value in values]
    return _secret(values) if isinstance(values, str) else values


def _secret(value: Any) -> Any:
    # None means no value: a secret None would be hard to tell from a property that is not there.
    return None if value is None else Output.secret(value)


def _held(key: str) -> Iterator[str]:
    """All texts in a key of the config."""
    text = get_config(key) or ""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    yield from _texts(value)
    if not isinstance(value, dict | list):
        yield from _texts(
            text
        )  # also if it is JSON: the number 1e5, once parsed, is written differently


def _texts(value: Any) -> Iterator[str]:
    """Everything in a value that may be a secret, as texts."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield from filter(None, [str(value)])


def _shares(texts: list[str], held: set[str]) -> bool:
    """Whether one of the texts equals a held text, contains one, or is part of one."""
    # Lists of URLs are long: each text is searched for in all the others at once.
    given, all_held = _BETWEEN.join(texts), _BETWEEN.join(held)
    parts = (text for text in texts if len(text) >= _LONG_ENOUGH)
    return any(one in given for one in held) or any(part in all_held for part in parts)
