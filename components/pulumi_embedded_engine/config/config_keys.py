"""A configuration key from the command line: it names a value, or a path inside a value; reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_embedded_engine.config import config_values
from pulumi_embedded_engine.config.stack_config_file import full_key
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_paths import PropertyPath, parse_path


@dataclass(frozen=True, slots=True)
class ConfigPath:
    """The full key of a value, and a path inside the value (empty for the value itself)."""

    key: str
    path: PropertyPath = ()

    def look_up(self, values: Mapping[str, Any]) -> tuple[Any, bool]:
        """The value at this path, and whether there is one."""
        return _look_up(values, (self.key, *self.path))

    def with_value(self, values: Mapping[str, Any], new: Any) -> dict[str, Any]:
        """The values with a new value at this path; raises EngineError if the path does not fit the present values."""
        try:
            placed = _with_value(dict(values), (self.key, *self.path), new)
        except EngineError as error:
            raise EngineError(f"could not set config: {error}") from None
        return dict(placed)

    def without_value(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values without the value at this path; raises EngineError if the rest would read as a secret."""
        return dict(_without_value(dict(values), (self.key, *self.path)))


def parse_config_key(text: str, project: str, *, path: bool) -> ConfigPath:
    """The path that a key names; raises EngineError if the key is not valid."""
    try:
        if not path:
            return ConfigPath(full_key(text, project))
        namespace, colon, rest = text.partition(":")
        if not colon or "." in namespace or "[" in namespace:
            namespace, rest = project, text
        first, *inside = parse_path(rest)
    except (ValueError, EngineError) as error:
        raise EngineError(f"invalid configuration key: {error}") from None
    if not isinstance(first, str):
        raise EngineError(
            "invalid configuration key: its first part must be a name, not an index"
        )
    return ConfigPath(full_key(f"{namespace}:{first}", project), tuple(inside))


def value_of_text(text: str, kind: str, place: ConfigPath) -> Any:
    """The value of a text on the command line; raises EngineError if it is not of the type `kind`.

    Without a `kind`, a whole value stays a string. Inside another value, bools and whole numbers are recognised.
    """
    if kind:
        return config_values.value_of_kind(text, kind)
    return config_values.bool_or_int_or_text(text) if place.path else text


def _look_up(value: Any, path: PropertyPath) -> tuple[Any, bool]:
    for step in path:
        if isinstance(value, list) and isinstance(step, int):
            there = 0 <= step < len(value)
        else:
            there = isinstance(value, dict) and isinstance(step, str) and step in value
        if not there:
            return None, False
        value = value[step]
    return value, True


def _with_value(
    value: Any, path: PropertyPath, new: Any, done: PropertyPath = ()
) -> Any:
    """The value with `new` at a path inside it; missing maps and lists are created.

    `done` is the path from the key to this value, for error messages.
    """
    if not path:
        return new
    step, here = path[0], (*done, path[0])
    if not isinstance(value, dict | list):
        if value is not None and len(done) > 1:
            wanted = "an array" if isinstance(step, int) else "a map"
            raise EngineError(f"{_path_text(done)}: expected {wanted}")
        value = [] if isinstance(step, int) else {}
    item = _with_value(_look_up(value, (step,))[0], path[1:], new, here)
    if isinstance(value, list):
        if not isinstance(step, int):
            raise EngineError(f"{_path_text(here)}: key for an array must be an int")
        if not 0 <= step <= len(value):
            raise EngineError(f"{_path_text(here)}: array index out of range")
        return [*value[:step], item, *value[step + 1 :]]
    if not isinstance(step, str):
        raise EngineError(f"{_path_text(here)}: key for a map must be a string")
    return _refuse_secret_form(value | {step: item})


def _without_value(value: Any, path: PropertyPath) -> Any:
    step, rest = path[0], path[1:]
    old, there = _look_up(value, (step,))
    if not there:
        return value
    if isinstance(value, list):
        kept = [_without_value(old, rest)] if rest else []
        index = int(step)
        return [*value[:index], *kept, *value[index + 1 :]]
    if rest:
        return value | {step: _without_value(old, rest)}
    return _refuse_secret_form(
        {key: item for key, item in value.items() if key != step}
    )


def _refuse_secret_form(value: dict[str, Any]) -> dict[str, Any]:
    if isinstance(config_values.parse(value), config_values.EncryptedValue):
        raise EngineError('maps with the single key "secure" are reserved')
    return value


def _path_text(path: PropertyPath) -> str:
    first = str(path[0]).partition(":")[2]
    text = first + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in path[1:]
    )
    return " ".join(text.split())
