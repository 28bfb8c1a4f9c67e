"""`esa-prefetch plan declare`: prints what declares running plans, or writes it into the stack's file."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import typer

from pulumi_embedded_engine.config.stack_config_file import StackConfigFile
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.printable import one_line
from pulumi_esa_cli.esa.plan.listing import read_jobs
from pulumi_esa_cli.esa.plan.scope import (
    Jobs,
    Scope,
    Site,
    read_scope,
    sentences,
)
from pulumi_esa_cli.esa.state_source import StateFile
from pulumi_esa_cli.flags import common_options
from pulumi_esa_cli.flags.common_options import AsJson, StackName
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.load import count_text
from pulumi_esa_prefetch.operations.declaration_forms import FORMS, SETTING
from pulumi_esa_prefetch.operations.declarations import (
    Declarable,
    PlanDeclaration,
    declare_plans,
)
from pulumi_esa_prefetch.operations.errors import OperationError
from pulumi_esa_prefetch.operations.plan_words import job_of_word
from pulumi_esa_prefetch.provider.plan_properties import split_id
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot


def declare(
    context: typer.Context,
    *,
    job: Jobs = None,
    site: Site = "",
    form: Annotated[
        Literal["config", "python", "typescript", "yaml"],
        typer.Option(
            "--as",
            metavar="FORM",
            help="config (a stack's file), python, typescript or yaml (a program).",
        ),
    ] = "config",
    write: Annotated[
        bool,
        typer.Option("--write", help="Write it into the file of the selected stack."),
    ] = False,
    stack: StackName = "",
    file: StateFile = "",
    as_json: AsJson = False,
) -> None:
    """Print what declares the running plans of jobs, or of a site: the next up adopts them.

    Leaves out plans that the stack declares already, and plans that do not run: an up
    may start those. --write keeps the comments of the stack's file.
    """
    if write and (form != "config" or file):
        raise EngineError(
            "--write writes the config of a stack: give neither --as nor --file"
        )
    scope = read_scope(context.obj, stack, file)
    known = _declared_in(scope.config)
    with sentences():
        snapshot = _read(scope, site, job or [])
        names = {*known, *(plan.name for plan in scope.plans)}
        own = {plan.plan_id for plan in scope.plans if plan.declared}
        running, left_out = _running(snapshot, own | set(known.values()), scope.stack)
        plans = declare_plans(running, names)
    if write and plans:
        _write(context, stack, plans)
    elif as_json:
        print_json({plan.name: plan.config for plan in plans})
    elif plans:
        typer.echo(FORMS[form](plans))
    for note in [
        *([] if plans else ["there is no running plan to declare"]),
        *left_out,
    ]:
        echo(f"note: {note}", err=True)


def _read(scope: Scope, site: str, words: Sequence[str]) -> EsaSnapshot:
    """Read the jobs. Raises OperationError, also if one of them could not be read: a part must not look like all."""
    if bool(site) == bool(words):
        raise OperationError("give --job, or --site for all jobs of a site")
    with scope.client() as client:
        snapshot = read_jobs(client, site, {job_of_word(word) for word in words})
    gone = [job_id for job_id, seen in snapshot.jobs.items() if seen.job is None]
    problem = snapshot.problem or "; ".join(snapshot.unreadable)
    if problem or gone:
        raise OperationError(problem or f"job {gone[0]} does not exist in ESA")
    return snapshot


def _running(
    snapshot: EsaSnapshot, declared: set[str], stack: str
) -> tuple[list[Declarable], list[str]]:
    """The running plans that nothing declares, and sentences about those that are left out."""
    running, own, others = list[Declarable](), 0, dict[str, int]()
    for job_id, seen in snapshot.jobs.items():
        for plan in seen.plans.values():
            if plan.id in declared:
                own += 1
            elif plan.status == "running":
                name = seen.job.name if seen.job else None
                running.append(Declarable(job_id, plan.id, name))
            else:
                status = plan.status or "without a status"
                others[status] = others.get(status, 0) + 1
    return running, list(_left_out(own, others, stack))


def _left_out(own: int, others: Mapping[str, int], stack: str) -> Iterator[str]:
    if own:
        yield f"left out: {count_text(own, 'plan')} that stack {stack} declares already"
    if others:
        counts = ", ".join(f"{n} {one_line(s)}" for s, n in sorted(others.items()))
        yield f"left out, because they do not run: {counts}"


def _declared_in(config: Mapping[str, str] | None) -> dict[str, str]:
    """The names in a stack's config, with the ids of their plans."""
    try:
        plans = json.loads((config or {}).get(SETTING) or "{}")
    except ValueError:
        return {}
    if not isinstance(plans, dict):
        return {}
    return {name: _plan_id(plan) for name, plan in plans.items()}


def _plan_id(plan: Any) -> str:
    given = plan.get("planId") if isinstance(plan, dict) else None
    return object_id(split_id(given)[1]) or ""


def _write(
    context: typer.Context, stack: str, plans: Sequence[PlanDeclaration]
) -> None:
    found = common_options.open_selected_stack(context.obj, stack)
    file = found.config_document()
    file.save(file.values | {SETTING: _merged(file, plans)})
    echo(
        f"{file.file.name}: {count_text(len(plans), 'plan')} written into {SETTING}; `esa-prefetch preview` shows "
        "that the next up adopts them"
    )


def _merged(file: StackConfigFile, plans: Sequence[PlanDeclaration]) -> dict[str, Any]:
    there = file.values.get(SETTING) or {}
    if not isinstance(there, dict):
        raise EngineError(
            f"{file.file}: {SETTING} must be a mapping from names to plans"
        )
    return {**there, **{plan.name: plan.config for plan in plans}}
