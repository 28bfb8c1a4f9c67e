"""The words for what is done about a plan: the same in an operation, in a preview and in a summary; pure.

Done: ``started: was stopped``. In a preview: ``will be started: is stopped``. The reason is a decision's
clause, whose subject is the plan.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from pulumi_esa_prefetch.api.models import Job
from pulumi_esa_prefetch.provider.plan_decision import Act, Decision, may_run
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs, PlanState


class PlanOperation(StrEnum):
    """One thing that is done about a plan; its value is the word for it."""

    STOP = "stopped"
    RESET = "reset"
    START = "started"
    DELETE = "deleted"
    ADOPT = "adopted"
    RECORD = "recorded"
    LEAVE = "left as it is"


TAKEN_OVER = "taken over: no call"
"""Said of a plan that another face of the provider has recorded before."""

_OPERATIONS = {
    Act.START: PlanOperation.START,
    Act.STOP: PlanOperation.STOP,
    Act.ADOPT: PlanOperation.ADOPT,
    Act.RECORD: PlanOperation.RECORD,
    Act.LEAVE: PlanOperation.LEAVE,
}
_CALLS = frozenset(
    {
        PlanOperation.STOP,
        PlanOperation.RESET,
        PlanOperation.START,
        PlanOperation.DELETE,
    }
)
_PAST = {"is": "was", "has": "had"}
_PRESENT = re.compile(rf"^({'|'.join(_PAST)})\b")


def operations_of(
    decided: Decision, declared: PlanInputs, status: str | None
) -> tuple[PlanOperation, ...]:
    """What carrying out a decision does about a plan of this status, in its order; empty if nothing.

    A deletion takes the state as ``declared``.
    """
    if decided.act is Act.RERUN:
        stop = (PlanOperation.STOP,) if status == "running" else ()
        resets = declared.rerun == "from_start"
        reset = (PlanOperation.RESET,) if resets else ()
        return (*stop, *reset, PlanOperation.START)
    if decided.act is Act.DELETE and isinstance(declared, PlanState):
        stop = (PlanOperation.STOP,) if may_run(declared, status) else ()
        return (*stop, PlanOperation.DELETE)
    known = _OPERATIONS.get(decided.act)
    return (known,) if known else ()


def done(
    operations: Sequence[PlanOperation], why: str, *, repeats: bool = False
) -> str:
    """What was done and why: ``stopped, reset and started: triggers changed``.

    The reason is told as of before, if a call changed the plan. ``repeats``: this stack had done it before.
    """
    changed = not _CALLS.isdisjoint(operations)
    reason = _PRESENT.sub(lambda verb: _PAST[verb[0]], why) if changed else why
    return f"{in_words(operations, repeats=repeats)}: {reason}"


def planned(
    operations: Sequence[PlanOperation], why: str, *, repeats: bool = False
) -> str:
    """What would be done and why: ``will be started: is stopped``."""
    return f"will be {in_words(operations, repeats=repeats)}: {why}"


def in_words(operations: Sequence[PlanOperation], *, repeats: bool = False) -> str:
    """The operations in their order: ``reset and started``; ``started again`` if this stack had done it before."""
    *first, last = [str(each) for each in operations]
    text = f"{', '.join(first)} and {last}" if first else last
    return f"{text} again" if repeats else text


def job_problem(job: Job) -> str:
    """What is wrong with a job's list of URLs, as a sentence; empty if nothing is."""
    refused = f"ESA refused URLs of it ({job.error_info})" if job.error_info else ""
    if job.url_count == 0:
        because = f": {refused}" if refused else ""
        return f"job {job.id} has no URLs, so that its plans fetch nothing{because}"
    return f"job {job.id}: {refused}; the others are fetched" if refused else ""
