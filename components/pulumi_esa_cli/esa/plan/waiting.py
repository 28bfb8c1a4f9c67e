"""`esa-prefetch plan wait`: waits until plans have finished, or run; changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import typer

from pulumi_embedded_engine.errors import FAILED, EngineError
from pulumi_esa_cli.esa.exit_codes import INTERRUPTED, TIMED_OUT
from pulumi_esa_cli.esa.plan.end_calls import EndCalls
from pulumi_esa_cli.esa.plan.scope import (
    Job,
    Words,
    read_scope,
    sentences,
)
from pulumi_esa_cli.esa.progress_display import show_each, show_progress
from pulumi_esa_cli.esa.state_source import StateFile
from pulumi_esa_cli.flags.common_options import AsJson, StackName, warn
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.load import list_text
from pulumi_esa_prefetch.operations.plan_words import require_jobs
from pulumi_esa_prefetch.operations.waiting import Until, Verdict, Wait, parse_duration
from pulumi_esa_prefetch.report.analysis.progress import (
    PlanProgress,
    ProgressSnapshot,
    WatchedPlan,
    take_progress,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import take_snapshot
from pulumi_esa_prefetch.report.render.json_text import json_text

MAX_FAILURES: Final = 5
"""So many failed reads in a row end the command."""
READ_SECONDS: Final = 15.0


def wait(  # noqa: PLR0913 - one argument per option
    context: typer.Context,
    plans: Words,
    *,
    until: Annotated[
        Until,
        typer.Option(metavar="STATUS", help="finished, or running (or finished)."),
    ] = "finished",
    timeout: Annotated[
        str,
        typer.Option(
            metavar="TIME", help="Give up after this time, such as 90s or 2h."
        ),
    ] = "",
    every: Annotated[
        float,
        typer.Option(metavar="SECONDS", min=1, help="Seconds between two reads."),
    ] = 10,
    job: Job = "",
    stack: StackName = "",
    file: StateFile = "",
    as_json: AsJson = False,
) -> None:
    """Wait until plans have finished, or run, and show their progress.

    Exits with 1 if a plan is stopped, failed or missing, so that it does not get there,
    and with 124 if the time is over. Ctrl-C ends it at once, and changes nothing in ESA.
    """
    scope = read_scope(context.obj, stack, file)
    with sentences():
        seconds = parse_duration(timeout) if timeout else None
        chosen = scope.choose(plans, job)
        require_jobs(chosen)
        wanted = [
            WatchedPlan(
                plan.name or plan.plan_id,
                plan.job_id or "",
                plan.plan_id,
                declared=False,
            )
            for plan in chosen
        ]
        with scope.client() as client:
            waiting = _Waiting(client, wanted, until, seconds, every, SystemClock())
            waiting.calls = EndCalls.of(scope)
            try:
                _show(waiting, context, as_json=as_json)
                waiting.tell_ends(is_over=True)
            except KeyboardInterrupt:
                echo(
                    f"interrupted: {waiting.standing}; nothing was changed in ESA",
                    err=True,
                )
                raise typer.Exit(INTERRUPTED) from None
            finally:
                for problem in waiting.calls.problems:
                    warn(problem)
    if as_json:
        echo(json_text(waiting.outcomes))
    _fail_if_not_reached(waiting)


@dataclass(frozen=True)
class PlanOutcome:
    """How the wait ended for one plan."""

    id: str
    job_id: str
    name: str
    status: str
    outcome: str


class _Waiting:
    """One wait: reads ESA again and again, until each plan is there or cannot get there, or the time is over."""

    def __init__(
        self,
        client: EsaClient,
        wanted: Sequence[WatchedPlan],
        until: Until,
        timeout: float | None,
        every: float,
        clock: Clock,
    ) -> None:
        self._reader = client.limited(seconds=READ_SECONDS)
        self._wanted = wanted
        self._clock = clock
        self.until, self.every, self.timeout = until, every, timeout
        self._began = clock.monotonic()
        self._wait = Wait(until, self._began)
        self.seen: tuple[PlanProgress, ...] = ()
        self.verdicts: list[Verdict] = []
        self.calls = EndCalls()

    def tell_ends(self, *, is_over: bool = False) -> None:
        """Call the webhook for each plan whose wait has ended; ``is_over``: no plan is waited for any longer."""
        now, seconds = self._clock.now(), self._clock.monotonic() - self._began
        for plan, verdict in zip(self.seen, self.verdicts, strict=True):
            if is_over or verdict is not Verdict.WAITS:
                self.calls.tell(plan, verdict, self.until, now, seconds)

    def snapshots(self) -> Iterator[ProgressSnapshot]:
        """What is read; five failed reads in a row are an error."""
        failures = 0
        while True:
            asked = self._clock.monotonic()
            ids = {plan.job_id for plan in self._wanted}
            read = take_snapshot(self._reader, ids)
            snapshot = take_progress(self._wanted, read, self._clock.now())
            failures = failures + 1 if snapshot.problem else 0
            if snapshot.problem and (read.keys_refused or failures >= MAX_FAILURES):
                raise EngineError(f"{self.standing}: {snapshot.problem}")
            if not snapshot.problem:
                self.seen = snapshot.plans
                self.verdicts = self._wait.judge(snapshot.plans, asked)
                self.tell_ends()
            yield snapshot
            pause = self._pause()
            if pause is None:
                return
            self._clock.sleep(pause)

    def _pause(self) -> float | None:
        """Seconds until the next read; None if there is to be none."""
        now = self._clock.monotonic()
        if self.verdicts and Verdict.WAITS not in self.verdicts:
            return None
        pause = self._wait.next_look(self.verdicts, now, self.every)
        if self.timeout is None:
            return pause
        left = self._began + self.timeout - now
        return min(pause, left) if left > 0 else None

    def of(self, verdict: Verdict) -> list[str]:
        """The plans with this verdict, each with its status."""
        return [
            f"{plan.target.name} ({plan.status})"
            for plan, own in zip(self.seen, self.verdicts, strict=True)
            if own is verdict
        ]

    @property
    def standing(self) -> str:
        """How many plans have got there."""
        there = self.verdicts.count(Verdict.REACHED)
        word = "finished" if self.until == "finished" else "running, or finished"
        return f"{there} of {len(self._wanted)} known to be {word}"

    @property
    def outcomes(self) -> list[PlanOutcome]:
        """How it stands with each plan."""
        return [
            PlanOutcome(
                plan.target.plan_id,
                plan.target.job_id,
                plan.target.name.removeprefix(plan.target.plan_id),
                plan.status,
                str(verdict),
            )
            for plan, verdict in zip(self.seen, self.verdicts, strict=True)
        ]


def _show(waiting: _Waiting, context: typer.Context, *, as_json: bool) -> None:
    if as_json:
        show_each(waiting.snapshots(), lambda _before, _after: None)
        return
    title = f"Waiting until {waiting.until}"
    show_progress(waiting.snapshots(), context.obj, title, waiting.every)


def _fail_if_not_reached(waiting: _Waiting) -> None:
    until = waiting.until
    impossible, late = waiting.of(Verdict.IMPOSSIBLE), waiting.of(Verdict.WAITS)
    reasons = []
    if impossible:
        reasons.append(f"will not be {until}: {list_text(impossible)}")
    if late or not waiting.verdicts:
        what = list_text(late) or "the plans could not be read"
        reasons.append(f"not {until} after {waiting.timeout:g} seconds: {what}")
    if reasons:
        raise EngineError("; ".join(reasons), FAILED if impossible else TIMED_OUT)
