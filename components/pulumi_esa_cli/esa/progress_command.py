"""`esa-prefetch progress`: shows plans while they run, until they end; changes nothing."""

import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from pulumi_embedded_engine.errors import EngineError
from pulumi_esa_cli.esa.progress_screen import ProgressScreen
from pulumi_esa_cli.esa.state_source import StateFile, read_source
from pulumi_esa_cli.flags.common_options import StackName
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.load import list_text, moment_text
from pulumi_esa_prefetch.report.analysis.progress import (
    ProgressSnapshot,
    WatchedPlan,
    changes,
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
REDRAWS_PER_SECOND = 2
"""A terminal that changes its size is redrawn as soon as that."""


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
            last = _each(snapshots, lambda _, snapshot: echo(json_text(snapshot)))
        elif _is_screen():
            last = _draw(snapshots, context.obj, given.stack, None if once else every)
        else:
            last = _each(snapshots, _print_changes)
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


def _is_screen() -> bool:
    """Whether output goes to a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM", "").lower() != "dumb"


def _draw(
    snapshots: Iterator[ProgressSnapshot],
    global_flags: GlobalFlags,
    stack: str,
    every: float | None,
) -> ProgressSnapshot:
    """Draw every snapshot over the one before, and leave the last one on the terminal; `every` None: there is one.

    After a failed read the plans stay as they were read before.
    """
    console = Console(no_color=not global_flags.color, highlight=False)
    shown: ProgressSnapshot | None = None
    try:
        if every is None:
            shown = next(snapshots)
        else:
            with Live(
                "Reading the plans from ESA ...",
                console=console,
                screen=True,
                refresh_per_second=REDRAWS_PER_SECOND,
            ) as live:
                for snapshot in snapshots:
                    if snapshot.problem and shown is not None:
                        shown = replace(shown, problem=snapshot.problem)
                    else:
                        shown = snapshot
                    live.update(ProgressScreen(shown, stack, every), refresh=True)
    finally:
        if shown is not None:
            console.print(ProgressScreen(shown, stack))
    assert shown is not None, "there is at least one snapshot"  # noqa: S101
    return shown


def _each(
    snapshots: Iterator[ProgressSnapshot],
    show: Callable[[ProgressSnapshot | None, ProgressSnapshot], None],
) -> ProgressSnapshot:
    """Show every snapshot, and return the last one."""
    last: ProgressSnapshot | None = None
    for snapshot in snapshots:
        show(last, snapshot)
        last = snapshot
    assert last is not None, "there is at least one snapshot"  # noqa: S101
    return last


def _print_changes(before: ProgressSnapshot | None, after: ProgressSnapshot) -> None:
    for line in changes(before, after):
        echo(f"{moment_text(after.at)} {line}")
