"""Many plans with many faults and four threads: ESA's history shows what was started, and how often."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pulumi_esa_prefetch.provider.errors import PrefetchError
from tests.provider.world import START, World
from tests.support.local_esa import job, job_id, plan, plan_id

JOBS, PLANS = 4, 50
STATUSES = ("stopped", "running", "waiting", "failed", "finished")
TO_START = {"stopped", "failed"}
WRONG = 0.2
KINDS: list[dict[str, Any]] = [
    {"kind": "throttle"},
    {"kind": "throttle", "status": 429, "retry_after": 1},
    {"kind": "server-error", "when": "before"},
    {"kind": "server-error", "when": "after"},
    {"kind": "reset", "when": "before"},
    {"kind": "reset", "when": "after"},
    {"kind": "truncated"},
    {"kind": "html", "when": "before"},
    {"kind": "html", "when": "after"},
    {"kind": "content-type"},
    {"kind": "shuffled"},
    {"kind": "extra-keys"},
    {"kind": "times"},
    {"kind": "stale", "seconds": 0.5},
]


def number(job_number: int, place: int) -> int:
    return 1000 * job_number + place


def status_of(place: int) -> str:
    return STATUSES[place % len(STATUSES)]


def declaration(job_number: int, place: int) -> dict[str, Any]:
    return {"plan_id": plan_id(number(job_number, place)), "job_id": job_id(job_number)}


def make(job_number: int) -> dict[str, Any]:
    plans = []
    for place in range(PLANS):
        start = "+1h" if status_of(place) == "waiting" else "-1h"
        one = plan(number(job_number, place), status_of(place), start=start)
        plans.append(one | {"Interval": 3600})
    return job(job_number, plans, urls=10_000)


def effective(world: World, action: str = START) -> Counter[str]:
    seen = [e for e in world.esa.history if e.action == action and e.effect]
    return Counter(str(e.parameters["Id"]) for e in seen)


def persistently(step: Any, *arguments: Any) -> Any:
    """Repeat a step after an error, as a person runs `up` again."""
    for _ in range(20):
        try:
            return step(*arguments)
        except PrefetchError:
            continue
    return pytest.fail("it never succeeded")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_plan_is_started_once_and_every_state_is_correct(seed: int) -> None:
    faults = [kind | {"probability": WRONG / len(KINDS)} for kind in KINDS]
    world = World(jobs=[make(n) for n in range(JOBS)], deadline=30.0)
    world.esa.faults.set(
        type(world.esa.faults.document).model_validate({"seed": seed, "faults": faults})
    )
    declared = [declaration(j, p) for j in range(JOBS) for p in range(PLANS)]

    with ThreadPoolExecutor(4) as pool:
        made = list(
            pool.map(lambda one: persistently(world.provider.create, one), declared)
        )

    starts = effective(world)
    wanted = {
        plan_id(number(j, p))
        for j in range(JOBS)
        for p in range(PLANS)
        if status_of(p) in TO_START
    }
    waiting = {
        plan_id(number(j, p))
        for j in range(JOBS)
        for p in range(PLANS)
        if status_of(p) == "waiting"
    }
    assert wanted <= set(starts) <= wanted | waiting
    assert set(starts.values()) == {1}
    for one in made:
        assert one.outs["status"] == world.status_of(one.outs["plan_id"])

    later = world.next_process()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: persistently(later.delete, one.id, one.outs), made))

    left = {world.status_of(one["plan_id"]) for one in declared}
    assert "running" not in left
    assert effective(world) == starts
