"""`esa-prefetch doctor`: its options, the lines of its report and its exit code; checks nothing itself."""

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import typer
from rich.console import Console

from pulumi_embedded_engine.config.project import ProjectNotFoundError, find_project
from pulumi_embedded_engine.config.stack_config_file import stack_file_path
from pulumi_embedded_engine.errors import FAILED, EngineError
from pulumi_embedded_engine.printable import one_line
from pulumi_embedded_engine.stacks.stack import Stack, open_stack
from pulumi_esa_cli.flags.common_options import AsJson, StackName, passphrase_prompt
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_prefetch.doctor.examination import Patient, examine
from pulumi_esa_prefetch.doctor.findings import Finding, counts, document

_INDENT: Final = 20
"""Where the text of a line begins: after the status and the check."""


def register(app: typer.Typer) -> None:
    """Add the command `doctor`."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    *,
    stack: StackName = "",
    as_json: AsJson = False,
) -> None:
    """Check settings, access keys, connection, clock, rights and versions.

    Each line is ok, warning or failed, with what to do. Changes nothing, and shows no key.
    Without a project or a stack it checks the environment alone. Exits with 1 if a check failed.
    """
    patient = _patient(context.obj, stack)
    with _progress(context.obj) as tell:
        findings = list(_shown(examine(patient, tell), silent=as_json))
    number = counts(findings)
    if as_json:
        print_json(document(findings))
    else:
        echo(_summary(number))
    if number["failed"]:
        raise typer.Exit(FAILED)


def _patient(global_flags: GlobalFlags, name: str) -> Patient:
    """The selected stack and the environment; without a stack the environment alone."""
    try:
        stack = open_stack(
            find_project(Path.cwd()),
            name or None,
            os.environ,
            ask=passphrase_prompt(global_flags),
        )
        return _patient_of(stack)
    except EngineError as error:
        return Patient({}, os.environ, _without_stack(error, name))


def _patient_of(stack: Stack) -> Patient:
    config = stack.config(valid=False)
    file = stack_file_path(stack.project, stack.name).name
    return Patient(
        {name: value.text for name, value in config.items()},
        os.environ,
        Finding("stack", "ok", f"{stack.name} of project {stack.project.name}"),
        file,
        frozenset(name for name, value in config.items() if value.secret),
    )


def _without_stack(error: EngineError, name: str) -> Finding:
    if isinstance(error, ProjectNotFoundError) and not name:
        return Finding("stack", "ok", "no project here: the environment alone")
    return Finding(
        "stack",
        "failed" if name else "warning",
        f"{error}: the environment alone",
    )


@contextmanager
def _progress(global_flags: GlobalFlags) -> Iterator[Callable[[str], None]]:
    """A line on the terminal that says what is asked; nothing where stderr is none."""
    if not sys.stderr.isatty() or os.environ.get("TERM", "").lower() == "dumb":
        yield lambda _: None
        return
    console = Console(stderr=True, no_color=not global_flags.color, highlight=False)
    with console.status("") as status:
        yield lambda what: status.update(f"Checking {what} ...")


def _shown(findings: Iterator[Finding], *, silent: bool) -> Iterator[Finding]:
    for finding in findings:
        if not silent:
            echo("\n".join(_lines(finding)))
        yield finding


def _lines(finding: Finding) -> Iterator[str]:
    width = max(60, shutil.get_terminal_size().columns)
    lead = f"{finding.status:<7}  {finding.check:<9}  "
    yield _wrapped(lead, finding.text, width)
    if finding.what_to_do:
        yield _wrapped(" " * _INDENT + "What to do: ", finding.what_to_do, width)


def _wrapped(lead: str, text: str, width: int) -> str:
    return textwrap.fill(
        one_line(text),
        width,
        initial_indent=lead,
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(number: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in number.items() if count)
