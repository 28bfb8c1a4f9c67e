"""Shows the progress of plans while it is read: on a terminal as a screen, else as a line for each change."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from rich.console import Console
from rich.live import Live

from pulumi_esa_cli.esa.progress_screen import ProgressScreen
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_cli.terminal.styled_lines import is_screen
from pulumi_esa_prefetch.load import moment_text
from pulumi_esa_prefetch.report.analysis.progress import ProgressSnapshot, changes

REDRAWS_PER_SECOND = 2
"""A terminal that changes its size is redrawn as soon as that."""


def show_progress(
    snapshots: Iterator[ProgressSnapshot],
    global_flags: GlobalFlags,
    title: str,
    every: float | None,
) -> ProgressSnapshot:
    """Show every snapshot, and return the last one; `every`: the seconds between two, None if there is only one."""
    if is_screen():
        return _draw(snapshots, global_flags, title, every)
    return show_each(snapshots, _print_changes)


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


def show_each(
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
