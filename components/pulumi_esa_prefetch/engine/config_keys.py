"""A key given on the command line: the value it names, or a place inside one; reads no file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_esa_prefetch.engine import config_values
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.paths import Path, parse_path
from pulumi_esa_prefetch.engine.stack_config import full_key


@dataclass(frozen=True, slots=True)
class Place:
    """The full key of a value, and the way to a place inside it (empty for the value itself)."""

    key: str
    inside: Path = ()

    def look_up(self, values: Mapping[str, Any]) -> tuple[Any, bool]:
        """What stands there, and whether anything does."""
        if self.key not in values:
            return None, False
        return config_values.lookup(values[self.key], self.inside)

    def put(self, values: Mapping[str, Any], new: Any) -> dict[str, Any]:
        """The values with another one there; raises EngineError if the place does not fit what is around it."""
        try:
            placed = config_values.placed(
                values.get(self.key), self.inside, new, self.name
            )
        except EngineError as error:
            raise EngineError(f"could not set config: {error}") from None
        return {**values, self.key: placed}

    def take_away(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values without what stands there."""
        if self.key not in values:
            return dict(values)
        if not self.inside:
            return {key: value for key, value in values.items() if key != self.key}
        left = config_values.removed(values[self.key], self.inside)
        return {**values, self.key: left}

    @property
    def name(self) -> str:
        """The key without its namespace."""
        return self.key.partition(":")[2]


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
