"""Which values of a stack's config come from a key that holds a secret; makes secrets of them, encrypts nothing.

The SDK gives such a key out in plain text (`require_object`), and says of the key only that it holds a secret
somewhere. So each value in it counts as one.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pulumi import Output
from pulumi.runtime.config import CONFIG, get_config, is_config_secret

Secrecy = Callable[[object], bool]


def secrecy(setting: str) -> Secrecy:
    """Whether a value that a program has read from its config comes from a key with a secret.

    ``setting`` is the key that programs usually read. One may read any other key, and hands over only
    what it got: so the value is looked for in the other keys that hold secrets.
    """
    if is_config_secret(setting):
        return lambda _: True
    held = [part for key in CONFIG.get() if is_config_secret(key) for part in _of(key)]
    return lambda value: value in held


def hide(
    props: Mapping[str, Any], names: Iterable[str], is_secret: Secrecy
) -> dict[str, Any]:
    """The properties, with each value in these a secret if they come from a key with one."""
    hidden = {
        name: _each(props[name])
        for name in names
        if name in props and is_secret(props[name])
    }
    return {**props, **hidden}


def _each(values: Any) -> Any:
    if isinstance(values, Mapping):
        return {name: _secret(value) for name, value in values.items()}
    if isinstance(values, list):
        return [_secret(value) for value in values]
    return _secret(values) if isinstance(values, str) else values


def _secret(value: Any) -> Any:
    # None is no value, and a secret that holds none is hard to tell from no property at all.
    return None if value is None else Output.secret(value)


def _of(key: str) -> Iterator[Any]:
    text = get_config(key)
    try:
        return _parts(json.loads(text))
    except ValueError:
        return iter([text])


def _parts(value: Any) -> Iterator[Any]:
    """A value, and all that is in it."""
    yield value
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _parts(item)
