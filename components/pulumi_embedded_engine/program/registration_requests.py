"""Converts the program's gRPC requests to goals; keeps no state."""

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from google.protobuf import struct_pb2

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import Alias, Goal
from pulumi_embedded_engine.model.property_values import has_assets
from pulumi_embedded_engine.model.property_wire import (
    output_dependencies,
    read_struct,
    read_value,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import STASH, is_urn

_NO_PARENT: Final = Resource(urn="", custom=False, type="")  # nothing to inherit from
_UNITS: Final = {
    "ns": 1e-9,
    "us": 1e-6,
    "µs": 1e-6,
    "μs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
}
_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)


def seconds_of(duration: str) -> float:
    """A Go duration ("1h30m", "-5m", "0") in seconds; EngineError if it is not one."""
    size = duration[1:] if duration.startswith(("-", "+")) else duration
    if size == "0":
        return 0.0
    parts = _PART.findall(size)
    if not parts or "".join(number + unit for number, unit in parts) != size:
        raise EngineError(f"'{duration}' is not a duration such as 30s, 5m or 1h30m")
    seconds = float(sum(float(number) * _UNITS[unit] for number, unit in parts))
    return -seconds if duration.startswith("-") else seconds


def unsupported_feature(request: Any) -> str:
    """The feature of a registration that only the pulumi CLI supports; empty if none."""
    needed = {
        "assets or archives": has_assets(read_struct(request.object)),
        "a stash": request.type == STASH,
        "remote components": request.remote,
        "transforms": request.transforms,
        "state migrations": request.state_migrations,
        "parameterized providers": request.packageRef,
        "environment variable mappings of providers": request.envVarMappings,
        "resource hooks": any(names for _, names in request.hooks.ListFields()),
    }
    return next((what for what, needs in needed.items() if needs), "")


def reject_invalid_urns(request: Any) -> None:
    """EngineError if a field that must be a URN is not one."""
    named = [
        ("parent", request.parent),
        ("deletedWith", request.deletedWith),
        *(("dependency", urn) for urn in request.dependencies),
        *(("replaceWith", urn) for urn in request.replace_with),
        *(("alias", urn) for urn in request.aliasURNs),
        *(("alias", alias.urn) for alias in request.aliases),
        *(("parent alias", alias.spec.parentUrn) for alias in request.aliases),
    ]
    for what, urn in named:
        if urn and not is_urn(urn):
            raise EngineError(f'invalid {what} URN: invalid URN "{urn}"')


def goal_of(request: Any, provider: str, root: Path, parent: Goal | None) -> Goal:
    """The goal of a registration, with the options it inherits; `provider` is the provider reference it got."""
    reject_invalid_urns(request)
    above = parent.record if parent else _NO_PARENT
    record = Resource(
        urn="",
        type=request.type,
        custom=request.custom,
        inputs=read_struct(request.object),
        parent=request.parent,
        provider=provider,
        dependencies=tuple(sorted(set(request.dependencies))),
        property_dependencies=_property_dependencies(request),
        protect=_option(request, "protect", above.protect),
        retain_on_delete=_option(request, "retainOnDelete", above.retain_on_delete),
        deleted_with=request.deletedWith or above.deleted_with,
        replace_with=tuple(request.replace_with),
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        hide_diff=tuple(request.hideDiffs),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        import_id=request.importId,
        custom_timeouts=_timeouts(request),
        replacement_trigger=read_value(request.replacement_trigger),
        source_position=_position(request.sourcePosition, root),
        stack_trace=_stack_trace(request, root),
    )
    first = _delete_before_replace(request)
    return Goal(request.name, record, first, _aliases(request))


def read_goal_of(request: Any, provider: str, root: Path) -> Goal:
    """The goal of a read."""
    record = Resource(
        urn="",
        type=request.type,
        custom=True,
        external=True,
        id=request.id,
        provider=provider,
        parent=request.parent,
        inputs=read_struct(request.properties),
        dependencies=tuple(sorted(set(request.dependencies))),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        source_position=_position(request.sourcePosition, root),
        stack_trace=_stack_trace(request, root),
    )
    return Goal(request.name, record)


def _option(request: Any, field: str, inherited: bool) -> bool:
    return bool(getattr(request, field)) if request.HasField(field) else inherited


def _delete_before_replace(request: Any) -> bool | None:
    if request.deleteBeforeReplaceDefined or request.deleteBeforeReplace:
        return bool(request.deleteBeforeReplace)
    return None


def _property_dependencies(request: Any) -> dict[str, tuple[str, ...]]:
    fields: Mapping[str, struct_pb2.Value] = request.object.fields
    listed = request.propertyDependencies
    if listed:
        found = {key: set(value.urns) for key, value in listed.items()}
    else:
        found = {key: set(request.dependencies) for key in fields}
    for key, value in fields.items():
        found.setdefault(key, set()).update(output_dependencies(value))
    return {key: tuple(sorted(urns)) for key, urns in found.items()}


def _aliases(request: Any) -> tuple[Alias, ...]:
    named = [Alias(urn=urn) for urn in request.aliasURNs]
    return (*named, *map(_alias, request.aliases))


def _alias(alias: Any) -> Alias:
    if alias.WhichOneof("alias") == "urn":
        return Alias(urn=alias.urn)
    spec = alias.spec
    return Alias(
        name=spec.name,
        type=spec.type,
        stack=spec.stack,
        project=spec.project,
        parent=spec.parentUrn,
        no_parent=spec.noParent,
    )


def _timeouts(request: Any) -> dict[str, float]:
    given = request.customTimeouts
    texts = (
        (kind, getattr(given, kind)) for kind in ("create", "update", "delete", "read")
    )
    seconds = {kind: seconds_of(text) for kind, text in texts if text}
    return {kind: number for kind, number in seconds.items() if number}


def _stack_trace(request: Any, root: Path) -> tuple[dict[str, str], ...]:
    places = (_position(frame.pc, root) for frame in request.stackTrace.frames)
    return tuple({"sourcePosition": place} if place else {} for place in places)


def _position(position: Any, root: Path) -> str:
    """The source position inside the project, if the program gives one."""
    file = _file(position.uri, root)
    if not file:
        return ""
    place = f"{file}#{position.line}"
    return f"{place},{position.column}" if position.column else place


@lru_cache(maxsize=1024)
def _file(uri: str, root: Path) -> str:
    # Cached: a program has few files, and each resource names about a dozen of them.
    path = uri.removeprefix("file://")
    if path == uri or not Path(path).is_relative_to(root):
        return ""
    return f"project:///{Path(path).relative_to(root).as_posix()}"
