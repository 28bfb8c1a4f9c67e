"""What holds for any command of one call: directory, colour, whether somebody can be asked; holds no command.

Commands find it as the object of their typer context.
"""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pulumi_esa_prefetch.cli.grammar import HELP, Spec
from pulumi_esa_prefetch.engine.errors import EngineError

COLORS: Final = ("auto", "always", "never", "raw")

GLOBALS: Final = {
    spelling: spec
    for spellings, spec in (
        (("--cwd", "-C"), Spec("--cwd")),
        (("--color",), Spec("--color")),
        (("--non-interactive",), Spec("--non-interactive", switch=True, bare="true")),
        (("--verbose", "-v"), Spec("--verbose", bare="1")),
        (("--version",), Spec("--version", switch=True, bare="true")),
        (("--help", "-h"), HELP),
        (
            ("--fully-qualify-stack-names", "-Q"),
            Spec("--fully-qualify-stack-names", switch=True, bare="true"),
        ),
        # taken and without effect, so that a script runs with either
        (("--logtostderr",), Spec("--logtostderr", switch=True, bare="true")),
        (("--logflow",), Spec("--logflow", switch=True, bare="true")),
        (("--emoji", "-e"), Spec("--emoji", switch=True, bare="true")),
    )
    for spelling in spellings
}


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command: `color` and `interactive` are decided, `verbose` is 0 for people."""

    cwd: Path
    color: bool
    interactive: bool
    verbose: int = 0
    full_names: bool = False


def session(given: Mapping[str, str], environ: Mapping[str, str]) -> Session:
    """What the global flags and the surroundings amount to; raises EngineError for a value that cannot be."""
    color = given.get("--color", "auto")
    if color not in COLORS:
        raise EngineError(
            f"unsupported color option {color!r}: auto, always, never or raw is expected"
        )
    terminal = _terminal(environ)
    return Session(
        cwd=_directory(given.get("--cwd", "")),
        color=color == "always"
        or (color == "auto" and terminal and "NO_COLOR" not in environ),
        interactive=terminal
        and given.get("--non-interactive") != "true"
        and not environ.get("CI"),
        verbose=_number(given.get("--verbose", "0")),
        full_names=given.get("--fully-qualify-stack-names") == "true",
    )


def _terminal(environ: Mapping[str, str]) -> bool:
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
    if not text.isdigit():
        raise EngineError(
            f'invalid argument "{text}" for -v, --verbose: a number is expected'
        )
    return int(text)
