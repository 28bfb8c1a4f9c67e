"""`esa-prefetch timeline`: shows the load on each origin over time; computes nothing itself."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pulumi_embedded_engine.errors import EngineError
from pulumi_esa_cli.esa.input_reading import parse_at
from pulumi_esa_cli.esa.state_source import Offline, StateFile, read_source
from pulumi_esa_cli.flags.common_options import AsJson, StackName
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_prefetch.load import Limits, LimitsError, Segment
from pulumi_esa_prefetch.report.analysis.plan_facts import job_ids
from pulumi_esa_prefetch.report.analysis.timeline import loads_of, rows
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.esa_snapshot import (
    EsaSnapshot,
    take_snapshot_with,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph


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
    try:
        given = read_source(stack, file)
        limits = Limits.parse((given.config or {}).get("esa-prefetch:limits"))
        now = parse_at(at)
    except (ReportError, LimitsError) as error:
        raise EngineError(str(error)) from None
    ids = job_ids(ResourceGraph.of_state(given.resources))
    snapshot = (
        EsaSnapshot() if offline else take_snapshot_with(given.config, os.environ, ids)
    )
    loads = loads_of(given.resources, snapshot, now)
    echo(_json(loads) if as_json else "\n".join(rows(loads, limits)))
    if snapshot.problem:
        echo(f"note: {snapshot.problem}", err=True)
    if plot and loads:
        _draw(loads, limits, Path(plot))


def _json(loads: Mapping[str, Sequence[Segment]]) -> str:
    document = {name: [asdict(part) for part in parts] for name, parts in loads.items()}
    return json.dumps(document, indent=2, default=datetime.isoformat)


def _draw(loads: Mapping[str, tuple[Segment, ...]], limits: Limits, file: Path) -> None:
    """Import the drawing only here: matplotlib is an extra, and slow to import."""
    try:
        from pulumi_esa_prefetch.report.render.plot import FORMATS, draw  # noqa: PLC0415
    except ImportError:
        raise EngineError(
            "--plot needs matplotlib: pip install 'pulumi-esa-prefetch[cli,plot]'"
        ) from None
    if file.suffix not in FORMATS:
        raise EngineError(
            f"--plot: {file} must end with one of {', '.join(sorted(FORMATS))}"
        )
    try:
        draw(loads, limits, file)
    except OSError as error:
        raise EngineError(f"--plot: {file}: {error.strerror or error}") from None
