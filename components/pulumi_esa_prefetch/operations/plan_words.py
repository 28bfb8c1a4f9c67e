"""Which plans are meant: ids, `<job_id>:<plan_id>`, or the names of a stack's resources; calls nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.load import list_text
from pulumi_esa_prefetch.operations.errors import OperationError
from pulumi_esa_prefetch.provider.plan_properties import split_id

_JOB_RESOURCE_ID = re.compile(r"[0-9]+:([0-9a-f]{24})", re.IGNORECASE | re.ASCII)


class StackPlan(Protocol):
    """A plan in the state of a stack, with its name there."""

    @property
    def name(self) -> str:
        """The name of its resource."""
        ...

    @property
    def job_id(self) -> str:
        """Its job."""
        ...

    @property
    def plan_id(self) -> str:
        """Its id."""
        ...


@dataclass(frozen=True, slots=True)
class ChosenPlan:
    """A plan that a word means; `job_id` is None if neither the word nor the stack nor `--job` names it.

    `name`: that of its resource in the stack, empty if the stack does not have it.
    """

    plan_id: str
    job_id: str | None
    name: str = ""

    @property
    def id(self) -> str:
        """Its id as it is written everywhere."""
        return f"{self.job_id}:{self.plan_id}" if self.job_id else self.plan_id

    @property
    def label(self) -> str:
        """What a person calls it: its name in the stack, else its id."""
        return self.name or self.id


def job_of_word(word: str) -> str:
    """The id of a job, given as 24 hex digits or as pulumi_alicloud's `<site_id>:<job_id>`. Raises OperationError."""
    found = _JOB_RESOURCE_ID.fullmatch(word)
    job_id = object_id(found[1] if found else word)
    if job_id is None:
        raise OperationError(
            f"--job: {one_line(word)!r} is not a job's id: 24 hex digits"
        )
    return job_id


def choose_plans(
    words: Sequence[str], known: Sequence[StackPlan], job: str, stack: str
) -> list[ChosenPlan]:
    """The plans that the words mean, each once; `known`: those of the stack with that name ("": there is none).

    `job`: the job of plans whose word does not name one, or "". Raises OperationError.
    """
    job_id = job_of_word(job) if job else None
    chosen: dict[str, ChosenPlan] = {}
    for word in words:
        plan = _plan_of_id(word, known, job_id) or _plan_of_name(word, known, stack)
        first = chosen.setdefault(plan.plan_id, plan)
        if first.job_id != plan.job_id:
            raise OperationError(f"{first.id} and {plan.id} are one plan in two jobs")
    return list(chosen.values())


def require_jobs(plans: Sequence[ChosenPlan]) -> None:
    """Raise OperationError for plans whose job is not known: ESA has no call that finds a plan's job."""
    without = [plan.plan_id for plan in plans if plan.job_id is None]
    if without:
        raise OperationError(
            f"the job of plan {list_text(without)} is not known, and ESA has no call that finds it: give --job, or "
            "<job_id>:<plan_id>; `esa-prefetch plan ls --site` lists both"
        )


def _plan_of_id(
    word: str, known: Sequence[StackPlan], job_id: str | None
) -> ChosenPlan | None:
    named_job, plan_id = split_id(word)
    plan_id = object_id(plan_id)
    if plan_id is None:
        return None
    if named_job and job_id and named_job != job_id:
        raise OperationError(f"{word} names another job than --job does")
    own = next((plan for plan in known if plan.plan_id == plan_id), None)
    wanted = named_job or job_id
    if own is None or wanted not in {None, own.job_id}:
        return ChosenPlan(plan_id, wanted)
    return ChosenPlan(plan_id, own.job_id, own.name)


def _plan_of_name(word: str, known: Sequence[StackPlan], stack: str) -> ChosenPlan:
    named = [plan for plan in known if plan.name == word]
    if len(named) == 1:
        (own,) = named
        return ChosenPlan(own.plan_id, own.job_id, own.name)
    if named:
        ids = [f"{plan.job_id}:{plan.plan_id}" for plan in named]
        raise OperationError(
            f"{word} names several plans of stack {stack}: {list_text(ids)}"
        )
    raise OperationError("".join(_unknown_word(one_line(word), known, stack)))


def _unknown_word(word: str, known: Sequence[StackPlan], stack: str) -> Iterator[str]:
    yield f"{word!r} is no plan's id (24 hex digits, or <job_id>:<plan_id>)"
    if not stack:
        yield ", and there is no stack here whose resources have names"
        return
    yield f", and stack {stack} has no plan of that name"
    names = [one_line(plan.name) for plan in known]
    near = get_close_matches(word, names, n=1)
    if near:
        yield f"; did you mean {near[0]}?"
    elif names:
        yield f"; it has {list_text(names)}"
