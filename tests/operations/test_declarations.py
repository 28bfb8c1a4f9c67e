"""Names and forms of declarations: valid, unique, and the same whatever else is declared."""

import ast
import keyword

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.operations.declaration_forms import FORMS
from pulumi_esa_prefetch.operations.declarations import Declarable, declare_plans
from tests.support.local_esa import job_id, plan_id


def of(*numbers: int, name: str | None = "Launch") -> list[Declarable]:
    return [Declarable(job_id(1), plan_id(n), name) for n in numbers]


@pytest.mark.parametrize(
    ("job_name", "name"),
    [
        ("Launch", "launch-000001"),
        ("  Sale: day/1 ", "sale-day-1-000001"),
        ("2030-sale", "plan-2030-sale-000001"),
        ("双十一", "plan-000001"),
        ("class", "class-000001"),
        ("", "plan-000001"),
        (None, "plan-000001"),
        ("x" * 200, f"{'x' * 40}-000001"),
    ],
)
def test_a_name_is_that_of_the_job_with_the_end_of_the_plans_id(
    job_name: str | None, name: str
) -> None:
    (plan,) = declare_plans(of(1, name=job_name))

    assert plan.name == name


def test_a_name_does_not_depend_on_which_other_plans_are_declared() -> None:
    (alone,) = declare_plans(of(2))
    together = declare_plans(of(1, 2, 3))

    assert alone in together


def test_plans_whose_ids_end_alike_get_longer_names() -> None:
    ids = ["a" * 17 + "1234567", "b" * 17 + "1234567", "a" * 16 + "01234567"]
    plans = [Declarable(job_id(1), plan, "launch") for plan in ids]

    names = {plan.plan_id: plan.name for plan in declare_plans(plans)}

    assert names == {
        ids[2]: "launch-234567",
        ids[0]: "launch-1234567",
        ids[1]: "launch-b1234567",
    }


def test_a_name_that_is_taken_is_not_used_also_where_an_identifier_would_be_the_same() -> (
    None
):
    (plan,) = declare_plans(of(1), {"Launch_000001"})

    assert plan.name == "launch-0000001"


@given(
    st.lists(st.tuples(st.text(max_size=60), st.integers(0, 2**32 - 1)), max_size=20),
    st.sets(st.text(max_size=9)),
)
def test_names_are_unique_identifiers_whatever_the_jobs_are_called(
    given_plans: list[tuple[str, int]], taken: set[str]
) -> None:
    numbers = {number: name for name, number in given_plans}
    plans = [Declarable(job_id(1), plan_id(n), name) for n, name in numbers.items()]

    declared = declare_plans(plans, taken)

    identifiers = [plan.identifier for plan in declared]
    assert len(set(identifiers)) == len(plans)
    assert all(x.isascii() and x.isidentifier() for x in identifiers)
    assert not any(map(keyword.iskeyword, identifiers))
    assert not taken & {plan.name for plan in declared}
    read = yaml.safe_load(FORMS["config"](declared))["config"]["esa-prefetch:plans"]
    assert (read or {}) == {plan.name: plan.config for plan in declared}


def test_the_python_form_declares_each_plan_once() -> None:
    tree = ast.parse(FORMS["python"](declare_plans(of(1, 2))))

    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert [ast.unparse(call) for call in calls] == [
        f"ScheduledPrefetch('launch-00000{n}', plan_id='{plan_id(n)}', job_id='{job_id(1)}')"
        for n in (1, 2)
    ]


def test_the_typescript_form_uses_the_sdk_of_the_native_type() -> None:
    assert FORMS["typescript"](declare_plans(of(1))).splitlines() == [
        'import * as esaPrefetch from "pulumi-esa-prefetch";',
        "",
        'const launch_000001 = new esaPrefetch.ScheduledPrefetch("launch-000001", {',
        f'    planId: "{plan_id(1)}",',
        f'    jobId: "{job_id(1)}",',
        "});",
    ]


def test_the_yaml_form_holds_resources_of_the_native_type() -> None:
    assert yaml.safe_load(FORMS["yaml"](declare_plans(of(1)))) == {
        "resources": {
            "launch-000001": {
                "type": "esa-prefetch:index:ScheduledPrefetch",
                "properties": {"planId": plan_id(1), "jobId": job_id(1)},
            }
        }
    }
