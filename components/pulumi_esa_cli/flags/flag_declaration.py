"""How a flag is declared to typer: its spellings, its help, a word for its value; knows no single flag."""

from typing import Any

import typer


def flag(
    spellings: str, text: str = "", metavar: str | None = None, **more: Any
) -> Any:
    """A flag by all its spellings, the long one first; one without a text is taken, and not shown in the help."""
    return typer.Option(
        *spellings.split(),
        help=text,
        metavar=metavar,
        show_default=False,
        hidden=not text,
        **more,
    )
