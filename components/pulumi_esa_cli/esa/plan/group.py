"""The group `esa-prefetch plan` and its commands; does nothing itself."""

import typer

from pulumi_esa_cli.esa.plan.acting import rerun, start, stop
from pulumi_esa_cli.esa.plan.declaring import declare
from pulumi_esa_cli.esa.plan.listing import ls, show
from pulumi_esa_cli.esa.plan.waiting import wait


def register(app: typer.Typer) -> None:
    """Add the group and its commands."""
    group = typer.Typer(help="List, start, stop, rerun, wait for and declare plans.")
    group.callback()(_plan)
    for command in (ls, show, start, stop, rerun, wait, declare):
        group.command(command.__name__)(command)
    app.add_typer(group, name="plan")


def _plan() -> None:
    """Find plans, and start, stop, rerun, wait for or declare them by hand."""
