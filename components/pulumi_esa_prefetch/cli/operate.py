"""The commands preview, up, refresh and destroy for typer; what they do is in `operation`."""

import os
from collections.abc import Callable
from typing import Any, Final

import typer

from pulumi_esa_prefetch.cli.options import ALL, Options, typed

HELP: Final = {
    "preview": "Show what `up` would do; changes nothing.",
    "up": "Make the stack what the program declares: a preview, a question, then the changes.",
    "refresh": "Read what there really is, and bring the state up to date with it; changes no resource.",
    "destroy": "Delete all resources of the stack; its configuration and history stay.",
}
EPILOG: Final = "For every command: -C DIR, --color WHEN, --non-interactive, -v N; see `esa-prefetch --help`."


def register(app: typer.Typer) -> None:
    """Add the four commands."""
    for command in ALL:
        app.command(command, help=HELP[command], epilog=EPILOG)(
            typed(_runner(command), command)
        )


def _runner(command: str) -> Callable[..., int]:
    def run(ctx: typer.Context, **flags: Any) -> int:
        # the engine brings gRPC: only now
        from pulumi_esa_prefetch.cli.operation import operate  # noqa: PLC0415

        return operate(command, Options(**flags), ctx.obj, dict(os.environ))

    return run
