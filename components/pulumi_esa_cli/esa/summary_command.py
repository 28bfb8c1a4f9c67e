"""`esa-prefetch summary`: turns a preview into a comment or JSON; computes nothing itself."""

import os
from typing import Annotated, Literal

import typer

from pulumi_embedded_engine.errors import CHANGES_FOUND, EngineError
from pulumi_esa_cli.esa.collector import paused_collector
from pulumi_esa_cli.esa.input_reading import parse_at, read_input
from pulumi_esa_cli.flags.common_options import AsJson
from pulumi_esa_prefetch.load import Limits, LimitsError
from pulumi_esa_prefetch.report.analysis.plan_facts import job_ids
from pulumi_esa_prefetch.report.analysis.summary import PrefetchSummary, schema_text
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.esa_snapshot import (
    EsaSnapshot,
    take_snapshot_with,
)
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    Preview,
    read_preview,
    read_state,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.markdown import markdown
from pulumi_esa_prefetch.report.render.summary_line import summary_line

OFFLINE = "ESA was not read (--offline): statuses and progress are those of the state."

INCOMPLETE = "the preview failed, so that the summary is incomplete"


def register(app: typer.Typer) -> None:
    """Add the command `summary`."""
    app.command("summary")(summary)


def summary(
    preview: Annotated[
        str,
        typer.Argument(metavar="FILE", help="Output of `preview --json`, or -."),
    ] = "-",
    *,
    output: Annotated[
        Literal["markdown", "json", "line"],
        typer.Option(
            "--output",
            "-o",
            metavar="FORMAT",
            help="markdown (a comment), json or line (one line).",
        ),
    ] = "markdown",
    as_json: AsJson = False,
    state: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="Output of `stack export`, or a checkpoint; then unchanged plans count too.",
        ),
    ] = "",
    offline: Annotated[
        bool,
        typer.Option("--offline", help="Do not call ESA: not verified then."),
    ] = False,
    expect_no_changes: Annotated[
        bool,
        typer.Option(
            "--expect-no-changes",
            help="Exit with code 7 if anything changes or has drifted, with 1 if that is not verified.",
        ),
    ] = False,
    at: Annotated[
        str,
        typer.Option(metavar="TIME", help="Forecast from this time instead of now."),
    ] = "",
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of --output json.")
    ] = False,
) -> None:
    """Summarize what a preview means for plans and origins: one comment for a pull request.

    Compares all plans that the preview or --state names with ESA, also those that the preview
    does not change. Exits with 1, after printing, if the preview failed, if ESA refuses the
    access keys, if an enforced limit is broken, or if the deployment will fail at a plan.
    """
    if schema:
        typer.echo(schema_text(), nl=False)
        return
    try:
        made, keys_refused = _summary(preview, state, at, offline=offline)
    except (ReportError, LimitsError) as error:
        raise EngineError(str(error)) from None
    render = {
        "markdown": markdown,
        "json": PrefetchSummary.to_json,
        "line": summary_line,
    }
    typer.echo(render["json" if as_json else output](made).rstrip("\n"))
    if expect_no_changes:
        _fail_if_changed(made)
    else:
        _fail_if_needed(made, keys_refused=keys_refused)


@paused_collector()
def _summary(
    file: str, state_file: str, at: str, *, offline: bool
) -> tuple[PrefetchSummary, bool]:
    """Return the summary, and whether ESA refuses the access keys."""
    preview = read_preview(read_input(file))
    state = read_state(read_input(state_file)) if state_file else ()
    graph = ResourceGraph.of(preview, state)
    limits = Limits.parse(preview.config.get("esa-prefetch:limits"))
    snapshot = _snapshot(preview, graph, offline=offline)
    made = compose(preview, graph, snapshot, limits, parse_at(at))
    return made, snapshot.keys_refused


def _snapshot(preview: Preview, graph: ResourceGraph, *, offline: bool) -> EsaSnapshot:
    ids = job_ids(graph)
    if offline and ids:
        return EsaSnapshot(problem=OFFLINE)
    return take_snapshot_with(preview.config, os.environ, ids)


def _fail_if_changed(made: PrefetchSummary) -> None:
    """Raise EngineError with the exit code of `preview --expect-no-changes`; another one if that is not verified."""
    if made.differs:
        raise EngineError(
            "no changes were expected, and something changes or has drifted",
            CHANGES_FOUND,
        )
    if made.failed:
        raise EngineError(INCOMPLETE)
    if made.not_verified:
        raise EngineError(f"not verified: {made.not_verified}")


def _fail_if_needed(made: PrefetchSummary, *, keys_refused: bool) -> None:
    """Raise EngineError, so that a pipeline fails, if the deployment should not go on."""
    if made.failed:
        raise EngineError(INCOMPLETE)
    if keys_refused:
        raise EngineError(f"not verified: {made.not_verified}")
    if made.denied:
        denied = [warned.text for warned in made.warnings if warned.level == "deny"]
        more = f" (and {len(denied) - 1} more)" if len(denied) > 1 else ""
        raise EngineError(f"an enforced limit is broken: {denied[0]}{more}")
    if made.refused:
        plan, *others = made.refused
        more = f" (and {len(others)} more)" if others else ""
        raise EngineError(f"the deployment will fail: {plan.name} {plan.why}{more}")
