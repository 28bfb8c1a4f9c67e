"""The global flags of one call: directory, colour, whether the user can be asked; knows no command.

Commands find them as the object of their typer context.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_embedded_engine.errors import EngineError

COLORS: Final = ("auto", "always", "never", "raw")


@dataclass(frozen=True, slots=True)
class GlobalFlags:
    """The global flags, with `color` and `interactive` already decided."""

    cwd: Path
    color: bool
    interactive: bool
    verbose: int = 0
    full_names: bool = False

    @classmethod
    def of(
        cls,
        environ: Mapping[str, str],
        *,
        cwd: str,
        color: str,
        non_interactive: bool,
        verbose: str,
        full_names: bool,
    ) -> "GlobalFlags":
        """The global flags, decided with the environment; raises EngineError for a value that is not valid."""
        if color not in COLORS:
            raise EngineError(
                f"unsupported color option {color!r}: auto, always, never or raw is expected"
            )
        terminal = _is_terminal(environ)
        return cls(
            cwd=_directory(cwd),
            color=color == "always"
            or (color == "auto" and terminal and "NO_COLOR" not in environ),
            interactive=terminal and not non_interactive and not environ.get("CI"),
            verbose=_number(verbose),
            full_names=full_names,
        )


def _is_terminal(environ: Mapping[str, str]) -> bool:
    if environ.get("TERM", "").lower() == "dumb":
        return False
    return all(
        stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)
    )


def _directory(text: str) -> Path:
    path = Path(text or os.curdir).absolute()
    if not path.is_dir():
        raise EngineError(f"--cwd: {text} is not a directory")
    return path


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise EngineError(
            f'invalid argument "{text}" for -v, --verbose: a number is expected'
        ) from None
