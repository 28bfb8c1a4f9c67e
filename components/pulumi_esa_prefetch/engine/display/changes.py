"""How two values differ, as a tree: added, deleted, updated, same; prints nothing and calls nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pulumi_esa_prefetch.engine.diff import equal
from pulumi_esa_prefetch.engine.events import PropertyChange, StepMetadata
from pulumi_esa_prefetch.engine.paths import Path, parse_path
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.values import SIGNATURE, Secret

Kind = Literal["same", "add", "delete", "update"]
MISSING = object()


@dataclass(frozen=True, slots=True)
class Change:
    """One value before and after; `parts` tells what differs within a map or list that is one on both sides."""

    kind: Kind
    old: Any = None
    new: Any = None
    parts: "Mapping[str | int, Change] | None" = None


Changes = Mapping[str | int, Change]


def visible(values: Mapping[str, Any]) -> dict[str, Any]:
    """The properties that are a person's business: those of the machinery begin with two underscores."""
    return {key: values[key] for key in sorted(values) if not key.startswith("__")}


def compare(old: Any, new: Any) -> Change:
    """The difference of two values; a secret is one value, whatever it holds."""
    if old is MISSING:
        return Change("add", None, new)
    if new is MISSING:
        return Change("delete", old, None)
    if equal(old, new):
        return Change("same", old, new)
    if _is_map(old) and _is_map(new):
        return Change("update", old, new, compare_maps(old, new))
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        longest = range(max(len(old), len(new)))
        return Change(
            "update",
            old,
            new,
            {i: compare(_item(old, i), _item(new, i)) for i in longest},
        )
    return Change("update", old, new)


def compare_maps(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> dict[str | int, Change]:
    """The differences of two property maps, key by key, without the machinery's."""
    before, after = visible(old), visible(new)
    found = {
        key: _entry(before.get(key, MISSING), after.get(key, MISSING))
        for key in sorted({*before, *after})
    }
    return {key: change for key, change in found.items() if change is not None}


def _entry(old: Any, new: Any) -> Change | None:
    """The difference of one property: null is as good as nothing."""
    if old is None and new is None:
        return Change("same")
    old, new = (MISSING if value is None else value for value in (old, new))
    return None if old is MISSING and new is MISSING else compare(old, new)


def path_of(text: str) -> Path:
    """The path that a text spells; a text that spells none is a key."""
    try:
        return parse_path(text)
    except ValueError:
        return (text,)


def without(changes: Changes, path: Sequence[str | int]) -> tuple[Changes, bool]:
    """The differences without those at a path (`*` is any key), and whether there were any."""
    left = dict(changes)
    for key in list(changes) if path[0] == "*" else [path[0]]:
        change = changes.get(key, Change("same"))
        if change.kind == "same":
            continue
        parts, inside = (
            ({}, True) if len(path) == 1 else without(change.parts or {}, path[1:])
        )
        if inside and changed(parts):
            left[key] = replace(change, parts=parts)
        elif inside:
            del left[key]
    return left, left != changes


def changed(changes: Changes) -> bool:
    """Whether anything is not the same."""
    return any(change.kind != "same" for change in changes.values())


def step_changes(
    step: StepMetadata, *, refresh: bool = False
) -> dict[str | int, Change]:
    """What a step changes on its resource, as far as that is known: inputs, or the outputs that a refresh found."""
    old, new = step.old, step.new
    if old is None or new is None or step.op == "same":
        return {}
    if step.detailed_diff is not None:
        return detailed(step.detailed_diff, old, new, refresh=refresh)
    if refresh:
        return compare_maps(old.outputs, new.outputs)
    changes = compare_maps(old.inputs, new.inputs)
    if step.diffs:
        return {
            key: change
            for key, change in changes.items()
            if key in step.diffs or change.kind == "same"
        }
    return changes


def detailed(
    diff: Mapping[str, PropertyChange], old: Resource, new: Resource, *, refresh: bool
) -> dict[str | int, Change]:
    """The differences that a provider named by path: old values stand in the outputs, new ones in the inputs."""
    tree: dict[str | int, Any] = {}
    for text, change in sorted(diff.items()):
        before = old.inputs if change.input_diff else old.outputs
        after = new.outputs if refresh and not change.input_diff else new.inputs
        path = path_of(text)
        if not str(path[0]).startswith("__"):
            _plant(tree, path, _leaf(change, _at(before, path), _at(after, path)))
    return {key: _grown(node) for key, node in tree.items()}


def _leaf(change: PropertyChange, old: Any, new: Any) -> Change:
    kind = change.kind.removesuffix("-replace")
    if kind == "add":
        return Change("add", None, None if new is MISSING else new)
    if kind == "delete":
        return Change("delete", None if old is MISSING else old, None)
    return Change(
        "update", None if old is MISSING else old, None if new is MISSING else new
    )


def _plant(tree: dict[str | int, Any], path: Sequence[str | int], leaf: Change) -> None:
    *above, last = path
    for element in above:
        below = tree.setdefault(element, {})
        if isinstance(
            below, Change
        ):  # a path that another one lies above of is said already
            return
        tree = below
    tree[last] = leaf


def _grown(node: Any) -> Change:
    if isinstance(node, Change):
        return node
    return Change("update", parts={key: _grown(below) for key, below in node.items()})


def _at(values: Any, path: Sequence[str | int]) -> Any:
    for element in path:
        if isinstance(values, Secret):
            return Secret(None)
        try:
            values = values[element]
        except (LookupError, TypeError):
            return MISSING
    return values


def _is_map(value: Any) -> bool:
    return isinstance(value, Mapping) and SIGNATURE not in value


def _item(values: Sequence[Any], index: int) -> Any:
    return values[index] if index < len(values) else MISSING
