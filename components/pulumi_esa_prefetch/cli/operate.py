"""The commands preview, up, refresh and destroy for typer; what they do is in `operation`."""

from collections.abc import Callable
from typing import Any, Final

import typer

from pulumi_esa_prefetch.cli.options import ALL, Options, typed

EPILOG: Final = "For every command: -C DIR, --color WHEN, --non-interactive, -v N; see `esa-prefetch --help`."


def register(app: typer.Typer) -> None:
    """Add the four commands."""
    for command in ALL:
        app.command(command, epilog=EPILOG)(typed(_runner(command), command))


def _runner(command: str) -> Callable[..., int]:
    def run(ctx: typer.Context, **flags: Any) -> int:
        # the engine brings gRPC: only now
        from pulumi_esa_prefetch.cli.operation import operate  # noqa: PLC0415

        return operate(command, Options(**flags), ctx.obj)

    return run
