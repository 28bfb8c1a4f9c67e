"""From a command's options to the stack it means, and the words that every such command shares.

Decides nothing else.
"""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from pulumi_esa_prefetch.engine.context import Project
from pulumi_esa_prefetch.engine.errors import DECLINED, FAILED, EngineError
from pulumi_esa_prefetch.engine.project import find_project
from pulumi_esa_prefetch.engine.stack import Stack, open_stack

StackName = Annotated[
    str,
    typer.Option(
        "--stack",
        "-s",
        metavar="NAME",
        help="The stack; by default the selected one.",
        show_default=False,
    ),
]
ShowSecrets = Annotated[
    bool, typer.Option("--show-secrets", help="Show secret values in plain text.")
]
AsJson = Annotated[
    bool, typer.Option("--json", "-j", help="Print JSON instead of text.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Go on without asking.")]

MASK: Final = "[secret]"


def project() -> Project:
    """The project of the directory that the command runs in."""
    return find_project(Path.cwd())


def chosen(context: typer.Context, name: str) -> str:
    """The stack that the command names, or that its group names (`stack -s dev output`), or ""."""
    group = context.parent
    return name or str((group.params if group else {}).get("stack") or "")


def opened(context: typer.Context, name: str) -> Stack:
    """The stack that a command means; raises EngineError if there is none."""
    return open_stack(project(), chosen(context, name) or None, os.environ)


def one_name(option: str, argument: str) -> str:
    """The name given as an option or as an argument; raises EngineError if it is given as both."""
    if option and argument:
        raise EngineError(
            "only one of --stack or argument stack name may be specified, not both"
        )
    return option or argument


def confirm(context: typer.Context, prompt: str, name: str) -> None:
    """Let a person confirm by typing the stack's name; raises EngineError if they do not, or nobody can be asked."""
    if not is_interactive(context):
        raise EngineError("non-interactive mode requires --yes flag", FAILED)
    typer.echo(prompt)
    answer = typer.prompt(
        f"Please confirm by typing the stack's name ({name})", default=""
    )
    if answer != name:
        raise EngineError("confirmation declined", DECLINED)


def is_interactive(context: typer.Context) -> bool:
    """Whether somebody can be asked."""
    return bool(getattr(context.obj, "interactive", False))


def warn(message: str) -> None:
    """Say something that does not end the command."""
    typer.echo(f"warning: {message}", err=True)
