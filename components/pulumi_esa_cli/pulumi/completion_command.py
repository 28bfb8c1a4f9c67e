"""`esa-prefetch gen-completion`: prints the script that lets a shell complete the command; typer makes it."""

from typing import Annotated, Final, Literal

import typer
from typer import completion

from pulumi_esa_cli.terminal.printing import print_value

PROGRAM: Final = "esa-prefetch"
VARIABLE: Final = "_ESA_PREFETCH_COMPLETE"
"""The variable by which the script asks the command; typer's name for it."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gen-completion")(gen_completion)


def gen_completion(
    shell: Annotated[
        Literal["bash", "zsh", "fish"],
        typer.Argument(metavar="SHELL", help="bash, zsh or fish.", show_default=False),
    ],
) -> None:
    """Print the completion script for a shell."""
    # an attribute of the module, because typer does not export it by name
    script = vars(completion)["get_completion_script"]
    print_value(script(prog_name=PROGRAM, complete_var=VARIABLE, shell=shell))


def let_shells_complete() -> None:
    """Make typer's shells known, before it answers one."""
    vars(completion)["completion_init"]()
