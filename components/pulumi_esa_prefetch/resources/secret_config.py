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

_BETWEEN = "\0"
_TELLING = 8
"""So long is a part of a secret text that is hardly a part of it by chance."""


def secrecy(setting: str) -> Secrecy:
    """Whether a value that a program has read from its config comes from a key with a secret.

    ``setting`` is the key that programs usually read. One may read any other key, and hands over what it has
    made of it: so each text in the value is compared with all texts in the other keys that hold secrets.
    One that only looks like one of those makes a secret of the value too, which harms nothing.
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
    if isinstance(values, list | tuple):
        return [_secret(value) for value in values]
    return _secret(values) if isinstance(values, str) else values


def _secret(value: Any) -> Any:
    # None is no value, and a secret that holds none is hard to tell from no property at all.
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
        )  # also where it is JSON: 1e5 is another text as a number


def _texts(value: Any) -> Iterator[str]:
    """All in a value that may be a secret, or hold one, as texts."""
    if isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield from filter(None, [str(value)])


def _shares(texts: list[str], held: set[str]) -> bool:
    """Whether a text is one of those that are held, holds one, or is a part of one."""
    # Lists of URLs are long: each text is looked for in all the others at once.
    given, all_held = _BETWEEN.join(texts), _BETWEEN.join(held)
    parts = (text for text in texts if len(text) >= _TELLING)
    return any(one in given for one in held) or any(part in all_held for part in parts)
