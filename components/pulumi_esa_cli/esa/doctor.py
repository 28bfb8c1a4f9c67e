"""`esa-prefetch doctor`: its options, the lines of its report and its exit code; checks nothing itself."""

import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from pulumi_embedded_engine.config.project import ProjectNotFoundError, find_project
from pulumi_embedded_engine.errors import FAILED, EngineError
from pulumi_embedded_engine.printable import one_line
from pulumi_embedded_engine.stacks.stack import open_stack
from pulumi_esa_cli.flags.common_options import AsJson, StackName, passphrase_prompt
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_prefetch.doctor.examination import Examination
from pulumi_esa_prefetch.doctor.findings import Finding, Status, counts, document
from pulumi_esa_prefetch.doctor.setting_checks import ConfigSource
from pulumi_esa_prefetch.load import count_text

Site = Annotated[
    str,
    flag("--site", "Read the prefetch allowance of this site's plan of service.", "ID"),
]
Instance = Annotated[
    str,
    flag("--instance", "The same, of this instance (a plan of service).", "ID"),
]
_ALONE: Final = "the environment alone is checked"
_INDENT: Final = 20
"""Where the text of a line begins: after the status and the check."""


def register(app: typer.Typer) -> None:
    """Add the command `doctor`."""
    app.command("doctor")(doctor)


def doctor(
    context: typer.Context,
    *,
    stack: StackName = "",
    site: Site = "",
    instance: Instance = "",
    as_json: AsJson = False,
) -> None:
    """Check settings, access keys, connection, clock, rights and versions.

    Each line is ok, warning or failed, with what to do. Changes nothing, and shows no key.
    Without a project or a stack it checks the environment alone. Exits with 1 if a check failed.
    """
    source, about_stack = _examined(context.obj, stack)
    examination = Examination(source, about_stack, _site(site), instance or None)
    with _progress(context.obj) as tell:
        findings = list(_shown(examination.run(tell), silent=as_json))
    number = counts(findings)
    if as_json:
        print_json(document(findings))
    else:
        echo(_summary(number))
    if number["failed"]:
        raise typer.Exit(FAILED)


def _examined(global_flags: GlobalFlags, name: str) -> tuple[ConfigSource, Finding]:
    """The config of the selected stack and the environment; without a stack the environment alone."""
    try:
        stack = open_stack(
            find_project(Path.cwd()),
            name or None,
            os.environ,
            ask=passphrase_prompt(global_flags),
        )
        config = stack.config(valid=False)
    except EngineError as error:
        return ConfigSource({}, os.environ), _without_stack(error, name)
    secrets = {key: value for key, value in config.items() if value.secret}
    texts = [text for v in secrets.values() for text in (v.text, *v.hidden)]
    return (
        ConfigSource(
            {key: value.text for key, value in config.items()},
            os.environ,
            frozenset(secrets),
            tuple(texts),
        ),
        Finding("stack", "ok", f"{stack.name} of project {stack.project.name}"),
    )


def _without_stack(error: EngineError, name: str) -> Finding:
    if isinstance(error, ProjectNotFoundError) and not name:
        return Finding("stack", "ok", f"no project here: {_ALONE}")
    status: Status = "failed" if name else "warning"
    text = f"{str(error).removesuffix('.')}: {_ALONE}"
    return Finding("stack", status, text, "select a stack, or name one by --stack")


def _site(text: str) -> str | None:
    """A site's id, None if none is given; raises EngineError if it is not a number."""
    if text and not (text.isascii() and text.isdecimal() and int(text)):
        raise EngineError(
            f'invalid argument "{text}" for --site: the id of a site is a number'
        )
    return text or None


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
    """How many lines have which status, as `20 ok, 2 warnings, 1 failed`."""
    ok, warnings, failed = number["ok"], number["warning"], number["failed"]
    parts = [f"{ok} ok", *([count_text(warnings, "warning")] if warnings else [])]
    return ", ".join([*parts, *([f"{failed} failed"] if failed else [])])
