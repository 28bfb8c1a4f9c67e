"""`esa-prefetch policy`: limits against an exported state, without the CLI or a login."""

import json
import os
from typing import Annotated, Any, Literal

import typer

from pulumi_esa_prefetch.cli.reading import moment, text
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.yaml_reading import load
from pulumi_esa_prefetch.load import Judgement, Limits, LimitsError, refused
from pulumi_esa_prefetch.report.documents import SECRET, read_state
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.facts import job_ids
from pulumi_esa_prefetch.report.graph import Graph
from pulumi_esa_prefetch.report.lookup import Looked
from pulumi_esa_prefetch.report.policy import judge_stack
from pulumi_esa_prefetch.report.reading import look_with

KEY = "esa-prefetch:limits"


def register(app: typer.Typer) -> None:
    """Add the command `policy`."""
    app.command("policy")(policy)


def policy(
    state: Annotated[
        str,
        typer.Argument(metavar="[FILE|-]", help="What `stack export` printed."),
    ] = "-",
    *,
    limits: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="A stack file (Pulumi.<stack>.yaml) or limits alone."
        ),
    ],
    output: Annotated[
        Literal["text", "json"], typer.Option("--output", "-o", help="Lines, or JSON.")
    ] = "text",
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask ESA nothing: use the state alone.")
    ] = False,
    at: Annotated[
        str, typer.Option(metavar="TIME", help="Judge from this moment, not from now.")
    ] = "",
) -> None:
    """Judge an exported state by limits: one line for each that is not kept.

    Exits with 1 if one of them is enforced (`enforce: deny`).
    """
    try:
        judged, notes = _judged(state, limits, at, offline=offline)
    except (ReportError, LimitsError) as error:
        raise EngineError(str(error)) from None
    typer.echo(_json(judged) if output == "json" else _lines(judged))
    for note in notes:
        typer.echo(f"note: {note}", err=True)
    denied = refused(judged)
    if denied:
        noun = "limit is" if len(denied) == 1 else "limits are"
        raise EngineError(f"{len(denied)} enforced {noun} not kept")


def _judged(
    state: str, limits_file: str, at: str, *, offline: bool
) -> tuple[list[Judgement], list[str]]:
    config = _config(limits_file)
    limits = Limits.parse(config.get(KEY))
    resources = read_state(text(state))
    looked = Looked()
    if not offline:
        ids = job_ids(Graph.of_state(resources))
        looked = look_with(config, os.environ, ids)
    judged, blind = judge_stack(resources, looked, limits, moment(at))
    notes = [looked.problem] if looked.problem else []
    if blind:
        notes.append(f"window and pace are not known of {', '.join(blind)}")
    return judged, notes


def _config(file: str) -> dict[str, str]:
    """Read a stack file's plain values, or take the file for the limits themselves."""
    content = load(text(file), file)
    if not isinstance(content, dict):
        raise ReportError(f"{file}: a mapping is expected")
    if "config" not in content:
        return {KEY: json.dumps(content)}
    values = content["config"] or {}
    return {str(name): _value(value) for name, value in values.items()}


def _value(value: Any) -> str:
    """Write a value as the engine hands it over; a secret one stays a mask."""
    if isinstance(value, dict) and set(value) == {"secure"}:
        return SECRET
    return value if isinstance(value, str) else json.dumps(value)


def _lines(judged: list[Judgement]) -> str:
    if not judged:
        return "All limits are kept."
    return "\n".join(f"{judgement.level}: {judgement.text}" for judgement in judged)


def _json(judged: list[Judgement]) -> str:
    rows = [
        {"kind": j.kind, "level": j.level, "plans": j.plans, "text": j.text}
        for j in judged
    ]
    return json.dumps(rows, indent=2)
