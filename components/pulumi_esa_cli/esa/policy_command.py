"""`esa-prefetch policy analyze`: checks a state against limits, without login; computes nothing itself."""

import json
import os
from typing import Annotated

import typer

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.yaml_reading import load_yaml
from pulumi_esa_cli.esa.collector import paused_collector
from pulumi_esa_cli.esa.input_reading import parse_at, read_input
from pulumi_esa_cli.esa.state_source import Offline, StateFile, read_source
from pulumi_esa_cli.flags.common_options import AsJson, StackName
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_prefetch.load import LimitFinding, Limits, LimitsError, denied_sentences
from pulumi_esa_prefetch.report.analysis.limit_findings import check_stack
from pulumi_esa_prefetch.report.analysis.plan_facts import job_ids
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.esa_snapshot import (
    EsaSnapshot,
    take_snapshot_with,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph

KEY = "esa-prefetch:limits"


def register(app: typer.Typer) -> None:
    """Add the command `policy analyze`."""
    group = typer.Typer(help="Check a state against the limits on the load of origins.")
    group.callback()(_policy)
    group.command("analyze")(analyze)
    app.add_typer(group, name="policy")


def _policy() -> None:
    """Check a state against the limits on the load of origins."""


def analyze(
    *,
    stack: StackName = "",
    file: StateFile = "",
    limits: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="A stack file (`Pulumi.<stack>.yaml`) or a file of limits; default: "
            "the limits of the stack.",
        ),
    ] = "",
    as_json: AsJson = False,
    offline: Offline = False,
    at: Annotated[
        str,
        typer.Option(metavar="TIME", help="Forecast from this time instead of now."),
    ] = "",
) -> None:
    """Check a stack against limits on the load of origins: one line for each broken limit.

    Uses the selected stack, or an exported state (--file), which needs no project, login
    or passphrase. Exits with 1 if an enforced limit (`enforce: deny`) is broken.
    """
    try:
        findings, notes = _check_limits(stack, file, limits, at, offline=offline)
    except (ReportError, LimitsError) as error:
        raise EngineError(str(error)) from None
    echo(_json(findings) if as_json else _lines(findings, verified=not notes))
    for note in notes:
        echo(f"note: {note}", err=True)
    denied = denied_sentences(findings)
    if denied:
        noun = "limit is" if len(denied) == 1 else "limits are"
        raise EngineError(f"{len(denied)} enforced {noun} not kept")


@paused_collector()
def _check_limits(
    stack: str, file: str, limits_file: str, at: str, *, offline: bool
) -> tuple[list[LimitFinding], list[str]]:
    given = read_source(stack, file)
    written = _limits_in(limits_file) if limits_file else (given.config or {}).get(KEY)
    if written is None:
        raise ReportError(f"there are no limits: set {KEY}, or name a file by --limits")
    limits = Limits.parse(written)
    snapshot = EsaSnapshot()
    if not offline:
        ids = job_ids(ResourceGraph.of_state(given.resources))
        snapshot = take_snapshot_with(given.config, os.environ, ids)
    findings, blind = check_stack(given.resources, snapshot, limits, parse_at(at))
    return findings, _notes(snapshot, blind)


def _notes(snapshot: EsaSnapshot, blind: list[str]) -> list[str]:
    notes = [snapshot.problem] if snapshot.problem else []
    if blind:
        notes.append(f"window and pace are not known of {', '.join(blind)}")
    return notes


def _limits_in(file: str) -> str | None:
    """Return the limits in a stack file; any other file is the limits themselves."""
    content = load_yaml(read_input(file), file)
    if not isinstance(content, dict):
        raise ReportError(f"{file}: a mapping is expected")
    config = content.get("config", {KEY: content})
    value = config.get(KEY) if isinstance(config, dict) else None
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _lines(findings: list[LimitFinding], *, verified: bool) -> str:
    if not findings:
        kept = "All limits are kept."
        return kept if verified else "Not verified: no broken limit was found."
    return "\n".join(f"{finding.level}: {finding.text}" for finding in findings)


def _json(findings: list[LimitFinding]) -> str:
    rows = [
        {"kind": j.kind, "level": j.level, "plans": j.plans, "text": j.text}
        for j in findings
    ]
    return json.dumps(rows, indent=2)
