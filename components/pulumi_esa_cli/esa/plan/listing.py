"""`esa-prefetch plan ls` and `plan show`: what plans there are, and how they are; they change nothing."""

import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated

import typer
from rich.text import Text

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.printable import one_line
from pulumi_esa_cli.esa.plan.scope import (
    Job,
    Jobs,
    Scope,
    Site,
    Words,
    read_scope,
    sentences,
)
from pulumi_esa_cli.esa.plan.table import (
    Screen,
    listing_lines,
    pace_text,
    status_style,
)
from pulumi_esa_cli.esa.state_source import StateFile
from pulumi_esa_cli.flags.common_options import AsJson, StackName
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_cli.terminal.styled_lines import is_screen, print_lines
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.models import Job as EsaJob
from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.load import count_text, list_text, moment_text
from pulumi_esa_prefetch.operations.errors import OperationError
from pulumi_esa_prefetch.operations.plan_words import job_of_word, require_jobs
from pulumi_esa_prefetch.report.analysis.plan_listing import (
    ListedJob,
    ListedPlan,
    PlanListing,
    list_plans,
)
from pulumi_esa_prefetch.report.analysis.progress import WatchedPlan
from pulumi_esa_prefetch.report.inputs.esa_snapshot import (
    EsaReader,
    EsaSnapshot,
    take_snapshot,
)
from pulumi_esa_prefetch.report.render.json_text import json_text

READ_SECONDS = 30.0


def ls(
    context: typer.Context,
    *,
    site: Site = "",
    job: Jobs = None,
    stack: StackName = "",
    file: StateFile = "",
    every: Annotated[
        bool, typer.Option("--all", help="Show all plans, also beyond the screen.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List plans with their ids, grouped by job; what needs attention comes first.

    Lists the plans of a site (--site), of jobs (--job), or else of the selected stack.
    On a terminal it fills one screen; in a pipe it prints all plans.
    """
    scope = read_scope(context.obj, stack, file)
    with sentences():
        listing, title = _listing(scope, site, job or [])
    if as_json:
        echo(json_text(listing))
    elif listing.jobs or not listing.problem:
        print_lines(
            listing_lines(listing, title, _screen(every)), color=context.obj.color
        )
    _fail_if_incomplete(listing)


def show(
    context: typer.Context,
    plans: Words,
    *,
    job: Job = "",
    stack: StackName = "",
    file: StateFile = "",
    as_json: AsJson = False,
) -> None:
    """Show plans with their windows, paces and jobs, and whether the stack declares them."""
    scope = read_scope(context.obj, stack, file)
    with sentences():
        chosen = scope.choose(plans, job)
        require_jobs(chosen)
        wanted = [
            scope.declared(plan.plan_id)
            or WatchedPlan(plan.name, plan.job_id or "", plan.plan_id, declared=False)
            for plan in chosen
        ]
        with scope.client() as client:
            reader = client.limited(seconds=READ_SECONDS)
            snapshot = take_snapshot(reader, {plan.job_id for plan in wanted})
    listing = list_plans(snapshot, wanted, SystemClock().now(), only_known=True)
    order = [plan.plan_id for plan in chosen]
    found = sorted(listing.plans, key=lambda plan: order.index(plan.id))
    jobs = {one.id: one for one in listing.jobs}
    if as_json:
        echo(json_text([_shown(plan, jobs[plan.job_id]) for plan in found]))
    else:
        lines = [
            line for plan in found for line in _details(plan, jobs[plan.job_id], scope)
        ]
        print_lines(lines[:-1], color=context.obj.color)
    _fail_if_incomplete(listing)
    missing = [plan.name or plan.id for plan in found if plan.status == "missing"]
    if missing:
        verb = "does" if len(missing) == 1 else "do"
        raise EngineError(f"{list_text(missing)} {verb} not exist in ESA: see plan ls")


def read_jobs(client: EsaClient, site: str, job_ids: Collection[str]) -> EsaSnapshot:
    """Read jobs with their plans: those of a site, or else those with these ids. Raises EsaError, OperationError."""
    reader = client.limited(seconds=READ_SECONDS)
    if not site:
        return take_snapshot(reader, job_ids)
    jobs = reader.list_scheduled_preload_jobs(site_id=site_of_word(site))
    known = {job.id: job for job in jobs}
    return take_snapshot(_KnownJobs(reader, known), known)


def site_of_word(word: str) -> str:
    """The id of a site. Raises OperationError."""
    if not (word.isascii() and word.isdecimal()):
        raise OperationError(f"--site: {one_line(word)!r} is not a site's id: a number")
    return word


class _KnownJobs:
    """A reader of plans that has read the jobs already, by ListScheduledPreloadJobs."""

    def __init__(self, reader: EsaReader, jobs: Mapping[str, EsaJob]) -> None:
        self._jobs = jobs
        self.list_scheduled_preload_executions = (
            reader.list_scheduled_preload_executions
        )

    def get_scheduled_preload_job(self, *, job_id: str) -> EsaJob:
        """Return the job as it was listed."""
        return self._jobs[job_id]


def _listing(scope: Scope, site: str, words: Sequence[str]) -> tuple[PlanListing, str]:
    """The listing that is asked for, and its title. Raises OperationError, EsaError."""
    if site and words:
        raise OperationError("only one of --site and --job may be given")
    job_ids = list(dict.fromkeys(map(job_of_word, words)))
    of_stack = not site and not words
    if of_stack and not scope.plans:
        raise OperationError(_nothing_to_list(scope.stack))
    with scope.client() as client:
        snapshot = read_jobs(
            client, site, job_ids or {plan.job_id for plan in scope.plans}
        )
    now = SystemClock().now()
    listing = list_plans(snapshot, scope.plans, now, only_known=of_stack)
    if site:
        return listing, f"Site {site}"
    if of_stack:
        return listing, one_line(scope.stack) or "stack"
    return listing, f"Job {job_ids[0]}" if len(job_ids) == 1 else "Jobs"


def _nothing_to_list(stack: str) -> str:
    if stack:
        return (
            f"stack {stack} has no plans in its state: run up, or give --site or --job"
        )
    return "no stack is selected here: give --site or --job"


def _screen(every: bool) -> Screen | None:
    if not is_screen():
        return None
    size = shutil.get_terminal_size()
    return Screen(size.columns, None if every else size.lines)


def _fail_if_incomplete(listing: PlanListing) -> None:
    if listing.problem:
        raise EngineError(listing.problem)
    gone = [job.id for job in listing.jobs if not job.exists and not job.plans]
    if gone:
        noun = "job" if len(gone) == 1 else "jobs"
        raise EngineError(f"{noun} {list_text(gone)} not found in ESA: check --job")


def _shown(plan: ListedPlan, job: ListedJob) -> dict[str, object]:
    """A plan for a program, with its job."""
    return {"plan": plan, "job": _without_plans(job)}


def _without_plans(job: ListedJob) -> dict[str, object]:
    return {
        "id": job.id,
        "name": job.name,
        "siteId": job.site_id,
        "urls": job.urls,
        "urlsDone": job.urls_done,
        "errorInfo": job.error_info,
    }


def _details(plan: ListedPlan, job: ListedJob, scope: Scope) -> Iterator[Text]:
    """What is known of a plan, a line each, and an empty one at the end."""
    yield Text(f"{plan.job_id}:{plan.id}", style="bold")
    rows = {
        "Status": plan.status,
        "Attention": plan.note,
        "Window": _window(plan),
        "Pace": _pace(plan),
        "Last batch": moment_text(plan.finish) if plan.finish else "",
        "Job": _job(job),
        "Refused": one_line(job.error_info or "") if not plan.note else "",
        "Declared": _declared(plan, scope),
    }
    for name, value in rows.items():
        if value:
            style = status_style(value) if name == "Status" else ""
            yield Text.assemble(f"  {name:<11}", (one_line(value), style))
    yield Text()


def _window(plan: ListedPlan) -> str:
    if plan.status == "missing":
        return ""
    ends = [
        moment_text(end) if end else "open" for end in (plan.start_time, plan.end_time)
    ]
    return " to ".join(ends)


def _pace(plan: ListedPlan) -> str:
    if not plan.interval or plan.slice_len is None:
        return ""
    short = pace_text(plan.interval, plan.slice_len).partition("/")[2]
    return f"{count_text(plan.slice_len, 'URL')} every {short}"


def _job(job: ListedJob) -> str:
    if not job.exists:
        return "does not exist in ESA"
    parts = [
        one_line(job.name or ""),
        f"site {job.site_id}" if job.site_id is not None else "",
        f"{job.urls_done or 0} of {job.urls} URLs done" if job.urls is not None else "",
    ]
    return ", ".join(filter(None, parts))


def _declared(plan: ListedPlan, scope: Scope) -> str:
    if not scope.stack:
        return ""
    if not plan.declared:
        return f"not by stack {scope.stack}"
    return f"{plan.declared}, as {plan.name} in stack {scope.stack}"
