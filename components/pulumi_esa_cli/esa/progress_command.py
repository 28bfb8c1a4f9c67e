"""`esa-prefetch progress`: shows plans while they run, until they end; changes nothing."""

import os
from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from pulumi_embedded_engine.errors import EngineError
from pulumi_esa_cli.esa.progress_display import show_each, show_progress
from pulumi_esa_cli.esa.state_source import StateFile, read_source
from pulumi_esa_cli.flags.common_options import StackName
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.load import list_text
from pulumi_esa_prefetch.report.analysis.progress import (
    ProgressSnapshot,
    WatchedPlan,
    take_progress,
    watched_plans,
)
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.esa_snapshot import open_client, take_snapshot
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.json_text import json_text
from pulumi_esa_prefetch.settings.settings import SettingsError

MAX_FAILURES = 5
"""So many failed reads in a row end the command."""
READ_SECONDS = 15.0


def register(app: typer.Typer) -> None:
    """Add the command `progress`."""
    app.command("progress")(follow)


def follow(
    context: typer.Context,
    *,
    stack: StackName = "",
    file: StateFile = "",
    every: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=1, help="Seconds between two reads."),
    ] = 10,
    once: Annotated[bool, typer.Option("--once", help="Read once, then exit.")] = False,
    as_json: Annotated[
        bool,
        typer.Option("--json", "-j", help="Read once, and print JSON instead of text."),
    ] = False,
) -> None:
    """Show the progress of a stack's plans until no plan waits or runs any longer.

    Only reads. Exits with 1 if all plans have ended and one of them did not finish;
    a plan that still waits or runs after a single read (--once, --json) is no failure.
    """
    try:
        given = read_source(stack, file)
    except ReportError as error:
        raise EngineError(str(error)) from None
    wanted = watched_plans(ResourceGraph.of_state(given.resources))
    if not wanted:
        raise EngineError("the stack has no plans in its state: run up first")
    with _client(given.config) as client:
        snapshots = _snapshots(
            client, wanted, every, SystemClock(), once=once or as_json
        )
        if as_json:
            last = show_each(snapshots, lambda _, snapshot: echo(json_text(snapshot)))
        else:
            last = show_progress(
                snapshots, context.obj, given.stack, None if once else every
            )
    if last.is_over and last.failed:
        raise EngineError(f"did not finish: {list_text(last.failed)}")


def _client(config: Mapping[str, str] | None) -> EsaClient:
    try:
        return open_client(config, os.environ)
    except (NoCredentials, SettingsError) as error:
        raise EngineError(str(error)) from None


def _snapshots(
    client: EsaClient,
    wanted: list[WatchedPlan],
    every: float,
    clock: Clock,
    *,
    once: bool,
) -> Iterator[ProgressSnapshot]:
    """Read ESA again and again until all plans have ended; five failed reads in a row are an error."""
    reader = client.limited(seconds=READ_SECONDS)
    ids = {target.job_id for target in wanted}
    failures = 0
    while True:
        snapshot = take_progress(wanted, take_snapshot(reader, ids), clock.now())
        failures = failures + 1 if snapshot.problem else 0
        if snapshot.problem and (once or failures >= MAX_FAILURES):
            raise EngineError(snapshot.problem)
        yield snapshot
        if once or snapshot.is_over:
            return
        clock.sleep(every)
