"""The entry point: finds the command, imports its module and runs it; does nothing else itself.

An error becomes one sentence and an exit code. The module of a command is imported only when the command is
called, because every call pays for imports.
"""

import contextlib
import errno
import io
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import SimpleNamespace
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from pulumi_embedded_engine.errors import DECLINED, FAILED, INTERNAL, EngineError
from pulumi_esa_cli.flags.examples import examples_text
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.flags.pflag_grammar import normalized_arguments
from pulumi_esa_cli.missing_packages import missing_package
from pulumi_esa_cli.pulumi.completion_command import VARIABLE, let_shells_complete
from pulumi_esa_cli.pulumi.operation_commands import OPERATIONS, flags_from_environment
from pulumi_esa_cli.terminal.printing import echo

INTERRUPTED: Final = 130
PIPE_CLOSED: Final = 141


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """A command: the module whose `register(app)` defines it, its help, and its other names."""

    module: str
    help: str
    aliases: tuple[str, ...] = ()


COMMANDS: Final[Mapping[str, CommandEntry]] = {
    "preview": CommandEntry(
        "pulumi.operation_commands",
        "Show what `up` would do; change nothing.",
        ("pre",),
    ),
    "up": CommandEntry(
        "pulumi.operation_commands",
        "Apply the stack: show a preview, ask, then make the changes.",
        ("update",),
    ),
    "refresh": CommandEntry(
        "pulumi.operation_commands",
        "Read the real resources into the state; change no resource.",
    ),
    "destroy": CommandEntry(
        "pulumi.operation_commands",
        "Delete all resources; keep configuration and history.",
        ("down", "dn"),
    ),
    "stack": CommandEntry(
        "pulumi.stack_commands",
        "Create, select, list, show, export, import, remove stacks.",
    ),
    "config": CommandEntry(
        "pulumi.config_commands",
        "Set, get, list and remove the configuration of a stack.",
    ),
    "cancel": CommandEntry(
        "pulumi.cancel_command",
        "Save what a killed run did, and clear its lock.",
    ),
    "gen-completion": CommandEntry(
        "pulumi.completion_command",
        "Print the completion script for bash, zsh or fish.",
        ("completion",),
    ),
    "summary": CommandEntry(
        "esa.summary_command",
        "Say what a preview means for plans and origins.",
    ),
    "progress": CommandEntry(
        "esa.progress_command",
        "Show the progress of a stack's plans until they end.",
    ),
    "timeline": CommandEntry(
        "esa.timeline_command", "Show the load on each origin over time."
    ),
    "policy": CommandEntry(
        "esa.policy_command",
        "Check a state against the limits on the load of origins.",
    ),
    "doctor": CommandEntry(
        "esa.doctor",
        "Check settings, keys, connection, rights and versions.",
    ),
    "warm": CommandEntry(
        "esa.warm.command", "Measure how much of a URL list the edge has in its cache."
    ),
    "plan": CommandEntry(
        "esa.plan.group",
        "List, start, stop, rerun and wait for plans by hand.",
    ),
    "emulator": CommandEntry(
        "esa.emulator_command", "Run a local ESA for tests and trials."
    ),
    "version": CommandEntry("main", "Print the version; so does --version."),
}
FIRST_OF_OURS: Final = "summary"
COMMAND_NAMES: Final = {
    word: name for name, entry in COMMANDS.items() for word in (name, *entry.aliases)
}


GLOBAL_FLAGS_HELP: Final = """\
Every command has these flags too:
  -C, --cwd DIR  Run there.  -v, --verbose N  Print more.  --non-interactive
  --color auto|always|never|raw                  -Q, --fully-qualify-stack-names
"""


def _help() -> str:
    """The help of the whole command, on one screen of 24 rows and 80 columns."""
    rows = [f"  {name:<14} {entry.help}" for name, entry in COMMANDS.items()]
    first = list(COMMANDS).index(FIRST_OF_OURS)
    return "\n".join(
        (
            "Usage: esa-prefetch COMMAND [FLAGS]   (COMMAND --help explains it)",
            "The commands of the pulumi CLI, on the same files:",
            *rows[:first],
            "Prefetch plans of Alibaba Cloud ESA:",
            *rows[first:],
            GLOBAL_FLAGS_HELP,
        )
    )


HELP: Final = _help()


_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line; gives the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    _replace_unprintable()
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        # typer turns a closed pipe into SystemExit
        if not isinstance(error.__context__ or error, BrokenPipeError):
            raise
        _discard_output()
        return PIPE_CLOSED
    except (KeyboardInterrupt, typer.Abort) as error:
        return DECLINED if isinstance(error.__cause__, EOFError) else INTERRUPTED
    except Exception as error:  # noqa: BLE001 - at the edge of the process every error becomes a sentence
        return _report(
            error, verbose=any(w.startswith(("--verbose", "-v")) for w in arguments)
        )
    return code


class LazyCommandGroup(TyperGroup):
    """All commands by name. A command is imported only when it is called; the list in the help imports none."""

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command with this name, or None."""
        name = COMMAND_NAMES.get(cmd_name)
        if name and cmd_name not in self.commands:
            app = typer.Typer(rich_markup_mode="markdown")
            app.callback()(lambda: None)
            import_module(f"{__package__}.{COMMANDS[name].module}").register(app)
            made: Any = typer.main.get_command(app)
            command = made.commands[name]
            command.help = command.help or COMMANDS[name].help
            _complete(command, name)
            self.commands.update(made.commands, **{cmd_name: command})
        return super().get_command(ctx, cmd_name)

    def list_commands(self, ctx: Any) -> list[str]:
        """All names of commands, aliases too."""
        del ctx
        return list(COMMAND_NAMES)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        """The names of commands that begin so; it imports none of them."""
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            SimpleNamespace(value=name, help=entry.help, type="plain")
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the help, on one screen; it needs only the help texts of the commands."""
        del ctx
        formatter.write(HELP)


def register(app: typer.Typer) -> None:
    """Add the command `version`."""
    app.command("version")(_print_version)


def _print_version() -> None:
    from importlib.metadata import version  # noqa: PLC0415 - only this command needs it

    echo(f"v{version('pulumi-esa-prefetch')}")


class _ValueAsItIs:
    """Converts only a value that does not have its type yet.

    typer builds a validator of pydantic for each parameter of a command, given or not: half of the time to start.
    """

    def __init__(self, parameter: Any) -> None:
        self._convert = parameter.get_runtime_param

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value as its command gets it."""
        kind = param.type_descriptor.annotation
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if kind == list[str] and isinstance(value, (list, tuple)):
            return list(value)
        if isinstance(kind, type) and isinstance(value, kind):
            return value
        return self._convert().coerce(value, param=param, ctx=ctx)


def _convert_little(parameter: Any) -> None:
    """Let the parameter convert no value that has its type; an older typer has no such method."""
    if hasattr(parameter, "get_runtime_param"):
        as_it_is = _ValueAsItIs(parameter)
        parameter.get_runtime_param = lambda: as_it_is


def _complete(command: Any, name: str) -> None:
    """Show words in place of Python's types in the help of a command, and its examples; and start it faster."""
    for parameter in command.get_params(typer.Context(command)):
        _convert_little(parameter)
        # typer has no settings for these two
        parameter._get_number_range_help_str = lambda: None  # noqa: SLF001
        if getattr(parameter, "is_flag", False):
            parameter.metavar = ""
        elif parameter.param_type_name == "argument":
            parameter.display_type_rich = lambda **_: None
    found = (examples_text(name), command.epilog)
    command.epilog = "\n\n".join(filter(None, found))
    for word, inner in getattr(command, "commands", {}).items():
        _complete(inner, f"{name} {word}")


def root_command() -> Any:
    """The command `esa-prefetch`, for one call."""
    app = typer.Typer(
        cls=LazyCommandGroup, add_completion=False, rich_markup_mode="markdown"
    )
    app.callback(invoke_without_command=True)(_global_flags)
    root: Any = typer.main.get_command(app)
    for parameter in root.get_params(typer.Context(root)):
        _convert_little(parameter)
    return root


def _run(argv: list[str]) -> int:
    root = root_command()
    if VARIABLE in os.environ:
        let_shells_complete()
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
    """Print an error to stderr in one sentence, with `verbose` also its traceback; gives the exit code."""
    if verbose:
        traceback.print_exception(error)
    if isinstance(error, EngineError):
        message, code = str(error), error.exit_code
    elif hasattr(error, "format_message"):  # an error of typer about the command line
        # newer versions of typer leave pydantic's mark in it
        message, code = error.format_message().replace("Value error, ", ""), FAILED
    elif isinstance(error, ModuleNotFoundError) and missing_package(error):
        message, code = missing_package(error), FAILED
    elif isinstance(error, OSError) and error.filename is not None:
        message, code = f"{error.filename}: {error.strerror}", FAILED
    elif isinstance(error, OSError) and error.errno in _NO_ROOM:
        message, code = f"the output cannot be written: {error.strerror}", FAILED
        _discard_output()
    else:
        message = f"internal error: {type(error).__name__}: {error}; run it again with --verbose to see where"
        code = INTERNAL
    with contextlib.suppress(OSError):
        echo(f"error: {message}", err=True)
    return code


def _replace_unprintable() -> None:
    """Replace characters that the terminal cannot show, so that they cause no error during a deployment."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _discard_output() -> None:
    """Send output to /dev/null after it could not be written, or the flush at exit would fail again."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _global_flags(
    context: typer.Context,
    *,
    cwd: Annotated[str, flag("--cwd -C", "Run in this directory.", "DIR")] = "",
    color: Annotated[
        str, flag("--color", "When to use colours: auto, always, never or raw.", "WHEN")
    ] = "auto",
    non_interactive: Annotated[
        bool, flag("--non-interactive", "Never ask questions.")
    ] = False,
    verbose: Annotated[
        str, flag("--verbose -v", "Print more, and the traceback of an error.", "N")
    ] = "0",
    version: Annotated[bool, flag("--version", "Print the version.")] = False,
    full_names: Annotated[
        bool,
        flag("--fully-qualify-stack-names -Q", "Show the full names of stacks."),
    ] = False,
    # accepted without effect, so that a script works with both CLIs
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
