"""Declares a flag to typer: its spellings, its help, the name of its value; knows no single flag."""

from typing import Any

import typer


def flag(
    spellings: str, text: str = "", metavar: str | None = None, **more: Any
) -> Any:
    """A flag with all its spellings, the long one first; without a text it is accepted, but not in the help."""
    return typer.Option(
        *spellings.split(),
        help=text,
        metavar=metavar,
        show_default=False,
        hidden=not text,
        **more,
    )
