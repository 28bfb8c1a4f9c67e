"""Options that several commands share, and the stack that they name; runs no command."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from pulumi_embedded_engine.config.project import (
    ProjectNotFoundError,
    find_project,
    project_without_file,
)
from pulumi_embedded_engine.errors import DECLINED, FAILED, EngineError
from pulumi_embedded_engine.model.operation_context import Project
from pulumi_embedded_engine.stacks.stack import Stack, open_stack
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.terminal.passphrase_prompt import PassphrasePrompt
from pulumi_esa_cli.terminal.printing import echo

StackName = Annotated[
    str,
    flag("--stack -s", "Name of the stack; default: the selected one.", "NAME"),
]
ShowSecrets = Annotated[
    bool, flag("--show-secrets", "Show secret values in plain text.")
]
AsJson = Annotated[bool, flag("--json -j", "Print JSON instead of text.")]
ConfigFile = Annotated[
    str,
    flag("--config-file", "Use this file instead of `Pulumi.<stack>.yaml`.", "FILE"),
]
Output = Annotated[str, flag("--output", "Output format: default or json.", "FORMAT")]
Yes = Annotated[bool, flag("--yes -y", "Continue without asking.")]

GroupCommands = Mapping[tuple[str, ...], Callable[..., None]]

MASK: Final = "[secret]"
INTERRUPTED: Final = (
    "a run on '{name}' was interrupted, and this is the state before it: `esa-prefetch cancel` "
    "brings into the state what that run did"
)


def add_group(
    app: typer.Typer, name: str, alone: Callable[..., None], commands: GroupCommands
) -> None:
    """Add a group: the function that it calls without a command, and its commands; help shows their first names."""
    group = typer.Typer(invoke_without_command=True, help="")
    group.callback()(alone)
    for names, command in commands.items():
        for word in names:
            group.command(word, hidden=word != names[0])(command)
    app.add_typer(group, name=name)


def current_project() -> Project:
    """The project of the current directory."""
    return find_project(Path.cwd())


def _project_of(reference: str) -> Project:
    """The project of the current directory; without a Pulumi.yaml, the project in the full name of a stack."""
    try:
        return current_project()
    except ProjectNotFoundError:
        names = reference.split("/")
        if len(names) != 3:  # noqa: PLR2004 - organization/project/stack
            raise
        return project_without_file(names[1], Path.cwd())


def passphrase_prompt(global_flags: GlobalFlags) -> PassphrasePrompt | None:
    """The prompt for a passphrase, or None if nobody can be asked."""
    return PassphrasePrompt() if global_flags.interactive else None


def open_selected_stack(
    global_flags: GlobalFlags,
    name: str,
    *,
    config_file: str = "",
    anywhere: bool = False,
) -> Stack:
    """The named or the selected stack; with `anywhere` also without a Pulumi.yaml.

    Raises EngineError if there is none.
    """
    return open_stack(
        _project_of(name) if anywhere else current_project(),
        name or None,
        os.environ,
        # absolute, because the current directory may change
        config_file=Path(config_file).absolute() if config_file else None,
        ask=passphrase_prompt(global_flags),
    )


def open_stack_to_read(global_flags: GlobalFlags, name: str) -> Stack:
    """The stack whose state a command shows, also without a Pulumi.yaml; warns if a run was interrupted."""
    found = open_selected_stack(global_flags, name, anywhere=True)
    warn_of_interruption(found)
    return found


def wants_json(output: str, *, as_json: bool = False) -> bool:
    """Whether --json or --output asks for JSON; raises EngineError for another format, or if both are given."""
    if output not in ("", "default", "json"):
        raise EngineError(
            f'invalid argument "{output}" for --output: default or json is expected'
        )
    if output and as_json:
        raise EngineError("--json and --output cannot be used together")
    return as_json or output == "json"


def stack_name(option: str, argument: str) -> str:
    """The name given as an option or as an argument; raises EngineError if it is given as both."""
    if option and argument:
        raise EngineError(
            "only one of --stack or argument stack name may be specified, not both"
        )
    return option or argument


def confirm_by_name(global_flags: GlobalFlags, prompt: str, name: str) -> None:
    """Ask the user to type the name of the stack; raises EngineError if they type another, or nobody can be asked."""
    if not global_flags.interactive:
        raise EngineError("non-interactive mode requires --yes flag", FAILED)
    echo(prompt)
    answer = typer.prompt(
        f"Please confirm by typing the stack's name ({name})", default=""
    )
    if answer != name:
        raise EngineError("confirmation declined", DECLINED)


def warn_of_empty_values(values: Mapping[str, Any]) -> None:
    """Warn of keys of a stack's configuration that have no value."""
    for key in sorted(key for key, value in values.items() if value is None):
        warn(f'{key} has no value, which is taken as an empty text: write "" to say so')


def warn_of_interruption(stack: Stack) -> None:
    """Warn if a killed run left changes that are not in the state."""
    if stack.is_interrupted:
        warn(INTERRUPTED.format(name=stack.name))


def warn(message: str) -> None:
    """Print a warning."""
    echo(f"warning: {message}", err=True)
