"""Splits the plans of a fleet over several stacks, a job as a whole; declares no resource."""

from collections import Counter
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, TypeVar

from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.provider.plan_properties import split_id

P = TypeVar("P")


def split_by_job(
    plans: Mapping[str, P], stacks: int, *, most: int | None = None
) -> tuple[dict[str, P], ...]:
    """Split plans over `stacks` stacks, so that all plans of a job are in one of them.

    A plan is what `esa-prefetch:plans` and `PrefetchCampaign` take: a mapping, or a ScheduledPrefetchArgs. Its job has
    to be known: `job_id`, or a plan id `<job_id>:<plan_id>`.

    A job's stack depends on its id and on `stacks` alone. So a plan that is added or removed moves no other one: to
    move to another stack is to be stopped by one and adopted by the other. A stack more takes its share of the jobs
    from the others, and nothing else moves. The ids are as good as random, so the shares are about equal for many
    jobs, and for a few they are not.

    `most`: the most plans in a stack. A job for which its stack has no room is in the next one that has, the largest
    job first. So a plan that is added or removed moves other jobs only where a stack is full. There is room for all
    if `most` is the share of each stack and the largest job beside it.

    One list of a job serves all its plans, and a Reset concerns the whole job: that is why a job is not split.

    Raises ValueError if `stacks` is below 1, for a job for which no stack has room, and for plans whose job is not
    known.

    Example, the third of four stacks::

        mine = split_by_job(pulumi.Config("esa-prefetch").require_object("plans"), 4)[2]
        plans = {name: ScheduledPrefetch(name, args) for name, args in read_plans(mine).items()}
    """
    if stacks < 1:
        raise ValueError(
            f"split_by_job: there must be at least one stack, not {stacks}"
        )
    jobs = {name: _job(plan) for name, plan in plans.items()}
    unknown = ", ".join(repr(name) for name, job in jobs.items() if job is None)
    if unknown:
        raise ValueError(
            f"split_by_job: the job is not known of {unknown}: give job_id, as text"
        )
    homes = _homes(Counter(map(str, jobs.values())), stacks, most)
    found: tuple[dict[str, P], ...] = tuple({} for _ in range(stacks))
    for name, plan in plans.items():
        found[homes[str(jobs[name])]][name] = plan
    return found


def _job(plan: object) -> str | None:
    fields: Mapping[str, Any] = plan if isinstance(plan, Mapping) else vars(plan)
    given = fields.get("job_id") or fields.get("jobId")
    plan_id = fields.get("plan_id") or fields.get("planId")
    return object_id(given) or split_id(plan_id)[0]


def _homes(sizes: Counter[str], stacks: int, most: int | None) -> dict[str, int]:
    """The stack of each job: of those with room, the one whose draw for it is the highest (rendezvous hashing)."""
    room = [sizes.total() if most is None else most] * stacks
    homes = {}
    for job, size in sorted(sizes.items(), key=lambda one: (-one[1], one[0])):
        fitting = [stack for stack in range(stacks) if room[stack] >= size]
        if not fitting:
            raise ValueError(
                f"split_by_job: no stack has room for job {job} with its {size} plans, as each may hold {most}; "
                "give more stacks, or a larger `most`"
            )
        homes[job] = max(fitting, key=lambda stack: _draw(job, stack))
        room[homes[job]] -= size
    return homes


def _draw(job: str, stack: int) -> bytes:
    return sha256(f"{job}/{stack}".encode()).digest()
