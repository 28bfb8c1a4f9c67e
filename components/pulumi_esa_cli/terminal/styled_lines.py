"""Prints styled lines: in colour on a terminal, else as plain text; knows no command."""

import os
import sys
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from pulumi_esa_cli.terminal.printing import echo

_ASCII = str.maketrans("…", "~")


def is_screen() -> bool:
    """Whether output goes to a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM", "").lower() != "dumb"


def print_lines(lines: Sequence[Text], *, color: bool) -> None:
    """Print each line as one line, however long it is."""
    if not is_screen():
        for line in lines:
            echo(line.plain)
        return
    console = Console(no_color=not color, highlight=False)
    for line in lines:
        if console.options.ascii_only:
            line.plain = line.plain.translate(_ASCII)
        console.print(line, soft_wrap=True)
