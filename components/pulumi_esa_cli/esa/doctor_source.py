"""Reads what `doctor` examines: the config of the selected stack, as far as it can be read; writes nothing."""

import os
from pathlib import Path
from typing import Final

from pulumi_embedded_engine.config.project import ProjectNotFoundError, find_project
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import ConfigValue
from pulumi_embedded_engine.stacks.stack import Stack, open_stack
from pulumi_esa_cli.flags.common_options import passphrase_prompt
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_prefetch.doctor.findings import Finding, Status
from pulumi_esa_prefetch.doctor.setting_checks import MASK, ConfigSource, usable_config

_ALONE: Final = "the environment alone is checked"
_SET_IT: Final = "set PULUMI_CONFIG_PASSPHRASE to the stack's passphrase"

Config = dict[str, ConfigValue]


def read_examined(global_flags: GlobalFlags, name: str) -> tuple[ConfigSource, Finding]:
    """The config of the named or selected stack with the environment, and the line on the stack.

    Without a stack, the environment alone.
    """
    try:
        stack = open_stack(
            find_project(Path.cwd()),
            name or None,
            os.environ,
            ask=passphrase_prompt(global_flags),
        )
        config, problem = _config(stack)
    except EngineError as error:
        return ConfigSource({}, os.environ), _without_stack(error, name)
    return _source(config), _stack_finding(stack, problem)


def lacks_secrets(about_stack: Finding) -> bool:
    """Whether the secrets of the stack could not be read, so that other keys than the stack's may be used."""
    return about_stack.what_to_do == _SET_IT


def _config(stack: Stack) -> tuple[Config, EngineError | None]:
    """The config, with masked secrets if they cannot be read, and why."""
    try:
        return stack.read_config(), None
    except EngineError as error:
        return stack.read_config(lambda _: MASK), error


def _source(config: Config) -> ConfigSource:
    secrets = {key: value for key, value in config.items() if value.secret}
    texts = [text for v in secrets.values() for text in (v.text, *v.hidden)]
    return ConfigSource(
        usable_config({key: value.text for key, value in config.items()}),
        os.environ,
        frozenset(secrets),
        tuple(texts),
    )


def _stack_finding(stack: Stack, problem: EngineError | None) -> Finding:
    text = f"{stack.name} of project {stack.project.name}"
    if problem is None:
        return Finding("stack", "ok", text)
    return Finding(
        "stack",
        "warning",
        f"{text}; the secrets of its config cannot be read: {problem}",
        _SET_IT,
    )


def _without_stack(error: EngineError, name: str) -> Finding:
    if isinstance(error, ProjectNotFoundError) and not name:
        return Finding("stack", "ok", f"no project here: {_ALONE}")
    status: Status = "failed" if name else "warning"
    text = f"{str(error).removesuffix('.')}: {_ALONE}"
    return Finding("stack", status, text, "select a stack, or name one by --stack")
