"""The commands `stack ...`: create, select, list, show, export, import, remove stacks; the engine holds the state."""

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pulumi_embedded_engine.config import stack_config_file, workspace
from pulumi_embedded_engine.config.config_values import value_text
from pulumi_embedded_engine.errors import NO_STACK, EngineError
from pulumi_embedded_engine.golang.go_json import printable_json
from pulumi_embedded_engine.processes.bounded_reading import read_stream
from pulumi_embedded_engine.stacks import administration
from pulumi_embedded_engine.stacks.stack import (
    Stack,
    default_stack,
    open_backend,
    open_stack,
    read_deployment,
)
from pulumi_embedded_engine.state import checkpoint
from pulumi_embedded_engine.state.encoding import with_plaintext_secrets
from pulumi_embedded_engine.state.file_backend import StackFiles
from pulumi_embedded_engine.state.history import read_entries
from pulumi_embedded_engine.state.journal_recovery import is_interrupted
from pulumi_esa_cli.flags import common_options
from pulumi_esa_cli.flags.common_options import (
    AsJson,
    Output,
    ShowSecrets,
    StackName,
    Yes,
)
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.pulumi import stack_views
from pulumi_esa_cli.terminal.printing import (
    age_text,
    echo,
    print_json,
    print_table,
    print_value,
    timestamp_text,
)

StackArgument = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
SecretsProvider = Annotated[
    str, flag("--secrets-provider", "default or passphrase.", "NAME")
]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    commands: common_options.GroupCommands = {
        ("init", "new", "create"): init,
        ("select",): select,
        ("unselect",): unselect,
        ("ls", "list"): ls,
        ("output",): output,
        ("export",): export,
        ("import",): import_,
        ("rm", "remove", "delete"): rm,
        ("history", "hist"): history,
        ("get",): show,
    }
    common_options.add_group(app, "stack", show, commands)


def show(
    context: typer.Context,
    *,
    stack: StackName = "",
    show_name: Annotated[bool, flag("--show-name", "Show only the name.")] = False,
    urns: Annotated[
        bool, flag("--show-urns -u", "Show the URN of each resource.")
    ] = False,
    ids: Annotated[
        bool, flag("--show-ids -i", "Show the id of each resource.")
    ] = False,
    show_secrets: ShowSecrets = False,
    output: Output = "",
) -> None:
    """Show a stack: its resources and its outputs."""
    if context.invoked_subcommand is not None:
        return
    found = common_options.open_stack_to_read(context.obj, stack)
    name = found.files.qualified if context.obj.full_names else found.name
    if show_name:
        echo(name)
    elif common_options.wants_json(output):
        print_json(stack_views.stack_json(found, secrets=show_secrets))
    else:
        stack_views.print_overview(
            found, name, urns=urns, ids=ids, secrets=show_secrets
        )


def init(
    context: typer.Context,
    name: StackArgument = "",
    *,
    stack: StackName = "",
    no_select: Annotated[bool, flag("--no-select", "Do not select it.")] = False,
    secrets_provider: SecretsProvider = "",
    yes: Annotated[bool, flag("--yes -y")] = False,
) -> None:
    """Create an empty stack, and select it."""
    wanted = common_options.stack_name(stack, name)
    if not wanted and (yes or not context.obj.interactive):
        raise EngineError("missing stack name: `esa-prefetch stack init <name>`")
    made = _create(context.obj, wanted or typer.prompt("Stack name"), secrets_provider)
    if not no_select:
        _select(made)


def _create(global_flags: GlobalFlags, name: str, provider: str) -> Stack:
    if provider not in ("", "default", "passphrase"):
        raise EngineError(
            f"the secrets provider {provider!r} is not available here: only the pulumi CLI has it "
            "(`pulumi stack init --secrets-provider`)"
        )
    project = common_options.current_project()
    backend, ask = (
        open_backend(project, os.environ),
        common_options.passphrase_prompt(global_flags),
    )
    made = administration.create(project, backend, name, os.environ, ask=ask)
    echo(f"Created stack '{made.name}'", err=True)
    return made


def _select(stack: Stack) -> None:
    workspace.select_stack(
        stack.project, stack.backend.url, os.environ, stack.files.qualified
    )


def select(
    context: typer.Context,
    name: StackArgument = "",
    *,
    stack: StackName = "",
    create: Annotated[
        bool, flag("--create -c", "Create the stack if it does not exist.")
    ] = False,
    secrets_provider: SecretsProvider = "",
) -> None:
    """Select the stack that commands use by default."""
    wanted = common_options.stack_name(stack, name)
    if not wanted:
        wanted = _prompt_for_name(context.obj)
    try:
        found = open_stack(common_options.current_project(), wanted, os.environ)
    except EngineError as error:
        if not create or error.exit_code != NO_STACK:
            raise
        found = _create(context.obj, wanted, secrets_provider)
    _select(found)


def _prompt_for_name(global_flags: GlobalFlags) -> str:
    if not global_flags.interactive:
        raise EngineError(
            "no stack selected; specify a stack name with --stack", NO_STACK
        )
    project = common_options.current_project()
    backend = open_backend(project, os.environ)
    for files in backend.stacks(project.name):
        echo(f"  {files.name}")
    return str(typer.prompt("Stack"))


def unselect() -> None:
    """Remove the selection of a stack."""
    project = common_options.current_project()
    backend = open_backend(project, os.environ)
    workspace.select_stack(project, backend.url, os.environ, None)
    echo("Stack was unselected", err=True)


def ls(
    context: typer.Context,
    *,
    everything: Annotated[
        bool, flag("--all -a", "List the stacks of all projects.")
    ] = False,
    of_project: Annotated[
        str, flag("--project -p", "List the stacks of this project.", "NAME")
    ] = "",
    as_json: AsJson = False,
    output: Output = "",
) -> None:
    """List the stacks of the project."""
    as_json = common_options.wants_json(output, as_json=as_json)
    project = common_options.current_project()
    backend = open_backend(project, os.environ)
    named = default_stack(project, backend, os.environ)
    chosen = backend.stack(named, project).qualified if named else ""
    own = "" if context.obj.full_names else project.name
    scope = None if everything else of_project or project.name
    problems: list[str] = []
    rows = [
        _row(files, own, problems, current=files.qualified == chosen)
        for files in backend.stacks(scope)
    ]
    if as_json:
        print_json(rows)
    else:
        header = ("NAME", "LAST UPDATE", "RESOURCE COUNT")
        print_table([header, *map(_cells, rows)])
    if problems:
        raise EngineError("; ".join(problems))


def _row(
    files: StackFiles, project: str, problems: list[str], *, current: bool
) -> dict[str, Any]:
    """A stack in the list; one whose state cannot be read has its name only, and is added to `problems`."""
    name = files.name if files.project == project else files.qualified
    row: dict[str, Any] = {"name": name, "current": current}
    try:
        if is_interrupted(files):
            common_options.warn(common_options.INTERRUPTED.format(name=name))
        deployment = read_deployment(files)
        if deployment.updated_at:
            row["lastUpdate"] = timestamp_text(deployment.updated_at)
        if deployment.body:
            row["resourceCount"] = len(deployment.records)
    except EngineError as error:
        problems.append(str(error))
    return row


def _cells(row: Mapping[str, Any]) -> tuple[str, str, str]:
    updated = row.get("lastUpdate")
    when = (
        age_text(datetime.fromisoformat(updated), datetime.now(UTC))
        if updated
        else "n/a"
    )
    mark = "*" if row["current"] else ""
    return row["name"] + mark, when, str(row.get("resourceCount", "n/a"))


def output(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="OUTPUT", show_default=False)] = "",
    *,
    stack: StackName = "",
    as_json: AsJson = False,
    shell: Annotated[
        bool, flag("--shell", "Print variable assignments for a shell.")
    ] = False,
    show_secrets: ShowSecrets = False,
) -> None:
    """Show the outputs of a stack, or one of them."""
    if shell and as_json:
        raise EngineError("only one of --json and --shell may be set")
    found = stack_views.stack_outputs(
        common_options.open_stack_to_read(context.obj, stack), secrets=show_secrets
    )
    if name and name not in found:
        raise EngineError(f"current stack does not have output property '{name}'")
    if as_json:
        print_json(found[name] if name else found)
    elif shell:
        asked = {name: found[name]} if name else found
        stack_views.print_shell_variables(asked, named=bool(name))
    elif name:
        print_value(value_text(found[name]))
    else:
        stack_views.print_outputs(found)


def export(
    context: typer.Context,
    *,
    stack: StackName = "",
    file: Annotated[str, flag("--file", "Write to this file.", "FILE")] = "",
    show_secrets: ShowSecrets = False,
    version: Annotated[str, flag("--version")] = "",
) -> None:
    """Print the state of a stack, for `stack import`."""
    if version:
        raise EngineError(
            "a file backend does not export earlier versions; `stack history` lists them, and the "
            "directory of the history holds their checkpoints"
        )
    found = common_options.open_stack_to_read(context.obj, stack)
    deployment = found.deployment()
    exported = checkpoint.render_export(deployment)
    if show_secrets:
        exported = with_plaintext_secrets(
            exported, found.secrets_of_salt(deployment.salt).decrypt
        )
    if file:
        stack_config_file.write_text(Path(file), printable_json(exported, 4) + "\n")
    else:
        print_json(exported, indent=4)


def import_(
    context: typer.Context,
    *,
    stack: StackName = "",
    file: Annotated[str, flag("--file", "Read from this file.", "FILE")] = "",
    force: Annotated[
        bool, flag("--force -f", "Import even if the state is not valid.")
    ] = False,
) -> None:
    """Replace the state of a stack by an exported one, from standard input or a file."""
    found = common_options.open_selected_stack(context.obj, stack, anywhere=True)
    try:
        content = _content(file)
    except OSError as error:
        raise EngineError(
            f"could not open file: {file or 'standard input'}: {error.strerror}"
        ) from None
    for message in administration.import_state(found, content, force=force):
        common_options.warn(message)
    echo("Import complete.")


def _content(file: str) -> bytes:
    if not file:
        return read_stream(sys.stdin.buffer, "standard input")
    # the file may be a pipe, whose size is not known
    with Path(file).open("rb") as stream:
        return read_stream(stream, file)


def rm(
    context: typer.Context,
    name: StackArgument = "",
    *,
    stack: StackName = "",
    yes: Yes = False,
    force: Annotated[
        bool, flag("--force -f", "Remove it even if it has resources; they stay.")
    ] = False,
    preserve_config: Annotated[
        bool, flag("--preserve-config", "Keep `Pulumi.<stack>.yaml`.")
    ] = False,
    remove_backups: Annotated[
        bool, flag("--remove-backups", "Also remove the backups.")
    ] = False,
) -> None:
    """Remove a stack, its history and its configuration."""
    found = common_options.open_selected_stack(
        context.obj, common_options.stack_name(stack, name), anywhere=True
    )
    if not yes:
        common_options.confirm_by_name(
            context.obj,
            f"This will permanently remove the '{found.name}' stack!",
            found.name,
        )
    administration.remove(
        found,
        force=force,
        preserve_config=preserve_config,
        remove_backups=remove_backups,
    )
    echo(f"Stack '{found.name}' has been removed!")
    workspace.select_stack(found.project, found.backend.url, os.environ, None)


def history(
    context: typer.Context,
    *,
    stack: StackName = "",
    as_json: AsJson = False,
    show_secrets: ShowSecrets = False,
    full_dates: Annotated[bool, flag("--full-dates", "Show dates in full.")] = False,
    page_size: Annotated[
        int, flag("--page-size", "Updates per page; default: 10.", "N", min=1)
    ] = 10,
    page: Annotated[int, flag("--page", "Page to show, from 1.", "N", min=1)] = 1,
    output: Output = "",
) -> None:
    """Show the updates of a stack, newest first."""
    found = common_options.open_selected_stack(context.obj, stack, anywhere=True)
    start = page_size * (page - 1)
    entries = read_entries(found.files)[start : start + page_size]
    if common_options.wants_json(output, as_json=as_json):
        print_json(stack_views.history_json(found, entries, secrets=show_secrets))
    else:
        stack_views.print_history(entries, page, full_dates=full_dates)
