"""The entry point: finds the command and lets its room answer; does no work itself.

Errors become a sentence and an exit code. A command's module is imported when the
command is called, for start-up time is felt on every call.
"""

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Annotated, Any, Final

import typer

from pulumi_esa_prefetch.cli import lacking
from pulumi_esa_prefetch.cli.grammar import Grammar, Line, Node, node_of, read
from pulumi_esa_prefetch.cli.options import early_flags, from_environment
from pulumi_esa_prefetch.cli.printing import echo
from pulumi_esa_prefetch.cli.session import GLOBALS, session
from pulumi_esa_prefetch.engine.errors import DECLINED, FAILED, INTERNAL, EngineError

INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141

ABOUT: Final = (
    "Declare which prefetch plans of Alibaba Cloud ESA are running, with Pulumi.\n\n"
    "preview, up, refresh, destroy, stack, config and cancel take the flags of the "
    "pulumi CLI, and work on the same files."
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: the module of `cli` whose `register(app)` defines it, what it is for, and its other names."""

    module: str
    help: str
    aliases: tuple[str, ...] = ()


COMMANDS: Final[Mapping[str, Entry]] = {
    "preview": Entry("operate", "Show what `up` would do.", ("pre",)),
    "up": Entry("operate", "Make the stack what the program declares.", ("update",)),
    "refresh": Entry(
        "operate", "Bring the state up to date with what there really is."
    ),
    "destroy": Entry("operate", "Delete all resources of the stack.", ("down", "dn")),
    "stack": Entry(
        "stack", "Make, select, list, look at, export, import and remove stacks."
    ),
    "config": Entry(
        "config", "Set, get, list and remove the configuration of a stack."
    ),
    "cancel": Entry("cancel", "Clear the lock that an interrupted operation left."),
    "summary": Entry(
        "summary", "Say what a preview means for an origin, for a pull request."
    ),
    "progress": Entry(
        "progress", "Show how far the plans of a stack are, until they rest."
    ),
    "timeline": Entry("timeline", "Show what each origin will get over time."),
    "policy": Entry(
        "policy", "Judge an exported state by the limits on an origin's load."
    ),
    "emulator": Entry("emulator", "Run a local ESA to try things on."),
    "version": Entry("version", "Print the version."),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _take_any_character()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        # typer makes an exit of a pipe that is closed
        if not isinstance(error.__context__ or error, BrokenPipeError):
            raise
        _silence()
        return PIPE_CLOSED
    except (KeyboardInterrupt, typer.Abort) as error:
        return DECLINED if isinstance(error.__cause__, EOFError) else INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the process' edge: a person gets a sentence
        return _told(
            error, verbose=any(w.startswith(("--verbose", "-v")) for w in arguments)
        )
    return code


def _run(argv: list[str]) -> int:
    app = _app()
    commands = {
        word: partial(_load, app, name)
        for name, entry in COMMANDS.items()
        for word in (name, *entry.aliases)
    }
    grammar = Grammar(
        GLOBALS,
        early_flags(),
        from_environment(os.environ),
        lacking.flag,
        lacking.command,
    )
    if argv[:1] == ["help"]:
        argv = [*argv[1:], "--help"]
    line = read(argv, Node("", {}, commands), grammar)
    if not line.arguments:
        line = _without_command(line, app)
    return _invoke(app, line)


def _app() -> typer.Typer:
    app = typer.Typer(
        name="esa-prefetch",
        help=ABOUT,
        add_completion=False,
        rich_markup_mode="markdown",
    )
    app.callback()(_everywhere)
    return app


def _load(app: typer.Typer, name: str) -> Node:
    """Import a command's module, let it register its commands, and give the grammar of the one."""
    import_module(f"pulumi_esa_prefetch.cli.{COMMANDS[name].module}").register(app)
    group: Any = typer.main.get_command(app)
    return node_of(group.commands[name])


def _without_command(line: Line, app: typer.Typer) -> Line:
    """What to do when no command is named: the version, or the help with all commands (of which none is imported)."""
    if line.globals.get("--version") == "true":
        _load(app, "version")
        return Line(line.globals, ["version"])
    for name, entry in COMMANDS.items():
        app.command(name, help=entry.help)(_named_only)
    return Line(line.globals, ["--help"])


def _invoke(app: typer.Typer, line: Line) -> int:
    here = session(line.globals, os.environ)
    os.chdir(here.cwd)
    command = typer.main.get_command(app)
    result = command.main(
        args=list(line.arguments),
        prog_name="esa-prefetch",
        standalone_mode=False,
        obj=here,
    )
    return result if isinstance(result, int) else 0


def _told(error: Exception, *, verbose: bool) -> int:
    """Say an error on stderr, in one sentence, or with its trace if that was asked for."""
    if verbose:
        traceback.print_exception(error)
    if isinstance(error, EngineError):
        message, code = str(error), error.exit_code
    elif hasattr(error, "format_message"):  # what typer has against the command line
        message, code = error.format_message(), FAILED
    elif isinstance(error, OSError) and error.filename is not None:
        message, code = f"{error.filename}: {error.strerror}", FAILED
    else:
        message = f"internal error: {type(error).__name__}: {error}; run it again with --verbose to see where"
        code = INTERNAL
    with contextlib.suppress(OSError):
        echo(f"error: {message}", err=True)
    return code


def _take_any_character() -> None:
    """A terminal that cannot show a character shows another one, instead of an error in the midst of a deployment."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _silence() -> None:
    """Nobody reads any more: the interpreter's own flush at exit must not complain again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _named_only() -> None:
    """Stand for a command in the list of all."""


def _everywhere(
    *,
    cwd: Annotated[
        str,
        typer.Option(
            "--cwd",
            "-C",
            metavar="DIR",
            help="Run as if started there.",
            show_default=False,
        ),
    ] = "",
    color: Annotated[
        str, typer.Option(metavar="WHEN", help="auto, always, never or raw.")
    ] = "auto",
    non_interactive: Annotated[
        bool, typer.Option("--non-interactive", help="Never ask.")
    ] = False,
    verbose: Annotated[
        int,
        typer.Option(
            "--verbose", "-v", help="Say more; an error comes with its trace."
        ),
    ] = 0,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.")
    ] = False,
) -> None:
    """Show the global flags in the help; `session` has read them by then."""
    del cwd, color, non_interactive, verbose, version
