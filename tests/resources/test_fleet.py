"""`split_by_job`: a job is in one stack, and stays there."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch import ScheduledPrefetchArgs, split_by_job
from tests.support.local_esa import job_id, plan_id

Plan = dict[str, str]
PLANS = st.dictionaries(st.text(min_size=1), st.integers(0, 500), max_size=60)


def of_job(number: int) -> Plan:
    return {"jobId": job_id(number), "planId": plan_id(number)}


@given(PLANS, st.integers(1, 9))
def test_every_plan_is_in_one_stack_and_a_job_is_not_split(
    jobs: dict[str, int], stacks: int
) -> None:
    plans = {name: of_job(number) for name, number in jobs.items()}

    split = split_by_job(plans, stacks)

    assert len(split) == stacks
    assert {n: p for stack in split for n, p in stack.items()} == plans
    assert sum(map(len, split)) == len(plans)
    homes = {(p["jobId"], n) for n, stack in enumerate(split) for p in stack.values()}
    assert len(homes) == len({p["jobId"] for p in plans.values()})


@given(PLANS, PLANS, st.integers(1, 9))
def test_what_is_added_or_removed_moves_nothing_else(
    jobs: dict[str, int], others: dict[str, int], stacks: int
) -> None:
    before = split_by_job({n: of_job(j) for n, j in jobs.items()}, stacks)
    after = split_by_job({n: of_job(j) for n, j in (jobs | others).items()}, stacks)

    for old, new in zip(before, after, strict=True):
        kept = {name for name in old if others.get(name, jobs[name]) == jobs[name]}
        assert kept <= new.keys()


@given(PLANS, st.integers(1, 8))
def test_a_stack_more_only_takes(jobs: dict[str, int], stacks: int) -> None:
    plans = {name: of_job(number) for name, number in jobs.items()}

    before, after = split_by_job(plans, stacks), split_by_job(plans, stacks + 1)

    for old, new in zip(before, after, strict=False):
        assert new.keys() <= old.keys()


def test_many_jobs_are_shared_out_about_equally() -> None:
    plans = {f"plan-{n}": of_job(n) for n in range(2000)}

    sizes = [len(one) for one in split_by_job(plans, 4)]

    assert min(sizes) > 0.8 * 500
    assert max(sizes) < 1.2 * 500


@given(PLANS, st.integers(1, 9))
def test_with_room_for_its_share_and_a_job_more_each_stack_holds_so_many_at_most(
    jobs: dict[str, int], stacks: int
) -> None:
    plans = {name: of_job(number) for name, number in jobs.items()}
    largest = max(Counter(jobs.values()).values(), default=0)
    most = math.ceil(len(plans) / stacks) + largest

    split = split_by_job(plans, stacks, most=most)

    assert max(map(len, split)) <= most
    assert {n: p for stack in split for n, p in stack.items()} == plans
    homes = {(p["jobId"], n) for n, stack in enumerate(split) for p in stack.values()}
    assert len(homes) == len(set(jobs.values()))


@given(PLANS, st.integers(1, 9))
def test_a_limit_that_no_stack_reaches_moves_nothing(
    jobs: dict[str, int], stacks: int
) -> None:
    plans = {name: of_job(number) for name, number in jobs.items()}
    usual = split_by_job(plans, stacks)

    assert split_by_job(plans, stacks, most=max(map(len, usual))) == usual


def test_a_job_for_which_no_stack_has_room_is_refused_by_its_id() -> None:
    plans = {f"plan-{n}": of_job(1) for n in range(3)}

    with pytest.raises(ValueError, match=rf"room for job {job_id(1)} with its 3 plans"):
        split_by_job(plans, 5, most=2)


def test_each_way_to_name_a_job_is_the_same_job() -> None:
    ways = {
        "config": {"planId": plan_id(1), "jobId": job_id(1)},
        "upper case": {"plan_id": plan_id(2), "job_id": job_id(1).upper()},
        "composite": {"plan_id": f"{job_id(1)}:{plan_id(3)}"},
        "arguments": ScheduledPrefetchArgs(plan_id=plan_id(4), job_id=job_id(1)),
    }

    split = split_by_job(ways, 7)

    assert sorted(map(len, split)) == [0, 0, 0, 0, 0, 0, 4]


def test_a_plan_without_a_job_and_no_stack_are_refused() -> None:
    plans = {"one": of_job(1), "two": {"planId": plan_id(2)}, "three": {}}

    with pytest.raises(ValueError, match=r"the job is not known of 'two', 'three'"):
        split_by_job(plans, 2)
    with pytest.raises(ValueError, match="at least one stack, not 0"):
        split_by_job({}, 0)
