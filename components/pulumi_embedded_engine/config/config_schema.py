"""Checks a stack's configuration against Pulumi.yaml: required values and their types; gives no defaults."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pulumi_embedded_engine.config.stack_config_file import full_key
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import ConfigValue, Project


def check_config(
    project: Project, stack: str, values: Mapping[str, ConfigValue]
) -> None:
    """Raise EngineError for a value that is missing, not encrypted, or of the wrong type."""
    own = {
        key: (declared if isinstance(declared, dict) else {}, values.get(full))
        for key, declared in sorted(project.config.items())
        if (full := full_key(key, project.name)).startswith(f"{project.name}:")
    }
    missing = [f"'{key}'" for key, (_, value) in own.items() if value is None]
    if missing:
        values_ = "values" if len(missing) > 1 else "value"
        raise _InvalidConfigError(
            f"Stack '{stack}' is missing configuration {values_} {_enumerated(missing)}"
        )
    for key, (declared, value) in own.items():
        if value is not None and declared.get("type") is not None:
            _check_value(
                f"Stack '{stack}' with configuration key '{key}'", declared, value
            )


class _InvalidConfigError(EngineError):
    def __init__(self, message: str) -> None:
        super().__init__(f"validating stack config: {message}")


def _enumerated(names: list[str]) -> str:
    return ", ".join(names[:-1]) + " and " + names[-1] if names[1:] else names[0]


def _check_value(where: str, declared: Mapping[str, Any], value: ConfigValue) -> None:
    if declared.get("secret") and not value.secret:
        raise _InvalidConfigError(f"{where} must be encrypted as it's secret")
    if not _fits(declared, _parsed(declared, value.text)):
        raise _InvalidConfigError(f"{where} must be of type '{_type(declared)}'")


def _parsed(declared: Mapping[str, Any], text: str) -> Any:
    """The value of a text; the text of a list or map is JSON."""
    if declared["type"] not in ("array", "object"):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _type(declared: Mapping[str, Any]) -> str:
    items = declared.get("items")
    return (
        f"array<{_type(items)}>" if isinstance(items, dict) else str(declared["type"])
    )


def _fits(declared: Mapping[str, Any], value: Any) -> bool:
    kind, items = declared.get("type"), declared.get("items")
    if kind == "array":
        return isinstance(value, list) and all(_fits(items or {}, v) for v in value)
    if kind == "integer":
        return _is_whole(value)
    if kind == "boolean":
        return isinstance(value, bool) or value in ("true", "false")
    return isinstance(value, {"string": str, "object": dict}.get(str(kind), object))


def _is_whole(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"[-+]?[0-9]+", value) is not None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and float(value).is_integer()
