"""The commands preview, up, refresh and destroy with their flags; each flag is declared once.

A field of `OperationFlags` is a flag: its type, its help, the commands that have it. From the signature that
`with_flag_signature` gives to a function, typer makes the command and its help.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Annotated, Any, Final, get_type_hints

import typer

from pulumi_embedded_engine.processes.environment import is_set
from pulumi_esa_cli.flags.flag_declaration import flag

OPERATIONS: Final = ("preview", "up", "refresh", "destroy")
RUNS_PROGRAM: Final = ("preview", "up")
CHANGES_STATE: Final = ("up", "refresh", "destroy")
FLAG_VARIABLES: Final = {
    "--yes": "PULUMI_SKIP_CONFIRMATIONS",
    "--continue-on-error": "PULUMI_CONTINUE_ON_ERROR",
}
DO: Final = "What to do"
WHICH: Final = "Which resources"
SHOW: Final = "What to show"
EPILOG: Final = "Every command also has -C DIR, --color WHEN, --non-interactive and -v N; see `esa-prefetch --help`."


def _flag(
    short: str,
    panel: str,
    text: str,
    on: tuple[str, ...] = OPERATIONS,
    metavar: str | None = None,
    **start: Any,
) -> Any:
    """A flag of the commands `on`; its default is False unless `start` has another one."""
    about = {"short": short, "panel": panel, "help": text, "on": on, "metavar": metavar}
    return field(metadata=about, **(start or {"default": False}))


_string_flag = partial(_flag, default="")
_list_flag = partial(_flag, default_factory=list)
# flags of the CLI that mean nothing to this engine; accepted, so that a script works with both
_ignored_flag = partial(_flag, "", DO, "")


@dataclass(frozen=True, kw_only=True, slots=True)
class OperationFlags:
    """The flags of one operation; the names are those of the CLI."""

    stack: str = _string_flag(
        "-s", DO, "Name of the stack; default: the selected one.", metavar="NAME"
    )
    yes: bool = _flag(
        "-y", DO, "Continue after the preview without asking.", CHANGES_STATE
    )
    skip_preview: bool = _flag(
        "-f",
        DO,
        "Run without a preview, and without asking.",
        CHANGES_STATE,
    )
    preview_only: bool = _flag("", DO, "Only show the preview.", ("refresh", "destroy"))
    expect_no_changes: bool = _flag(
        "",
        DO,
        "Exit with code 7 if anything changes; `up` and `refresh` apply the changes first.",
        ("preview", "up", "refresh"),
    )
    refresh: str = _string_flag(
        "-r",
        DO,
        "Refresh first: read the real state of all resources.",
        ("preview", "up", "destroy"),
        metavar="true|false",
    )
    continue_on_error: bool = _flag(
        "",
        DO,
        "Continue with resources that do not depend on a failed one.",
        ("up", "destroy"),
    )
    clear_pending_creates: bool = _flag(
        "",
        DO,
        "Remove pending creations, whose result is not known, from the state.",
        ("refresh",),
    )
    # pending creations are never asked about
    skip_pending_creates: bool = _ignored_flag(("refresh",))
    remove: bool = _flag(
        "",
        DO,
        "Then also remove the stack, with its history and configuration.",
        ("destroy",),
    )
    config_file: str = _string_flag(
        "", DO, "Use this file instead of `Pulumi.<stack>.yaml`.", metavar="FILE"
    )
    config: list[str] = _list_flag(  # noqa: RUF009 - a field with a factory
        "-c",
        DO,
        "Set this configuration value first, and save it.",
        metavar="KEY=VALUE",
    )
    config_path: bool = _flag(
        "", DO, "The keys of --config are paths into maps and lists."
    )
    parallel: int = _flag(
        "-p", DO, "How many resources to work on at once.", default=0, metavar="N"
    )
    message: str = _string_flag(
        "-m", DO, "A message for the history of the stack.", metavar="TEXT"
    )

    target: list[str] = _list_flag(  # noqa: RUF009 - a field with a factory
        "-t",
        WHICH,
        "Work only on this URN; may be repeated, and contain * or **.",
        metavar="URN",
    )
    target_dependents: bool = _flag(
        "", WHICH, "With --target: also the resources that depend on it."
    )
    exclude_protected: bool = _flag(
        "", WHICH, "Keep protected resources and those that they need.", ("destroy",)
    )
    replace: list[str] = _list_flag(  # noqa: RUF009 - a field with a factory
        "",
        WHICH,
        "Replace this URN; may contain * or **.",
        RUNS_PROGRAM,
        metavar="URN",
    )
    target_replace: list[str] = _list_flag(  # noqa: RUF009 - a field with a factory
        "", WHICH, "Short for --target URN --replace URN.", RUNS_PROGRAM, metavar="URN"
    )

    diff: bool = _flag("", SHOW, "Show each resource with its properties.")
    json: bool = _flag("-j", SHOW, "Print JSON instead of text.", ("preview",))
    debug: bool = _flag("-d", SHOW, "Show debug messages of program and providers.")
    show_secrets: bool = _flag(
        "", SHOW, "Show secret values of stack outputs.", RUNS_PROGRAM
    )
    show_sames: bool = _flag("", SHOW, "Show unchanged resources too.")
    show_reads: bool = _flag(
        "", SHOW, "Show resources that are only read.", RUNS_PROGRAM
    )
    show_replacement_steps: bool = _flag("", SHOW, "Show each step of a replacement.")
    show_config: bool = _flag(
        "", SHOW, "Show the configuration first.", ("preview", "up", "destroy")
    )
    show_full_output: bool = _flag(
        "", SHOW, "Do not shorten long values.", ("preview", "up", "destroy")
    )
    urns: bool = _flag("", SHOW, "Show full URNs instead of names.")
    suppress_outputs: bool = _flag("", SHOW, "Do not show the outputs of the stack.")
    suppress_progress: bool = _flag("", SHOW, "Do not print progress dots.")
    # there is no Pulumi Cloud to link to
    suppress_permalink: bool = _ignored_flag()

    skip_config_validation: bool = _flag(
        "", DO, "Accept configuration that does not match the schema in Pulumi.yaml."
    )
    skip_plugin_pre_install: bool = _ignored_flag()
    neo: bool = _ignored_flag()
    copilot: bool = _ignored_flag()
    neo_task_on_failure: bool = _ignored_flag()
    show_policy_remediations: bool = _ignored_flag(RUNS_PROGRAM)
    exec_kind: str = _ignored_flag(default="")
    exec_agent: str = _ignored_flag(default="")


def with_flag_signature(
    function: Callable[..., Any], command: str
) -> Callable[..., Any]:
    """Give a function that takes its context and keyword arguments the signature of a command's flags."""
    hints = get_type_hints(OperationFlags)
    context = inspect.signature(function).parameters["ctx"]
    offered = (
        _parameter(entry, hints[entry.name])
        for entry in fields(OperationFlags)
        if command in entry.metadata["on"]
    )
    parameters = [context, *offered]
    function.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in parameters}
    return function


def long_flag(name: str) -> str:
    """The long flag of a field."""
    return "--" + name.replace("_", "-")


def _parameter(entry: Any, hint: Any) -> inspect.Parameter:
    about = entry.metadata
    option = flag(
        f"{long_flag(entry.name)} {about['short']}",
        about["help"],
        about["metavar"],
        rich_help_panel=about["panel"],
    )
    default = [] if hint == list[str] else entry.default
    return inspect.Parameter(
        entry.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=default,
        annotation=Annotated[hint, option],
    )


def flags_from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The flags that the CLI's environment variables set; a flag on the command line has priority."""
    found = {
        flag: "true" for flag, name in FLAG_VARIABLES.items() if is_set(environ, name)
    }
    parallel = environ.get("PULUMI_PARALLEL", "")
    if parallel.isdecimal() and parallel.strip("0"):
        found["--parallel"] = parallel
    return found


def register(app: typer.Typer) -> None:
    """Add the four commands."""
    for command in OPERATIONS:
        app.command(command, epilog=EPILOG)(
            with_flag_signature(_runner(command), command)
        )


def _runner(command: str) -> Callable[..., int]:
    def run(ctx: typer.Context, **flags: Any) -> int:
        # imported here, because the engine imports gRPC
        from pulumi_esa_cli.pulumi.operation_runner import run_command  # noqa: PLC0415

        return run_command(command, OperationFlags(**flags), ctx.obj)

    return run
