"""The environment variables of the processes of a run; starts no process."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_embedded_engine.model.operation_context import OperationContext


def is_set(environ: Mapping[str, str], name: str) -> bool:
    """Whether a variable is true, as the CLI reads it."""
    return environ.get(name, "").lower() in {"1", "true"}


def program_directory(context: OperationContext) -> Path:
    """The directory in which the program and its dynamic providers run."""
    main = context.project.main
    return main.parent if main.is_file() else main


def program_environment(context: OperationContext) -> dict[str, str]:
    """The environment of the program: its interpreter first on PATH, and the stack's configuration."""
    environ = _with_interpreter(context)
    config = {key: context.config[key].text for key in sorted(context.config)}
    secrets = [key for key in sorted(context.config) if context.config[key].secret]
    if config:
        environ["PULUMI_CONFIG"] = json.dumps(config)
    environ["PULUMI_CONFIG_SECRET_KEYS"] = json.dumps(secrets)
    return environ


def dynamic_host_environment(context: OperationContext, package: str) -> dict[str, str]:
    """The environment of the dynamic provider host; PULUMI_PROJECT gives configuration keys their default namespace."""
    return {**_with_interpreter(context), **_plugin_variables(context, package)}


def plugin_environment(context: OperationContext, package: str) -> dict[str, str]:
    """The environment of a provider plugin: the engine's own, the runtime options, and the package's configuration."""
    return {**context.environ, **_plugin_variables(context, package)}


def _plugin_variables(context: OperationContext, package: str) -> dict[str, str]:
    options = {
        f"PULUMI_RUNTIME_{name.upper()}": _text(value)
        for name, value in context.project.options.items()
    }
    prefix = f"{package}:"
    # with the texts of its secrets, as the CLI passes them
    config = {
        key.removeprefix(prefix): value.text
        for key, value in sorted(context.config.items())
        if key.startswith(prefix)
    }
    return {
        **options,
        "PULUMI_PROJECT": context.project.name,
        "PULUMI_CONFIG": json.dumps(config, separators=(",", ":")),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _with_interpreter(context: OperationContext) -> dict[str, str]:
    environ: Mapping[str, str] = context.environ
    binaries = context.interpreter.parent
    path = environ.get("PATH", "")
    found = {key: value for key, value in environ.items() if key != "PYTHONHOME"}
    found["PATH"] = f"{binaries}:{path}" if path else str(binaries)
    if (binaries.parent / "pyvenv.cfg").exists():
        found["VIRTUAL_ENV"] = str(binaries.parent)
    return found
