"""Which plans words mean; whole lines are in tests/cli/plan."""

import pytest

from pulumi_esa_prefetch.operations.errors import OperationError
from pulumi_esa_prefetch.operations.plan_words import ChosenPlan, choose_plans
from pulumi_esa_prefetch.report.analysis.progress import WatchedPlan
from tests.support.local_esa import job_id, plan_id

KNOWN = [WatchedPlan("launch", job_id(1), plan_id(1))]
LAUNCH = ChosenPlan(plan_id(1), job_id(1), "launch")


@pytest.mark.parametrize(
    ("word", "plan"),
    [
        ("launch", LAUNCH),
        (plan_id(1), LAUNCH),
        (plan_id(1).upper(), LAUNCH),
        (f"{job_id(1)}:{plan_id(1)}", LAUNCH),
        # the word wins over the stack, and is then no plan of it
        (f"{job_id(2)}:{plan_id(1)}", ChosenPlan(plan_id(1), job_id(2))),
        (plan_id(2), ChosenPlan(plan_id(2), None)),
    ],
)
def test_a_word_is_an_id_or_a_name(word: str, plan: ChosenPlan) -> None:
    assert choose_plans([word], KNOWN, "", "dev") == [plan]


def test_the_job_of_a_bare_id_is_given_beside_it_also_as_the_id_of_a_resource() -> None:
    wanted = [ChosenPlan(plan_id(2), job_id(2))]

    for job in (job_id(2), f"190007158391808:{job_id(2)}"):
        assert choose_plans([plan_id(2)], KNOWN, job, "dev") == wanted


def test_a_plan_that_is_named_twice_is_meant_once() -> None:
    assert choose_plans(["launch", plan_id(1)], KNOWN, "", "dev") == [LAUNCH]


def test_a_name_of_two_resources_is_refused() -> None:
    two = [*KNOWN, WatchedPlan("launch", job_id(1), plan_id(2))]

    with pytest.raises(OperationError, match="names several plans of stack dev"):
        choose_plans(["launch"], two, "", "dev")


def test_a_word_from_outside_is_printable_in_its_error() -> None:
    with pytest.raises(OperationError) as error:
        choose_plans(["\x1b[31mlaunch"], KNOWN, "", "dev")

    assert str(error.value).isprintable()
