"""`esa-prefetch timeline`: shows the load on each origin over time; computes nothing itself."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from pulumi_embedded_engine.errors import EngineError
from pulumi_esa_cli.esa.collector import paused_collector
from pulumi_esa_cli.esa.input_reading import parse_at
from pulumi_esa_cli.esa.state_source import Offline, StateFile, read_source
from pulumi_esa_cli.esa.timeline_rows import timeline_rows
from pulumi_esa_cli.flags.common_options import AsJson, StackName
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_prefetch.load import Limits, LimitsError
from pulumi_esa_prefetch.report.analysis.plan_facts import job_ids
from pulumi_esa_prefetch.report.analysis.timeline import Timeline, timeline_of
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.esa_snapshot import (
    EsaSnapshot,
    take_snapshot_with,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.json_text import json_text

FORMATS = frozenset({".png", ".svg", ".pdf"})


def register(app: typer.Typer) -> None:
    """Add the command `timeline`."""
    app.command("timeline")(timeline)


def timeline(
    *,
    stack: StackName = "",
    file: StateFile = "",
    plot: Annotated[
        str, typer.Option(metavar="FILE", help="Draw a chart: .png, .svg or .pdf.")
    ] = "",
    as_json: AsJson = False,
    offline: Offline = False,
    at: Annotated[
        str,
        typer.Option(metavar="TIME", help="Forecast from this time instead of now."),
    ] = "",
) -> None:
    """Show the load on each origin over time: the sum of all plans of a stack."""
    draw = _picture(Path(plot)) if plot else None
    try:
        loads, problem = _timeline(stack, file, at, offline=offline)
    except (ReportError, LimitsError) as error:
        raise EngineError(str(error)) from None
    if draw and loads.spans:
        draw(loads)
    echo(
        json_text(loads.loads) if as_json else "\n".join(timeline_rows(loads, _width()))
    )
    if problem:
        echo(f"warning: not verified: {problem}", err=True)
    if draw and not loads.spans:
        echo(f"note: --plot: {plot} is not written: there is no load to draw", err=True)


@paused_collector()
def _timeline(
    stack: str, file: str, at: str, *, offline: bool
) -> tuple[Timeline, str | None]:
    """Return the load, and why it was not compared with ESA, if it was not."""
    given = read_source(stack, file)
    limits = Limits.parse((given.config or {}).get("esa-prefetch:limits"))
    now = parse_at(at)
    snapshot = EsaSnapshot()
    if not offline:
        ids = job_ids(ResourceGraph.of_state(given.resources))
        snapshot = take_snapshot_with(given.config, os.environ, ids)
    loads = timeline_of(given.stack, given.resources, snapshot, now, limits)
    return loads, snapshot.problem


def _width() -> int | None:
    """The width of the terminal; None if the output goes elsewhere."""
    return Console().width if sys.stdout.isatty() else None


def _picture(file: Path) -> Callable[[Timeline], None]:
    """Return what draws into the file; matplotlib is an extra and slow to import, so it is imported only here."""
    suffix = file.suffix.lower()
    if suffix not in FORMATS:
        raise EngineError(
            f"--plot: {file} must end with one of {', '.join(sorted(FORMATS))}"
        )
    try:
        from pulumi_esa_prefetch.report.render.plot import picture  # noqa: PLC0415
    except ImportError:
        raise EngineError(
            "--plot needs matplotlib: pip install 'pulumi-esa-prefetch[cli,plot]'"
        ) from None

    def draw(timeline: Timeline) -> None:
        content = picture(timeline, suffix.removeprefix("."))
        try:
            file.write_bytes(content)
        except OSError as error:
            raise EngineError(f"--plot: {file}: {error.strerror or error}") from None

    return draw
