"""The commands `stack ...`: which stacks there are, their state and outputs.

How state is kept is the engine's business.
"""

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from pulumi_esa_prefetch.cli import opening, stack_pages
from pulumi_esa_prefetch.cli.opening import AsJson, Output, ShowSecrets, StackName, Yes
from pulumi_esa_prefetch.cli.printing import (
    ago,
    echo,
    milliseconds,
    print_json,
    print_table,
    print_value,
)
from pulumi_esa_prefetch.engine import (
    administration,
    checkpoint,
    stack_config,
    workspace,
)
from pulumi_esa_prefetch.engine.backend import StackFiles
from pulumi_esa_prefetch.engine.bounded import read_stream
from pulumi_esa_prefetch.engine.encoding import opened as opened_secrets
from pulumi_esa_prefetch.engine.errors import NO_STACK, EngineError
from pulumi_esa_prefetch.engine.recovery import is_interrupted
from pulumi_esa_prefetch.engine.stack import Stack, current, open_backend, open_stack

Name = Annotated[str, typer.Argument(metavar="[NAME]", show_default=False)]
Provider = Annotated[
    str,
    typer.Option(
        "--secrets-provider",
        metavar="NAME",
        help="default or passphrase.",
        show_default=False,
    ),
]


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    group = typer.Typer(
        invoke_without_command=True,
        help="Make, select, list, look at, export, import and remove stacks.",
    )
    group.callback()(show)
    for names, command in (
        (("init", "new", "create"), init),
        (("select",), select),
        (("unselect",), unselect),
        (("ls", "list"), ls),
        (("output",), output),
        (("export",), export),
        (("import",), import_),
        (("rm", "remove", "delete"), rm),
        (("history", "hist"), history),
        (("get",), show),
    ):
        for index, name in enumerate(names):
            group.command(name, hidden=index > 0)(command)
    app.add_typer(group, name="stack")


def show(
    context: typer.Context,
    *,
    stack: StackName = "",
    show_name: Annotated[
        bool, typer.Option("--show-name", help="Show only the stack's name.")
    ] = False,
    show_urns: Annotated[
        bool, typer.Option("--show-urns", "-u", help="Show each resource's URN.")
    ] = False,
    show_ids: Annotated[
        bool, typer.Option("--show-ids", "-i", help="Show each resource's id.")
    ] = False,
    show_secrets: ShowSecrets = False,
    output: Output = "",
) -> None:
    """Show a stack: its resources and its outputs."""
    if context.invoked_subcommand is not None:
        return
    found = opening.to_read(context, stack)
    name = found.files.qualified if opening.full_names(context) else found.name
    if show_name:
        echo(name)
    elif opening.wants_json(output):
        print_json(stack_pages.document(found, secrets=show_secrets))
    else:
        stack_pages.overview(
            found, name, urns=show_urns, ids=show_ids, secrets=show_secrets
        )


def init(
    context: typer.Context,
    name: Name = "",
    *,
    stack: StackName = "",
    no_select: Annotated[
        bool, typer.Option("--no-select", help="Do not select the new stack.")
    ] = False,
    secrets_provider: Provider = "",
    yes: Annotated[bool, typer.Option("--yes", "-y", hidden=True)] = False,
) -> None:
    """Make an empty stack, and select it."""
    wanted = opening.one_name(stack, name)
    if not wanted and (yes or not opening.is_interactive(context)):
        raise EngineError("missing stack name: `esa-prefetch stack init <name>`")
    made = _create(context, wanted or typer.prompt("Stack name"), secrets_provider)
    if not no_select:
        _select(made)


def _create(context: typer.Context, name: str, provider: str) -> Stack:
    if provider not in ("", "default", "passphrase"):
        raise EngineError(
            f"the secrets provider {provider!r} is not available here: only the pulumi CLI has it "
            "(`pulumi stack init --secrets-provider`)"
        )
    project = opening.project()
    backend, ask = open_backend(project, os.environ), opening.asking(context)
    made = administration.create(project, backend, name, os.environ, ask=ask)
    echo(f"Created stack '{made.name}'", err=True)
    return made


def _select(stack: Stack) -> None:
    workspace.select(
        stack.project, stack.backend.url, os.environ, stack.files.qualified
    )


def select(
    context: typer.Context,
    name: Name = "",
    *,
    stack: StackName = "",
    create: Annotated[
        bool, typer.Option("--create", "-c", help="Make the stack if it is not there.")
    ] = False,
    secrets_provider: Provider = "",
) -> None:
    """Select the stack that commands mean when they name none."""
    wanted = opening.one_name(opening.chosen(context, stack), name)
    if not wanted:
        wanted = _asked(context)
    try:
        found = open_stack(opening.project(), wanted, os.environ)
    except EngineError as error:
        if not create or error.exit_code != NO_STACK:
            raise
        found = _create(context, wanted, secrets_provider)
    _select(found)


def _asked(context: typer.Context) -> str:
    if not opening.is_interactive(context):
        raise EngineError(
            "no stack selected; specify a stack name with --stack", NO_STACK
        )
    project = opening.project()
    backend = open_backend(project, os.environ)
    for files in backend.stacks(project.name):
        echo(f"  {files.name}")
    return str(typer.prompt("Stack"))


def unselect() -> None:
    """Forget which stack is selected."""
    project = opening.project()
    backend = open_backend(project, os.environ)
    workspace.select(project, backend.url, os.environ, None)
    echo("Stack was unselected", err=True)


def ls(
    context: typer.Context,
    *,
    everything: Annotated[
        bool, typer.Option("--all", "-a", help="The stacks of all projects.")
    ] = False,
    of_project: Annotated[
        str,
        typer.Option(
            "--project",
            "-p",
            metavar="NAME",
            help="The stacks of this project.",
            show_default=False,
        ),
    ] = "",
    as_json: AsJson = False,
    output: Output = "",
) -> None:
    """List the stacks of the project."""
    as_json = opening.wants_json(output, as_json=as_json)
    project = opening.project()
    backend = open_backend(project, os.environ)
    named = current(project, backend, os.environ)
    chosen = backend.stack(named, project).qualified if named else ""
    own = "" if opening.full_names(context) else project.name
    scope = None if everything else of_project or project.name
    rows = [
        _Row(files, own, current=files.qualified == chosen)
        for files in backend.stacks(scope)
    ]
    if as_json:
        print_json([row.json() for row in rows])
        return
    header = ("NAME", "LAST UPDATE", "RESOURCE COUNT")
    print_table([header, *(row.cells() for row in rows)])


class _Row:
    def __init__(self, files: StackFiles, project: str, *, current: bool) -> None:
        own = files.project == project
        self.name = files.name if own else files.qualified
        self.current = current
        if is_interrupted(files):
            opening.warn(opening.INTERRUPTED.format(name=self.name))
        deployment = checkpoint.parse(files.read_checkpoint())
        self.updated: datetime | None = deployment.updated
        self.count = len(deployment.records) if deployment.body else None

    def cells(self) -> tuple[str, str, str]:
        now = datetime.now(self.updated.tzinfo) if self.updated else None
        return (
            self.name + ("*" if self.current else ""),
            ago(self.updated, now) if self.updated and now else "n/a",
            "n/a" if self.count is None else str(self.count),
        )

    def json(self) -> dict[str, Any]:
        row: dict[str, Any] = {"name": self.name, "current": self.current}
        if self.updated:
            row["lastUpdate"] = milliseconds(self.updated)
        if self.count is not None:
            row["resourceCount"] = self.count
        return row


def output(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[OUTPUT]", show_default=False)] = "",
    *,
    stack: StackName = "",
    as_json: AsJson = False,
    shell: Annotated[
        bool, typer.Option("--shell", help="Print assignments for a shell.")
    ] = False,
    show_secrets: ShowSecrets = False,
) -> None:
    """Show the outputs of a stack, or one of them."""
    if shell and as_json:
        raise EngineError("only one of --json and --shell may be set")
    found = stack_pages.outputs(opening.to_read(context, stack), secrets=show_secrets)
    if name and name not in found:
        raise EngineError(f"current stack does not have output property '{name}'")
    if as_json:
        print_json(found[name] if name else found)
    elif shell:
        asked = {name: found[name]} if name else found
        stack_pages.print_shell(asked, named=bool(name))
    elif name:
        print_value(stack_pages.text(found[name]))
    else:
        stack_pages.print_outputs(found)


def export(
    context: typer.Context,
    *,
    stack: StackName = "",
    file: Annotated[
        str,
        typer.Option(
            "--file", metavar="FILE", help="Write it there.", show_default=False
        ),
    ] = "",
    show_secrets: ShowSecrets = False,
    version: Annotated[
        str, typer.Option("--version", hidden=True, show_default=False)
    ] = "",
) -> None:
    """Print the state of a stack, for `stack import`."""
    if version:
        raise EngineError(
            "a file backend does not export earlier versions; `stack history` names them, and its "
            "directory holds their checkpoints"
        )
    found = opening.to_read(context, stack)
    deployment = found.deployment()
    exported = checkpoint.render_export(deployment)
    if show_secrets:
        exported = opened_secrets(exported, found.secrets_of(deployment).decrypt)
    if file:
        text = json.dumps(exported, indent=4, ensure_ascii=False)
        stack_config.write_text(Path(file), text + "\n")
    else:
        print_json(exported, indent=4)


def import_(
    context: typer.Context,
    *,
    stack: StackName = "",
    file: Annotated[
        str,
        typer.Option(
            "--file", metavar="FILE", help="Read it there.", show_default=False
        ),
    ] = "",
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Even if it is not valid.")
    ] = False,
) -> None:
    """Put an exported state, from standard input or a file, in the place of a stack's."""
    found = opening.opened(context, stack, anywhere=True)
    try:
        content = _content(file)
    except OSError as error:
        raise EngineError(
            f"could not open file: {file or 'standard input'}: {error.strerror}"
        ) from None
    for message in administration.adopt(found, content, force=force):
        opening.warn(message)
    echo("Import complete.")


def _content(file: str) -> bytes:
    if not file:
        return read_stream(sys.stdin.buffer, "standard input")
    with Path(file).open(
        "rb"
    ) as stream:  # a pipe may be named, so its size says nothing
        return read_stream(stream, file)


def rm(
    context: typer.Context,
    name: Name = "",
    *,
    stack: StackName = "",
    yes: Yes = False,
    force: Annotated[
        bool,
        typer.Option("--force", "-f", help="Even if it has resources: they stay."),
    ] = False,
    preserve_config: Annotated[
        bool, typer.Option("--preserve-config", help="Keep `Pulumi.<stack>.yaml`.")
    ] = False,
    remove_backups: Annotated[
        bool, typer.Option("--remove-backups", help="Remove the backups too.")
    ] = False,
) -> None:
    """Remove a stack, its history and its configuration."""
    found = opening.opened(context, opening.one_name(stack, name), anywhere=True)
    if not yes:
        opening.confirm(
            context,
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
    workspace.select(found.project, found.backend.url, os.environ, None)


def history(
    context: typer.Context,
    *,
    stack: StackName = "",
    as_json: AsJson = False,
    show_secrets: ShowSecrets = False,
    full_dates: Annotated[
        bool, typer.Option("--full-dates", help="Show dates in full.")
    ] = False,
    page_size: Annotated[int, typer.Option("--page-size", min=1)] = 10,
    page: Annotated[int, typer.Option("--page", min=1)] = 1,
    output: Output = "",
) -> None:
    """Show the updates that a stack has seen, youngest first."""
    found = opening.opened(context, stack, anywhere=True)
    entries = stack_pages.history(found, page_size * (page - 1), page_size)
    if opening.wants_json(output, as_json=as_json):
        print_json(stack_pages.history_json(found, entries, secrets=show_secrets))
    else:
        stack_pages.print_history(entries, page, full_dates=full_dates)
