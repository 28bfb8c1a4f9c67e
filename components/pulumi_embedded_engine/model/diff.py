"""Differences between two property maps, and the result of a provider's Diff; decides nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, Literal

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.events import PropertyChange
from pulumi_embedded_engine.model.property_paths import (
    PropertyPath,
    contains,
    parse_path,
    path_text,
)
from pulumi_embedded_engine.model.property_values import equal, reveal

INIT_ERROR = "#initerror"


@dataclass(frozen=True, slots=True)
class Diff:
    """What would change: `changed` and `replaces` are top-level keys, `detailed` is by property path."""

    changes: Literal["none", "some", "unknown"]
    replaces: Sequence[str] = ()
    changed: Sequence[str] = ()
    detailed: Mapping[str, PropertyChange] | None = None
    delete_before_replace: bool = False

    @property
    def replacing(self) -> bool:
        """Whether the change needs a new object."""
        kinds = (self.detailed or {}).values()
        return bool(self.replaces) or any(c.kind.endswith("-replace") for c in kinds)


NO_DIFF = Diff("none")


def input_diff(old: Mapping[str, Any], new: Mapping[str, Any]) -> Diff:
    """The engine's own diff of inputs, secrets unwrapped; used where the provider does not know."""
    found = dict(_differences((), reveal(old), reveal(new)))
    if not found:
        return NO_DIFF
    changed = sorted({str(path[0]) for path in found})
    detailed = {
        path_text(path): PropertyChange(kind, input_diff=True)
        for path, kind in sorted(found.items(), key=lambda item: path_text(item[0]))
    }
    return Diff("some", changed=changed, detailed=detailed)


_Path = tuple[str | int, ...]


def _differences(path: _Path, old: Any, new: Any) -> Iterator[tuple[_Path, str]]:
    if equal(old, new):
        return
    # As in Pulumi's object diff, a missing value equals null: adding or removing a null is no change.
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in old.keys() | new.keys():
            yield from _differences((*path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index, (before, after) in enumerate(zip_longest(old, new)):
            yield from _differences((*path, index), before, after)
    else:
        yield path, _kind(old, new)


def _kind(old: Any, new: Any) -> str:
    if old is None:
        return "add"
    return "delete" if new is None else "update"


def invert(diff: Diff) -> Diff:
    """The diff in the other direction (after a refresh: what the program would have to undo)."""
    if diff.detailed is None:
        return diff
    swap = {"add": "delete", "delete": "add"}
    turned = {}
    for path, change in diff.detailed.items():
        kind, dash, rest = change.kind.partition("-")
        turned[path] = replace(change, kind=swap.get(kind, kind) + dash + rest)
    return replace(diff, detailed=turned)


def with_replace_on_changes(
    diff: Diff, paths: Sequence[str], *, init_errors: bool
) -> Diff:
    """The diff in which changes at these paths require a replacement; EngineError if one is not a property path."""
    if (diff.changes != "some" and not init_errors) or not paths:
        return diff
    wanted = [_option_path(path) for path in paths]
    replaces = [*diff.replaces]
    for key in diff.changed:
        if key not in replaces and _inside(key, wanted):
            replaces.append(key)
    changes = diff.changes
    if init_errors and any(contains(w, (INIT_ERROR,)) for w in wanted):
        replaces.append(INIT_ERROR)
        changes = "some"
    detailed = diff.detailed
    if detailed is not None:
        detailed = {p: _replacing(p, c, wanted) for p, c in detailed.items()}
    return replace(diff, changes=changes, replaces=replaces, detailed=detailed)


def _option_path(text: str) -> PropertyPath:
    try:
        return parse_path(text) if text else ()
    except ValueError:
        raise EngineError(
            f"the option replace_on_changes has {text!r}, which is not a property path"
        ) from None


def _inside(text: str, wanted: Sequence[PropertyPath]) -> bool:
    try:
        path = parse_path(text)
    except ValueError:
        return False  # a property may have any name; one that is not a path matches nothing
    return any(contains(w, path) for w in wanted)


def _replacing(
    path: str, change: PropertyChange, wanted: Sequence[PropertyPath]
) -> PropertyChange:
    if not _inside(path, wanted) or change.kind.endswith("-replace"):
        return change
    return replace(change, kind=f"{change.kind}-replace")
