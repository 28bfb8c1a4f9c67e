"""`esa-prefetch doctor`: its options, the lines of its report and its exit code; checks nothing itself."""

import shutil
import textwrap
from collections.abc import Iterator, Mapping
from typing import Annotated, Final

import typer

from pulumi_embedded_engine.errors import FAILED, EngineError
from pulumi_embedded_engine.printable import one_line
from pulumi_esa_cli.esa.doctor_source import read_examined
from pulumi_esa_cli.esa.probe_command import ProbeOptions
from pulumi_esa_cli.esa.probe_command import probe as run_probe_command
from pulumi_esa_cli.flags.common_options import AsJson, StackName, Yes
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_cli.terminal.progress_line import ProgressLine
from pulumi_esa_prefetch.doctor.examination import Examination
from pulumi_esa_prefetch.doctor.findings import Finding, counts, document
from pulumi_esa_prefetch.load import count_text

Site = Annotated[
    str,
    flag("--site", "Read the prefetch allowance of this site's plan of service.", "ID"),
]
Instance = Annotated[
    str,
    flag("--instance", "The same, of this instance (a plan of service).", "ID"),
]
Probe = Annotated[
    bool,
    flag("--probe", "Learn by calls what ESA's documentation does not say."),
]
Url = Annotated[
    str,
    flag(
        "--url",
        "With --probe: a small file of the site, prefetched a few times.",
        "URL",
    ),
]
Write = Annotated[
    str,
    flag("--write", "With --probe: write the answers to this file (JSON).", "FILE"),
]
DeniedKeyProfile = Annotated[
    str,
    flag(
        "--denied-key-profile",
        "With --probe: a profile whose key may not list jobs.",
        "NAME",
    ),
]
Clean = Annotated[
    bool,
    flag("--clean", "Delete what an interrupted probe left on the site."),
]
_INDENT: Final = 20
"""Where the text of a line begins: after the status and the check."""


def register(app: typer.Typer) -> None:
    """Add the command `doctor`."""
    app.command("doctor")(doctor)


def doctor(  # noqa: PLR0913 - one argument per option
    context: typer.Context,
    *,
    stack: StackName = "",
    site: Site = "",
    instance: Instance = "",
    as_json: AsJson = False,
    probe: Probe = False,
    url: Url = "",
    write: Write = "",
    denied_key_profile: DeniedKeyProfile = "",
    clean: Clean = False,
    yes: Yes = False,
) -> None:
    """Check settings, access keys, connection, clock, rights and versions.

    Each line is ok, warning or failed, with what to do. Changes nothing, and shows no key.
    Without a project or a stack it checks the environment alone. Exits with 1 if a check failed.

    With --probe it learns instead how the ESA of this account answers where its documentation is
    silent: by a job of its own on a site, after asking. With --clean it deletes the job that an
    interrupted probe left there.
    """
    asked = ProbeOptions(
        _site(site) or "", url, clean, denied_key_profile, write, as_json, yes
    )
    if clean and (url or write or denied_key_profile):
        raise EngineError(
            "--url, --write and --denied-key-profile do not go with --clean"
        )
    if not (probe or clean) and asked != ProbeOptions(asked.site, as_json=as_json):
        raise EngineError(
            "--url, --write, --denied-key-profile and --yes go with --probe"
        )
    source, about_stack = read_examined(context.obj, stack)
    if probe or clean:
        run_probe_command(context.obj, source, about_stack, asked)
        return
    examination = Examination(source, about_stack, _site(site), instance or None)
    findings = list(_shown(examination, silent=as_json))
    number = counts(findings)
    if as_json:
        print_json(document(findings))
    else:
        echo(_summary(number))
    if number["failed"]:
        raise typer.Exit(FAILED)


def _site(text: str) -> str | None:
    """A site's id, None if none is given; raises EngineError if it is not a number."""
    if text and not (text.isascii() and text.isdecimal() and int(text)):
        raise EngineError(
            f'invalid argument "{text}" for --site: the id of a site is a number'
        )
    return text or None


def _shown(examination: Examination, *, silent: bool) -> Iterator[Finding]:
    """Each finding, printed as soon as it is there."""
    progress = ProgressLine()
    try:
        for finding in examination.run(
            lambda what: progress.tell(f"Checking {what} ...")
        ):
            progress.clear()
            if not silent:
                echo("\n".join(_lines(finding)))
            yield finding
    finally:
        progress.clear()


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
