"""What holds for any command of one call: directory, colour, whether somebody can be asked; holds no command.

Commands find it as the object of their typer context.
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
    """One call of the command: `color` and `interactive` are decided, `verbose` is 0 for people."""

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
        """What the global flags and the surroundings amount to; raises EngineError for a value that cannot be."""
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
