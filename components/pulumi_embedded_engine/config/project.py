"""Finds and reads the Pulumi.yaml of a project; knows no stack."""

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.document_reading import (
    read_document,
    runtime_of,
)
from pulumi_embedded_engine.golang.yaml_scalars import INT64, YamlTimestamp
from pulumi_embedded_engine.model.operation_context import Project
from pulumi_embedded_engine.model.property_values import map_values

FILES: Final = ("Pulumi.json", "Pulumi.yaml", "Pulumi.yml")
_NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")


class ProjectNotFoundError(EngineError):
    """There is no Pulumi.yaml in the directory or above it."""


def project_without_file(name: str, cwd: Path) -> Project:
    """A project of which only the name is known; this is enough to reach the state of its stacks."""
    return Project(name, root=cwd, file=cwd / "Pulumi.yaml", main=cwd, runtime="")


def find_project(cwd: Path) -> Project:
    """The project of the nearest Pulumi.yaml, in a directory or above it.

    NoProject if there is none, EngineError if it is wrong.
    """
    start = cwd.absolute()
    for directory in (start, *start.parents):
        for name in FILES:
            if (directory / name).is_file():
                return read_project(directory / name)
    raise ProjectNotFoundError(
        f"no Pulumi.yaml project file found (searching upwards from {start})"
    )


def read_project(file: Path) -> Project:
    """The project in a file; raises EngineError if it cannot be used."""
    found = read_document(file)
    if not isinstance(found, dict):
        raise EngineError(f"{file} must be a mapping")
    runtime, options = runtime_of(file, found)
    main = _text(file, found, "main")
    if isinstance(found.get("config"), str):  # the former name of stackConfigDir
        found = found | {"stackConfigDir": found["config"], "config": None}
    stack_config_dir = _text(file, found, "stackConfigDir")
    return Project(
        name=_name(file, found),
        root=file.parent,
        file=file,
        main=(file.parent / main).resolve() if main else file.parent,
        runtime=runtime,
        options=options,
        stack_config_dir=file.parent / stack_config_dir if stack_config_dir else None,
        config=_config(file, _mapping(file, found, "config")),
        backend_url=str(_mapping(file, found, "backend").get("url") or ""),
        plugins=_mapping(file, found, "plugins"),
        packages=_mapping(file, found, "packages"),
        required_version=_text(file, found, "requiredPulumiVersion"),
    )


def _name(file: Path, found: Mapping[str, Any]) -> str:
    name = found.get("name")
    if not isinstance(name, str) or not name:
        raise EngineError(f"{file} has no 'name'")
    if not _NAME.fullmatch(name):
        raise EngineError(
            f"{file}: the project name {name!r} may hold letters, digits, hyphens, "
            "underscores and periods only, 100 at most"
        )
    return name


def _text(file: Path, found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    if value is not None and not isinstance(value, str):
        raise EngineError(f"{file}: {key!r} must be a string")
    return value or ""


def _config(file: Path, declared: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = map_values(declared, partial(_checked_value, file))
    for key, value in found.items():
        if not isinstance(value, str | int | list | dict):
            raise EngineError(
                f"{file}: the configuration key {key!r} must have a string, a whole number, a bool "
                "or a list as its value; write any other value as its 'default'"
            )
    return found


def _checked_value(file: Path, value: Any) -> Any:
    """A value of Pulumi.yaml that can be passed on as JSON, as the CLI does."""
    if isinstance(value, YamlTimestamp):
        raise EngineError(f"{file}: the date {value} in 'config' needs quotes")
    return float(value) if type(value) is int and value not in INT64 else value


def _mapping(file: Path, found: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = found.get(key)
    if value is not None and not isinstance(value, dict):
        raise EngineError(f"{file}: {key!r} must be a mapping")
    return value or {}
