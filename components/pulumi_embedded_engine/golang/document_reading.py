"""Reads a YAML or JSON file as the CLI reads it; does not interpret it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import parse_object
from pulumi_embedded_engine.golang.yaml_reading import load_yaml


def read_document(file: Path) -> Any:
    """The value of a YAML or JSON file; raises EngineError if it cannot be read."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise EngineError(f"{file} cannot be read: {error.strerror}") from None
    return parse_document(content, file)


def parse_document(content: bytes, file: Path) -> Any:
    """The value of the content of a YAML or JSON file; raises EngineError if it cannot be read."""
    if file.suffix == ".json":
        return parse_object(content, str(file))
    try:
        return load_yaml(content.decode("utf-8-sig"), str(file))
    except UnicodeDecodeError:
        raise EngineError(f"{file} is not UTF-8 text") from None


def runtime_of(file: Path, found: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The runtime that a Pulumi.yaml or PulumiPlugin.yaml names, and its options."""
    runtime = found.get("runtime")
    options: Any = {}
    if isinstance(runtime, dict):
        options = runtime.get("options") or {}
        runtime = runtime.get("name")
    if not isinstance(runtime, str) or not runtime or not isinstance(options, dict):
        raise EngineError(f"{file} has no 'runtime' that can be read")
    return runtime, options
