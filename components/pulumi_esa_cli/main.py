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
from importlib import import_module, metadata
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from pulumi_embedded_engine.errors import DECLINED, FAILED, INTERNAL, EngineError
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.flags.pflag_grammar import normalized_arguments
from pulumi_esa_cli.pulumi.operation_commands import OPERATIONS, flags_from_environment
from pulumi_esa_cli.terminal.printing import echo

INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141

ABOUT: Final = (
    "Declare which prefetch plans of Alibaba Cloud ESA are running, with Pulumi.\n\n"
    "preview, up, refresh, destroy, stack, config and cancel take the flags of the "
    "pulumi CLI, and work on the same files."
)


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command: the module of `cli` whose `register(app)` defines it, what it is for, and its other names."""

    module: str
    help: str
    aliases: tuple[str, ...] = ()


COMMANDS: Final[Mapping[str, CommandEntry]] = {
    "preview": CommandEntry(
        "pulumi.operation_commands",
        "Show what `up` would do; changes nothing.",
        ("pre",),
    ),
    "up": CommandEntry(
        "pulumi.operation_commands",
        "Make the stack what the program declares: a preview, a question, then the changes.",
        ("update",),
    ),
    "refresh": CommandEntry(
        "pulumi.operation_commands",
        "Read what there really is, and bring the state up to date with it; changes no resource.",
    ),
    "destroy": CommandEntry(
        "pulumi.operation_commands",
        "Delete all resources of the stack; its configuration and history stay.",
        ("down", "dn"),
    ),
    "stack": CommandEntry(
        "pulumi.stack_commands",
        "Make, select, list, look at, export, import and remove stacks.",
    ),
    "config": CommandEntry(
        "pulumi.config_commands",
        "Set, get, list and remove the configuration of a stack.",
    ),
    "cancel": CommandEntry(
        "pulumi.cancel_command", "Clear the lock that an interrupted operation left."
    ),
    "summary": CommandEntry(
        "esa.summary_command",
        "Say what a preview means for an origin, for a pull request.",
    ),
    "progress": CommandEntry(
        "esa.progress_command",
        "Show how far the plans of a stack are, until they rest.",
    ),
    "timeline": CommandEntry(
        "esa.timeline_command", "Show what each origin will get over time."
    ),
    "policy": CommandEntry(
        "esa.policy_command",
        "Judge an exported state by the limits on an origin's load.",
    ),
    "emulator": CommandEntry(
        "esa.emulator_command", "Run a local ESA to try things on."
    ),
    "version": CommandEntry("main", "Print the version."),
}
COMMAND_NAMES: Final = {
    word: name for name, entry in COMMANDS.items() for word in (name, *entry.aliases)
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _replace_unprintable()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        # typer makes an exit of a pipe that is closed
        if not isinstance(error.__context__ or error, BrokenPipeError):
            raise
        _discard_output()
        return PIPE_CLOSED
    except (KeyboardInterrupt, typer.Abort) as error:
        return DECLINED if isinstance(error.__cause__, EOFError) else INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the process' edge: a person gets a sentence
        return _report(
            error, verbose=any(w.startswith(("--verbose", "-v")) for w in arguments)
        )
    return code


class LazyCommandGroup(TyperGroup):
    """All commands by their words: one is imported when it is asked for, and none for the help that lists them."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command that a word means, None if there is none."""
        name = COMMAND_NAMES.get(cmd_name)
        if name and cmd_name not in self.commands:
            app = typer.Typer(rich_markup_mode="markdown")
            app.callback()(lambda: None)
            import_module(f"{__package__}.{COMMANDS[name].module}").register(app)
            made: Any = typer.main.get_command(app)
            command = made.commands[name]
            command.help = command.help or COMMANDS[name].help
            _hide_flag_types(command)
            self.commands.update(made.commands, **{cmd_name: command})
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """Every word that there is."""
        del ctx
        return list(COMMAND_NAMES)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help, for which it is enough what commands are for."""
        self.commands = {
            word: TyperCommand(word, help=COMMANDS[name].help, hidden=word != name)
            for word, name in COMMAND_NAMES.items()
        }
        super().format_help(ctx, formatter)


def register(app: typer.Typer) -> None:
    """Add the command `version`."""
    app.command("version")(_print_version)


def _print_version() -> None:
    echo(f"v{metadata.version('pulumi-esa-prefetch')}")


def _hide_flag_types(command: Any) -> None:
    """Have the help name no type for flags that take no value."""
    for option in command.get_params(typer.Context(command)):
        if getattr(option, "is_flag", False):
            option.metavar = ""
    for inner in getattr(command, "commands", {}).values():
        _hide_flag_types(inner)


def _run(argv: list[str]) -> int:
    app = typer.Typer(
        cls=LazyCommandGroup,
        help=ABOUT,
        add_completion=False,
        rich_markup_mode="markdown",
    )
    app.callback(invoke_without_command=True)(_global_flags)
    root: Any = typer.main.get_command(app)
    _hide_flag_types(root)
    if argv[:1] == ["help"]:
        argv = [*argv[1:], "--help"]
    ahead = argv[:1] and argv[0].startswith("-")
    early = [root.get_command(None, name) for name in OPERATIONS] if ahead else []
    result = root.main(
        args=normalized_arguments(
            argv, root, early, flags_from_environment(os.environ)
        ),
        prog_name="esa-prefetch",
        standalone_mode=False,
    )
    return result if isinstance(result, int) else 0


def _report(error: Exception, *, verbose: bool) -> int:
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


def _replace_unprintable() -> None:
    """A terminal that cannot show a character shows another one, instead of an error in the midst of a deployment."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _discard_output() -> None:
    """Nobody reads any more: the interpreter's own flush at exit must not complain again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _global_flags(
    context: typer.Context,
    *,
    cwd: Annotated[str, flag("--cwd -C", "Run as if started there.", "DIR")] = "",
    color: Annotated[
        str, flag("--color", "auto, always, never or raw.", "WHEN")
    ] = "auto",
    non_interactive: Annotated[bool, flag("--non-interactive", "Never ask.")] = False,
    verbose: Annotated[
        str, flag("--verbose -v", "Say more; an error comes with its trace.", "N")
    ] = "0",
    version: Annotated[bool, flag("--version", "Print the version.")] = False,
    full_names: Annotated[
        bool, flag("--fully-qualify-stack-names -Q", "Show stacks by full names.")
    ] = False,
    # taken and without effect, so that a script runs with either
    _to_stderr: Annotated[bool, flag("--logtostderr")] = False,
    _flow: Annotated[bool, flag("--logflow")] = False,
    _emoji: Annotated[bool, flag("--emoji -e")] = False,
) -> None:
    context.obj = GlobalFlags.of(
        os.environ,
        cwd=cwd,
        color=color,
        non_interactive=non_interactive,
        verbose=verbose,
        full_names=full_names,
    )
    os.chdir(context.obj.cwd)
    if context.invoked_subcommand is None and version:
        _print_version()
    elif context.invoked_subcommand is None:
        echo(context.get_help())
