"""`esa-prefetch plan start`, `stop` and `rerun`: say what they will do, ask, do it; one line for each plan."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Final

import typer

from pulumi_embedded_engine.errors import BAD_USAGE, DECLINED, FAILED, EngineError
from pulumi_embedded_engine.printable import one_line
from pulumi_esa_cli.esa.exit_codes import INTERRUPTED
from pulumi_esa_cli.esa.plan.scope import (
    Job,
    Scope,
    Words,
    read_scope,
    sentences,
)
from pulumi_esa_cli.esa.plan.termination import ended_by_signals
from pulumi_esa_cli.esa.state_source import StateFile
from pulumi_esa_cli.flags import common_options
from pulumi_esa_cli.flags.common_options import AsJson, StackName, Yes
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_cli.terminal.progress_line import ProgressLine
from pulumi_esa_prefetch.load import count_text, list_text
from pulumi_esa_prefetch.operations.acts import (
    HandAct,
    Outcome,
    PlanResult,
    Request,
    carry_out,
    foresee_all,
    forget_lists,
)
from pulumi_esa_prefetch.operations.consequences import consequence
from pulumi_esa_prefetch.operations.plan_words import ChosenPlan, require_jobs
from pulumi_esa_prefetch.provider.session import ProviderSession, shared_session
from pulumi_esa_prefetch.report.inputs.esa_snapshot import usable_config
from pulumi_esa_prefetch.settings.settings import refuse_misspelt

LIMITS: Final = "esa-prefetch:limits"
_MOST_NAMED: Final = 20
_DONE: Final = {
    HandAct.START: "started",
    HandAct.STOP: "stopped",
    HandAct.RERUN: "run again",
}


def start(
    context: typer.Context,
    plans: Words,
    *,
    restart_finished: Annotated[
        bool, typer.Option("--restart-finished", help="Start finished plans too.")
    ] = False,
    yes: Yes = False,
    job: Job = "",
    stack: StackName = "",
    file: StateFile = "",
    as_json: AsJson = False,
) -> None:
    """Start plans that wait, are stopped or have failed; one that runs is left as it is.

    Says what will be done, and asks. A finished plan is not started, unless that is
    asked for. The limits of the stack hold. Exits with 1 if a plan was not started.
    """
    request = Request(HandAct.START, restart_finished=restart_finished)
    _act(
        context,
        plans,
        request,
        yes=yes,
        job=job,
        stack=stack,
        file=file,
        as_json=as_json,
    )


def stop(
    context: typer.Context,
    plans: Words,
    *,
    yes: Yes = False,
    job: Job = "",
    stack: StackName = "",
    file: StateFile = "",
    as_json: AsJson = False,
) -> None:
    """Stop plans that run; one that does not run is left as it is.

    Says what will be done, and asks. ESA does not stop a waiting plan: that is an error.
    Exits with 1 if a plan was not stopped.
    """
    request = Request(HandAct.STOP)
    _act(
        context,
        plans,
        request,
        yes=yes,
        job=job,
        stack=stack,
        file=file,
        as_json=as_json,
    )


def rerun(
    context: typer.Context,
    plans: Words,
    *,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Run on from where the job is, without a Reset."),
    ] = False,
    yes: Yes = False,
    job: Job = "",
    stack: StackName = "",
    file: StateFile = "",
    as_json: AsJson = False,
) -> None:
    """Run plans again from the first URL: Stop if a plan runs, Reset of its job, Start.

    Names the job's other plans, which a Reset puts back too, and asks. It is refused while
    another plan of the job runs. Exits with 1 if a plan was not run again.
    """
    request = Request(HandAct.RERUN, rerun="resume" if resume else "from_start")
    _act(
        context,
        plans,
        request,
        yes=yes,
        job=job,
        stack=stack,
        file=file,
        as_json=as_json,
    )


def _act(
    context: typer.Context,
    words: Sequence[str],
    request: Request,
    *,
    yes: bool,
    job: str,
    stack: str,
    file: str,
    as_json: bool,
) -> None:
    if not yes and not context.obj.interactive:
        raise EngineError("--yes is needed where nobody can be asked", BAD_USAGE)
    scope = read_scope(context.obj, stack, file)
    with sentences():
        chosen = scope.choose(words, job)
        if request.act is HandAct.RERUN:
            require_jobs(chosen)
        session = _session(scope, request.act, file)
    unseen = [plan for plan in chosen if request.may_run_finished(plan)]
    if unseen and not context.obj.interactive:
        raise EngineError(_unseen(unseen), BAD_USAGE)
    with ended_by_signals():
        _foresee_and_do(
            session,
            scope,
            chosen,
            request,
            asks=bool(unseen) or not yes,
            as_json=as_json,
        )


def _unseen(plans: Sequence[ChosenPlan]) -> str:
    names = list_text([one_line(plan.label) for plan in plans], _MOST_NAMED)
    return (
        f"the job of {names} is not known, so that a finished plan would run again: write JOB_ID:PLAN_ID, or give "
        "--restart-finished"
    )


def _foresee_and_do(
    session: ProviderSession,
    scope: Scope,
    chosen: Sequence[ChosenPlan],
    request: Request,
    *,
    asks: bool,
    as_json: bool,
) -> None:
    foreseen = _foresee(session, chosen, request)
    _say_foreseen(foreseen, scope, request, err=as_json)
    todo = [one.plan for one in foreseen if one.outcome is Outcome.DONE]
    if todo and asks:
        _confirm(request.act, [one.outcome for one in foreseen], err=as_json)
        forget_lists(session, todo)  # the answer may have taken long
    results = {one.plan.plan_id: one for one in foreseen}
    left = list(todo)
    interrupted = False
    try:
        for done in _carry_out(session, todo, request, as_json=as_json):
            results[left.pop(0).plan_id] = done
    except KeyboardInterrupt:
        interrupted = True
        results |= {one.plan.plan_id: one for one in _unfinished(left)}
        _say_interrupted(len(todo), left)
    if as_json:
        print_json([_json(results[plan.plan_id]) for plan in chosen])
    if interrupted:
        raise typer.Exit(INTERRUPTED)
    _fail_if_not_done([results[plan.plan_id] for plan in chosen], request.act)


def _foresee(
    session: ProviderSession, chosen: Sequence[ChosenPlan], request: Request
) -> list[PlanResult]:
    progress = ProgressLine()
    try:
        return foresee_all(
            session,
            chosen,
            request,
            lambda: progress.tell("Reading the plans again: a list of ESA may lag ..."),
        )
    except KeyboardInterrupt:
        progress.clear()
        echo("interrupted: nothing was done", err=True)
        raise typer.Exit(INTERRUPTED) from None
    finally:
        progress.clear()


def _session(scope: Scope, act: HandAct, file: str) -> ProviderSession:
    """A session with the stack's settings. Raises SettingsError, also for a misspelt one, and LimitsError."""
    config = usable_config(scope.config, os.environ)
    refuse_misspelt(config)
    if scope.config is None and act is not HandAct.STOP:
        common_options.warn(
            "the stack's settings are not in its state: its limits are not known, and do not hold"
        )
    elif file and act is not HandAct.STOP and LIMITS in config:
        common_options.warn(
            f"the limits are those of the last up, as {file} has them, not those of the stack's file"
        )
    return shared_session(config.get)[1]


def _say_foreseen(
    foreseen: Sequence[PlanResult], scope: Scope, request: Request, *, err: bool
) -> None:
    """Say what will be done, and at the end, near the question, what is refused."""
    for line in _foreseen_lines(foreseen, scope, request):
        echo(line, err=err)
    for one in foreseen:
        if one.outcome is Outcome.FAILED:
            echo(_failure(one), err=True)


def _foreseen_lines(
    foreseen: Sequence[PlanResult], scope: Scope, request: Request
) -> Iterator[str]:
    """What will be done to each plan, what a Reset puts back besides, and what the stack declares."""
    for one in foreseen:
        label = one_line(one.plan.label)
        if one.outcome is not Outcome.FAILED:
            yield f"{label} {one.text}"
        if one.also_reset:
            others = [
                f"{_name(scope, other.id)} ({other.status or 'status not known'})"
                for other in one.also_reset
            ]
            yield f"  also put back to the first URL of the job: {list_text(others, _MOST_NAMED)}"
        yield from (f"  warning: {each}" for each in one.warnings)
        declared = scope.declared(one.plan.plan_id)
        if declared and one.outcome is Outcome.DONE:
            desired = "stopped" if declared.to_stop else "running"
            yield f"  {consequence(request.act, desired, scope.stack)}"


def _name(scope: Scope, plan_id: str) -> str:
    declared = scope.declared(plan_id)
    return one_line(declared.name) if declared else plan_id


def _confirm(act: HandAct, outcomes: Sequence[Outcome], *, err: bool) -> None:
    """Ask; raises EngineError unless the answer is yes."""
    counts = Counter(outcomes)
    plans = count_text(counts[Outcome.DONE], "plan")
    question = "Run {} again" if act is HandAct.RERUN else f"{act.capitalize()} {{}}"
    besides = {Outcome.UNCHANGED: "left as it is", Outcome.FAILED: "refused"}
    rest = [f"{counts[o]} {word}" for o, word in besides.items() if counts[o]]
    others = f" ({', '.join(rest)})" if rest else ""
    try:
        agreed = typer.confirm(f"{question.format(plans)}{others}?", err=err)
    except typer.Abort:
        echo(err=True)
        agreed = False
    if not agreed:
        raise EngineError("declined, nothing was done", DECLINED)


def _carry_out(
    session: ProviderSession,
    todo: Sequence[ChosenPlan],
    request: Request,
    *,
    as_json: bool,
) -> Iterator[PlanResult]:
    """Do it to one plan after the other, and say of each what was done; a failure ends nothing."""
    for plan in todo:
        done = carry_out(session, plan, request)
        for warning in done.warnings:
            echo(f"warning: {one_line(plan.label)}: {warning}", err=True)
        failed = done.outcome is Outcome.FAILED
        text = f"{one_line(plan.label)} {_past(done)}"
        echo(_failure(done) if failed else text, err=failed or as_json)
        yield done


def _unfinished(left: Sequence[ChosenPlan]) -> Iterator[PlanResult]:
    """What is known of the plans without a result, of which the first may have been begun."""
    for number, plan in enumerate(left):
        if number:
            yield PlanResult(plan, Outcome.NOT_BEGUN, "was not begun")
        else:
            yield PlanResult(plan, Outcome.UNKNOWN, "it is not known what became of it")


def _say_interrupted(number: int, left: Sequence[ChosenPlan]) -> None:
    done = f"{number - len(left)} done before"
    if not left:
        echo(f"interrupted: {done}", err=True)
        return
    echo(
        f"interrupted: it is not known what became of {one_line(left[0].label)}: see `plan show`; {done}, "
        f"{len(left) - 1} not begun",
        err=True,
    )


def _past(done: PlanResult) -> str:
    """What was done, as the end of a sentence about the plan."""
    return done.text if done.text.startswith("is ") else f"was {done.text}"


def _json(done: PlanResult) -> dict[str, object]:
    return {
        "id": done.plan.plan_id,
        "jobId": done.plan.job_id,
        "name": done.plan.name,
        "outcome": str(done.outcome),
        "status": done.status,
        "text": done.text,
        "warnings": list(done.warnings),
    }


def _failure(one: PlanResult) -> str:
    """Why a plan failed; a sentence of the provider names the plan itself."""
    names_it = one.plan.plan_id in one.text
    return (
        f"error: {one.text if names_it else f'{one_line(one.plan.label)} {one.text}'}"
    )


def _fail_if_not_done(results: Sequence[PlanResult], act: HandAct) -> None:
    """Exit with 1 if any plan failed; each was named before."""
    failed = [one for one in results if one.outcome is Outcome.FAILED]
    if failed and len(results) > 1:
        echo(
            f"error: {len(failed)} of {len(results)} plans were not {_DONE[act]}",
            err=True,
        )
    if failed:
        raise typer.Exit(FAILED)
