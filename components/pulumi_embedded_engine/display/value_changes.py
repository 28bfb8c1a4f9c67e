"""The difference of two values as a tree: added, deleted, updated, same; prints nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pulumi_embedded_engine.model.events import PropertyChange, StepMetadata
from pulumi_embedded_engine.model.property_paths import PropertyPath, parse_path
from pulumi_embedded_engine.model.property_values import (
    SIGNATURE,
    UNKNOWN,
    Secret,
    equal,
)
from pulumi_embedded_engine.model.state_records import Resource

ChangeKind = Literal["same", "add", "delete", "update"]
_MISSING = object()
_RESOURCE_MARK = "@isPulumiResource"  # of the SDK, on a resource among outputs


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value before and after; `parts` are the differences inside, if it is a map or a list on both sides."""

    kind: ChangeKind
    old: Any = None
    new: Any = None
    parts: "ValueChanges | None" = None

    @property
    def value(self) -> Any:
        """The value, if only one side has one or both are the same."""
        return self.old if self.kind == "delete" else self.new

    def children(self) -> "ValueChanges | None":
        """The changes of the items, or None if the value has no items."""
        if self.parts is not None or self.kind == "update":
            return self.parts
        found = items_of(self.value) or {}
        return {key: ValueChange(self.kind, item, item) for key, item in found.items()}


ValueChanges = dict[str | int, ValueChange]


def visible_properties(values: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that a person sees: not the internal ones, and no null."""
    return {
        key: values[key]
        for key in sorted(values)
        if not key.startswith("__")
        and key != _RESOURCE_MARK
        and values[key] is not None
    }


def items_of(value: Any) -> dict[Any, Any] | None:
    """The items of a map or list by key or index; None for any other value, such as a secret."""
    if isinstance(value, Mapping) and SIGNATURE not in value:
        return visible_properties(value)
    return dict(enumerate(value)) if isinstance(value, list | tuple) else None


def compare_values(old: Any, new: Any) -> ValueChange:
    """The difference of two values; a secret is compared as one value."""
    if old is _MISSING:
        return ValueChange("add", None, new)
    if new is _MISSING:
        return ValueChange("delete", old, None)
    if equal(old, new):
        return ValueChange("same", old, new)
    before, after = items_of(old), items_of(new)
    if (
        before is None
        or after is None
        or isinstance(old, Mapping) != isinstance(new, Mapping)
    ):
        return ValueChange("update", old, new)
    parts = _compare_items(before, after)
    return ValueChange("update" if has_changes(parts) else "same", old, new, parts)


def compare_maps(old: Mapping[str, Any], new: Mapping[str, Any]) -> ValueChanges:
    """The differences of two property maps, key by key."""
    return _compare_items(visible_properties(old), visible_properties(new))


def _compare_items(old: Mapping[Any, Any], new: Mapping[Any, Any]) -> ValueChanges:
    return {
        key: compare_values(old.get(key, _MISSING), new.get(key, _MISSING))
        for key in sorted({*old, *new})
    }


def path_of(text: str) -> PropertyPath:
    """The path that a text means; a text that is not a valid path is a key."""
    try:
        return parse_path(text)
    except ValueError:
        return (text,)


def without_path(changes: ValueChanges, path: Sequence[str | int]) -> ValueChanges:
    """The differences without those at a path; `*` in the path means any key."""
    first, *rest = path
    left = {
        key: _change_without_path(change, rest) if first in ("*", key) else change
        for key, change in changes.items()
    }
    return {key: change for key, change in left.items() if change is not None}


def _change_without_path(
    change: ValueChange, path: Sequence[str | int]
) -> ValueChange | None:
    if change.kind == "same" or (path and change.parts is None):
        return change
    parts = without_path(change.parts or {}, path) if path else {}
    return replace(change, parts=parts) if has_changes(parts) else None


def has_changes(changes: ValueChanges) -> bool:
    """Whether any value differs."""
    return any(change.kind != "same" for change in changes.values())


def step_changes(step: StepMetadata, *, refresh: bool = False) -> ValueChanges:
    """The known changes of a step: of the inputs, or for a refresh of the outputs."""
    old, new = step.old, step.new
    if old is None or new is None or step.op == "same":
        return {}
    if step.detailed_diff is not None:
        return _changes_of_detailed_diff(step.detailed_diff, old, new, refresh=refresh)
    if refresh:
        return compare_maps(old.outputs, new.outputs)
    changes = compare_maps(old.inputs, new.inputs)
    return {
        key: change
        for key, change in changes.items()
        if not step.diffs or key in step.diffs or change.kind == "same"
    }


def _changes_of_detailed_diff(
    diff: Mapping[str, PropertyChange], old: Resource, new: Resource, *, refresh: bool
) -> ValueChanges:
    """The differences of a provider's detailed diff: old values come from the outputs, new ones from the inputs."""
    tree: ValueChanges = {}
    for text, change in sorted(diff.items()):
        before = old.inputs if change.input_diff else old.outputs
        after = new.outputs if refresh and not change.input_diff else new.inputs
        path = path_of(text)
        if not str(path[0]).startswith("__"):
            kind: Any = change.kind.removesuffix("-replace")
            _insert(tree, path, kind, before, after)
    return tree


def _insert(
    tree: ValueChanges, path: Sequence[str | int], kind: ChangeKind, old: Any, new: Any
) -> None:
    """Insert the change at a path of two values; below what one of them lacks, the whole is added or deleted."""
    first, *rest = path
    before, after = _child(old, first), _child(new, first)
    if not rest:
        tree[first] = _leaf(kind, before, after)
    elif _is_absent(before) != _is_absent(after):
        tree[first] = _leaf("add" if _is_absent(before) else "delete", before, after)
    else:
        below = tree.setdefault(first, ValueChange("update", parts={})).parts
        if below is not None:  # otherwise the whole value is listed already
            _insert(below, rest, kind, before, after)


def _leaf(kind: ChangeKind, old: Any, new: Any) -> ValueChange:
    if kind == "update" and old is not _MISSING and new is not _MISSING:
        change = compare_values(old, new)
        return replace(change, kind=kind)
    # a provider may add or delete a value that nobody knows yet
    unknown = None if kind == "update" else UNKNOWN
    before, after = (unknown if x is _MISSING else x for x in (old, new))
    return ValueChange(kind, before, after)


def _is_absent(value: Any) -> bool:
    return value is None or value is _MISSING


def _child(value: Any, key: str | int) -> Any:
    if isinstance(value, Secret):
        return Secret(None)
    if value is UNKNOWN:
        return value
    try:
        return value[key]
    except (LookupError, TypeError):
        return _MISSING
