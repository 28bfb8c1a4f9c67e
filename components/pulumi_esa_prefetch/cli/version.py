"""`esa-prefetch version`; knows nothing but the installed package's metadata."""

from importlib import metadata

import typer


def register(app: typer.Typer) -> None:
    """Add the command `version`."""

    @app.command(help="Print the version.")
    def version() -> None:
        typer.echo(f"v{metadata.version('pulumi-esa-prefetch')}")
