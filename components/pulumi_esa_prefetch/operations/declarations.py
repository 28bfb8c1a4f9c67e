"""What declares plans that exist, so that the next `up` adopts them and starts none; pure.

Only running plans are declared: a create adopts them without a call. A waiting plan is left out, because a create
sends Start to it; a stopped one would be started.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_JOB = 40
_TAIL = 6
"""How many digits of a plan's id its name ends with, if so many tell the plans apart."""


@dataclass(frozen=True, slots=True)
class Declarable:
    """A plan that may be declared, with the name of its job if it has one."""

    job_id: str
    plan_id: str
    job_name: str | None = None


@dataclass(frozen=True, slots=True)
class PlanDeclaration:
    """The declaration of one plan; `name` is that of the resource."""

    name: str
    job_id: str
    plan_id: str

    @property
    def identifier(self) -> str:
        """The name as one of Python and of TypeScript."""
        return self.name.replace("-", "_")

    @property
    def config(self) -> dict[str, str]:
        """The plan as `esa-prefetch:plans` takes it."""
        return {"planId": self.plan_id, "jobId": self.job_id}


def declare_plans(
    plans: Sequence[Declarable], taken: Collection[str] = ()
) -> list[PlanDeclaration]:
    """Declare the plans, in the order of their names: `<job's name>-<end of the plan's id>`.

    The name of a plan does not depend on which others are declared with it, unless their names would be one.
    ``taken``: names that other resources have.
    """
    used = {_folded(name) for name in taken}
    found = []
    for plan in sorted(plans, key=lambda plan: (plan.job_id, plan.plan_id)):
        name = next(name for name in _names(plan) if _folded(name) not in used)
        used.add(_folded(name))
        found.append(PlanDeclaration(name, plan.job_id, plan.plan_id))
    return sorted(found, key=lambda declared: declared.name)


def _names(plan: Declarable) -> Iterable[str]:
    """Names for the plan, the shortest first; they begin with a letter, and hold letters, digits and `-` in ASCII."""
    slug = _NOT_IN_A_NAME.sub("-", (plan.job_name or "").lower()).strip("-")
    slug = slug[:_LONGEST_JOB].rstrip("-")
    if not slug[:1].isalpha():
        slug = f"plan-{slug}".rstrip("-")
    for digits in range(_TAIL, len(plan.plan_id) + 1):
        yield f"{slug}-{plan.plan_id[-digits:]}"
    number = 2
    while True:
        yield f"{slug}-{plan.plan_id}-{number}"
        number += 1


def _folded(name: str) -> str:
    """The name without what an identifier does not keep apart."""
    return name.replace("-", "_").lower()
