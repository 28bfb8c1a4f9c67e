"""A key given on the command line: the value it names, or a place inside one; reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_embedded_engine.config import config_values
from pulumi_embedded_engine.config.stack_file import full_key
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_paths import PropertyPath, parse_path


@dataclass(frozen=True, slots=True)
class Place:
    """The full key of a value, and the way to a place inside it (empty for the value itself)."""

    key: str
    inside: PropertyPath = ()

    def look_up(self, values: Mapping[str, Any]) -> tuple[Any, bool]:
        """What stands there, and whether anything does."""
        return _look_up(values, (self.key, *self.inside))

    def put(self, values: Mapping[str, Any], new: Any) -> dict[str, Any]:
        """The values with another one there; raises EngineError if the place does not fit what is around it."""
        try:
            placed = _placed(dict(values), (self.key, *self.inside), new)
        except EngineError as error:
            raise EngineError(f"could not set config: {error}") from None
        return dict(placed)

    def take_away(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values without what stands there; raises EngineError if what is left reads as a secret."""
        return dict(_removed(dict(values), (self.key, *self.inside)))


def place(text: str, project: str, *, path: bool) -> Place:
    """The place that a key names; raises EngineError if it names none."""
    try:
        if not path:
            return Place(full_key(text, project))
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
    return Place(full_key(f"{namespace}:{first}", project), tuple(inside))


def typed(text: str, kind: str, place: Place) -> Any:
    """The value that a text on the command line gives; raises EngineError if it is not of the kind asked for.

    Of no kind, a value as a whole is kept as text; inside another, bools and whole numbers are such.
    """
    if kind:
        return config_values.of_kind(text, kind)
    return config_values.coerced(text) if place.inside else text


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


def _placed(value: Any, path: PropertyPath, new: Any, done: PropertyPath = ()) -> Any:
    """The value with `new` at a place inside it, which is `done` from the key on; containers come into being."""
    if not path:
        return new
    step, here = path[0], (*done, path[0])
    if not isinstance(value, dict | list):
        if value is not None and len(done) > 1:
            wanted = "an array" if isinstance(step, int) else "a map"
            raise EngineError(f"{_shown(done)}: expected {wanted}")
        value = [] if isinstance(step, int) else {}
    item = _placed(_look_up(value, (step,))[0], path[1:], new, here)
    if isinstance(value, list):
        if not isinstance(step, int):
            raise EngineError(f"{_shown(here)}: key for an array must be an int")
        if not 0 <= step <= len(value):
            raise EngineError(f"{_shown(here)}: array index out of range")
        return [*value[:step], item, *value[step + 1 :]]
    if not isinstance(step, str):
        raise EngineError(f"{_shown(here)}: key for a map must be a string")
    return _no_secret(value | {step: item})


def _removed(value: Any, path: PropertyPath) -> Any:
    step, rest = path[0], path[1:]
    old, there = _look_up(value, (step,))
    if not there:
        return value
    if isinstance(value, list):
        kept = [_removed(old, rest)] if rest else []
        index = int(step)
        return [*value[:index], *kept, *value[index + 1 :]]
    if rest:
        return value | {step: _removed(old, rest)}
    return _no_secret({key: item for key, item in value.items() if key != step})


def _no_secret(value: dict[str, Any]) -> dict[str, Any]:
    if isinstance(config_values.parse(value), config_values.Secure):
        raise EngineError('maps with the single key "secure" are reserved')
    return value


def _shown(path: PropertyPath) -> str:
    first = str(path[0]).partition(":")[2]
    text = first + "".join(
        f"[{step}]" if isinstance(step, int) else f".{step}" for step in path[1:]
    )
    return " ".join(text.split())
