"""The command `cancel`: saves what a killed run did in the state, then clears the locks; stops no process."""

from typing import Annotated

import typer

from pulumi_embedded_engine.stacks import administration
from pulumi_embedded_engine.stacks.administration import CancelResult
from pulumi_esa_cli.flags import common_options
from pulumi_esa_cli.flags.common_options import StackName, Yes
from pulumi_esa_cli.terminal.printing import echo


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("cancel")(cancel)


def cancel(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="STACK", show_default=False)] = "",
    *,
    stack: StackName = "",
    yes: Yes = False,
) -> None:
    """Clear the locks of a stack, after what an interrupted run did was saved in the state."""
    found = common_options.open_selected_stack(
        context.obj, common_options.stack_name(stack, name), anywhere=True
    )
    if not yes and context.obj.interactive:
        common_options.confirm_by_name(
            context.obj,
            f"This will clear all locks of '{found.name}', also those of other users.",
            found.name,
        )
    _print_result(found.name, administration.cancel(found))


def _print_result(name: str, done: CancelResult) -> None:
    if done.aside_file is not None:
        note = "; it names these objects, which may exist without being in the state:"
        common_options.warn(
            f"{done.reason}: the journal was set aside as {done.aside_file}"
            + (note if done.created_objects else "")
        )
        for line in done.created_objects:
            echo(f"  {line}")
    if done.journal_applied:
        echo(
            "What the interrupted run had done is in the state now; `esa-prefetch refresh` shows "
            "whether anything else has changed."
        )
    echo(f"The currently running update for '{name}' has been canceled!")
