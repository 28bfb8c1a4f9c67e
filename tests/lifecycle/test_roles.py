"""The RAM policies of docs/ram under a real run: a preview's role cannot start, an apply's can."""

import json

import pytest

from pulumi_embedded_engine.testing import PulumiStack
from pulumi_esa_emulator.identity.ram_policies import RamPolicy
from pulumi_esa_emulator.testing import LocalEsa, job, plan
from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import PlanStack, PlanStacks
from tests.support.local_esa import Document, job_id, plan_id

BOTH = pytest.mark.engines("embedded", "pulumi")
POLICIES = ROOT / "docs/ram"
START = "StartScheduledPreloadExecution"
PLANS: dict[str, Document] = {
    "one": {"planId": plan_id(1), "jobId": job_id(1)},
    "two": {"planId": plan_id(2), "jobId": job_id(2)},
    "three": {"planId": plan_id(3), "jobId": job_id(2)},
}


EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def statements(*policies: str) -> list[Document]:
    documents = [json.loads((POLICIES / f"{p}.json").read_text()) for p in policies]
    return [statement for document in documents for statement in document["Statement"]]


def key(name: str, *attached: Document) -> Document:
    return {
        "AccessKeyId": name,
        "AccessKeySecret": f"{name}-secret",
        "Policy": {"Version": "1", "Statement": attached},
    }


PREVIEWING = ["preview", pytest.param("preview-and-more", marks=pytest.mark.slow)]


@pytest.fixture
def roles(esa: LocalEsa) -> LocalEsa:
    one, two, three = [plan("stopped", id=plan_id(number)) for number in (1, 2, 3)]
    keys = [
        key("preview", *statements("preview")),
        key("preview-and-more", *statements("preview"), EVERYTHING),
        key("apply", *statements("apply")),
        key("delete", *statements("apply", "apply-delete")),
    ]
    esa.seed(job(one, id=job_id(1)), job(two, three, id=job_id(2)), keys=keys)
    return esa


def as_role(made: PlanStack, name: str) -> PulumiStack:
    made.stack.environ |= {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": name,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": f"{name}-secret",
    }
    return made.stack


@BOTH
@pytest.mark.parametrize("role", PREVIEWING)
def test_the_preview_role_sees_everything_and_starts_nothing(
    roles: LocalEsa, plan_stack: PlanStacks, role: str
) -> None:
    made = plan_stack()
    made.declare(**PLANS)

    result = as_role(made, role).preview()

    assert result.ops == dict.fromkeys(PLANS, "create")
    assert "NoPermission" not in str(result)
    assert roles.calls(START) == []


@pytest.mark.parametrize(
    "action",
    [
        "esa:StartScheduledPreloadExecution",
        "esa:CreateScheduledPreloadJob",
        "esa:PreloadCaches",
        "esa:PurgeCaches",
        "sts:AssumeRole",
    ],
)
def test_the_preview_role_may_not_do_what_another_policy_allows_it(action: str) -> None:
    attached = [*statements("preview"), EVERYTHING]
    policy = RamPolicy.model_validate({"Version": "1", "Statement": attached})

    assert policy.verdict(action, "*") == "ExplicitDeny"


@BOTH
@pytest.mark.parametrize("role", PREVIEWING)
@pytest.mark.thorough
def test_an_up_under_the_preview_role_names_the_missing_right_for_each_plan(
    roles: LocalEsa, plan_stack: PlanStacks, role: str
) -> None:
    made = plan_stack()
    made.declare(**PLANS)

    result = as_role(made, role).up(expect_failure=True, continue_on_error=True)

    for name in PLANS:
        (said,) = result.texts("error", name)
        assert f"esa:{START}" in said
        assert "\n" not in said
    assert roles.starts() == 0
    assert made.records() == {}


@pytest.mark.slow
@BOTH
def test_the_apply_role_suffices_for_a_whole_life(
    roles: LocalEsa, plan_stack: PlanStacks
) -> None:
    made = plan_stack()
    stack = as_role(made, "apply")
    made.up_with(**PLANS)
    made.up_with(**{**PLANS, "one": {**PLANS["one"], "triggers": {"release": "2"}}})
    stack.refresh()
    stack.destroy()

    assert [call for call in roles.history if call.status == 403] == []


@pytest.mark.slow
@BOTH
def test_deleting_plans_with_their_declaration_needs_one_right_more(
    roles: LocalEsa, plan_stack: PlanStacks
) -> None:
    made = plan_stack()
    stack = as_role(made, "apply")
    made.up_with(one={**PLANS["one"], "onDestroy": "delete"})

    refused = stack.destroy(expect_failure=True)
    as_role(made, "delete").destroy()

    (said,) = refused.texts("error", "one")
    assert "esa:DeleteScheduledPreloadExecution" in said
    assert plan_id(1) not in roles.plans
