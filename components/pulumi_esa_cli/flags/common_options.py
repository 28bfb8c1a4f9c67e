"""From a command's options to the stack it means, and the words that every such command shares.

Decides nothing else.
"""

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
    flag("--stack -s", "The stack; by default the selected one.", "NAME"),
]
ShowSecrets = Annotated[
    bool, flag("--show-secrets", "Show secret values in plain text.")
]
AsJson = Annotated[bool, flag("--json -j", "Print JSON instead of text.")]
ConfigFile = Annotated[
    str,
    flag("--config-file", "Use this file instead of `Pulumi.<stack>.yaml`.", "FILE"),
]
Output = Annotated[str, flag("--output", "default or json.", "FORMAT")]
Yes = Annotated[bool, flag("--yes -y", "Go on without asking.")]

GroupCommands = Mapping[tuple[str, ...], Callable[..., None]]

MASK: Final = "[secret]"
INTERRUPTED: Final = (
    "a run on '{name}' was interrupted, and this is the state before it: `esa-prefetch cancel` "
    "brings into the state what that run did"
)


def add_group(
    app: typer.Typer, name: str, alone: Callable[..., None], commands: GroupCommands
) -> None:
    """Add a group: what it does `alone`, and its commands by their names, of which help shows the first."""
    group = typer.Typer(invoke_without_command=True, help="")
    group.callback()(alone)
    for names, command in commands.items():
        for word in names:
            group.command(word, hidden=word != names[0])(command)
    app.add_typer(group, name=name)


def current_project() -> Project:
    """The project of the directory that the command runs in."""
    return find_project(Path.cwd())


def _project_of(reference: str) -> Project:
    """The project of this directory, or the one that a stack's full name names."""
    try:
        return current_project()
    except ProjectNotFoundError:
        names = reference.split("/")
        if len(names) != 3:  # noqa: PLR2004 - organization/project/stack
            raise
        return project_without_file(names[1], Path.cwd())


def passphrase_prompt(global_flags: GlobalFlags) -> PassphrasePrompt | None:
    """What asks for a passphrase, if somebody can be asked."""
    return PassphrasePrompt() if global_flags.interactive else None


def open_selected_stack(
    global_flags: GlobalFlags,
    name: str,
    *,
    config_file: str = "",
    anywhere: bool = False,
) -> Stack:
    """The stack that a command means, `anywhere` also without a Pulumi.yaml; raises EngineError if there is none."""
    return open_stack(
        _project_of(name) if anywhere else current_project(),
        name or None,
        os.environ,
        # from here on it may be used in any directory
        config_file=Path(config_file).absolute() if config_file else None,
        ask=passphrase_prompt(global_flags),
    )


def open_stack_to_read(global_flags: GlobalFlags, name: str) -> Stack:
    """The stack whose state a command shows, also without a Pulumi.yaml; warns if a run was interrupted."""
    found = open_selected_stack(global_flags, name, anywhere=True)
    warn_of_interruption(found)
    return found


def wants_json(output: str, *, as_json: bool = False) -> bool:
    """Whether JSON is asked for, by --json or by --output; raises EngineError for another format, or both."""
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
    """Let a person confirm by typing the stack's name; raises EngineError if they do not, or nobody can be asked."""
    if not global_flags.interactive:
        raise EngineError("non-interactive mode requires --yes flag", FAILED)
    echo(prompt)
    answer = typer.prompt(
        f"Please confirm by typing the stack's name ({name})", default=""
    )
    if answer != name:
        raise EngineError("confirmation declined", DECLINED)


def warn_of_empty_values(values: Mapping[str, Any]) -> None:
    """Say which keys of a stack's configuration have no value."""
    for key in sorted(key for key, value in values.items() if value is None):
        warn(f'{key} has no value, which is taken as an empty text: write "" to say so')


def warn_of_interruption(stack: Stack) -> None:
    """Warn if a killed run left changes that the state lacks."""
    if stack.is_interrupted:
        warn(INTERRUPTED.format(name=stack.name))


def warn(message: str) -> None:
    """Say something that does not end the command."""
    echo(f"warning: {message}", err=True)
