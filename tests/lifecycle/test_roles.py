"""The RAM policies of docs/ram under a real run: a preview's role cannot start, an apply's can."""

import json

import pytest

from pulumi_esa_emulator.identity.ram_policies import RamPolicy
from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack, assert_no_trace

POLICIES = ROOT / "docs/ram"
PLANS = {
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
def esa(emulator: Emulators) -> Esa:
    one, two, three = [plan(number, "stopped") for number in (1, 2, 3)]
    keys = [
        key("preview", *statements("preview")),
        key("preview-and-more", *statements("preview"), EVERYTHING),
        key("apply", *statements("apply")),
        key("delete", *statements("apply", "apply-delete")),
    ]
    return emulator({**seed(job(1, [one]), job(2, [two, three])), "keys": keys})


def as_role(stack: Stack, name: str) -> Stack:
    stack.variables |= {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": name,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": f"{name}-secret",
    }
    return stack


@pytest.mark.parametrize("role", PREVIEWING)
def test_the_preview_role_sees_everything_and_starts_nothing(
    esa: Esa, stack: Stacks, role: str
) -> None:
    stack_ = as_role(stack(esa), role)
    stack_.declare(PLANS)

    result = stack_.check("preview")

    assert "+ 4 to create" in result.output
    assert "NoPermission" not in result.output
    assert esa.starts() == 0


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


@pytest.mark.parametrize("role", PREVIEWING)
def test_an_up_under_the_preview_role_names_the_missing_right_for_each_plan(
    esa: Esa, stack: Stacks, role: str
) -> None:
    stack_ = as_role(stack(esa), role)
    stack_.declare(PLANS)

    result = stack_.refused("--continue-on-error")

    said = result.diagnostics()
    for name in PLANS:
        assert "esa:StartScheduledPreloadExecution" in said[name], result.output
    assert esa.effective_starts() == 0
    assert stack_.records() == {}


def test_an_up_under_the_preview_role_stops_at_the_first_plan_unless_told_otherwise(
    esa: Esa, stack: Stacks
) -> None:
    stack_ = as_role(stack(esa), "preview")
    stack_.declare({"one": PLANS["one"]})

    result = stack_.refused()

    assert_no_trace(result)
    assert "esa:StartScheduledPreloadExecution" in result.diagnostics()["one"]


@pytest.mark.slow
def test_the_apply_role_suffices_for_a_whole_life(esa: Esa, stack: Stacks) -> None:
    stack_ = as_role(stack(esa), "apply")
    stack_.declare(PLANS)
    stack_.up()
    stack_.declare({**PLANS, "one": {**PLANS["one"], "triggers": {"release": "2"}}})

    stack_.up()
    stack_.check("refresh", "--yes", "--skip-preview")
    stack_.check("destroy", "--yes", "--skip-preview")

    refused = [call for call in esa.history() if call["status"] == 403]
    assert refused == []


@pytest.mark.slow
def test_deleting_plans_with_their_declaration_needs_one_right_more(
    esa: Esa, stack: Stacks
) -> None:
    stack_ = as_role(stack(esa), "apply")
    stack_.declare({"one": {**PLANS["one"], "onDestroy": "delete"}})
    stack_.up()

    refused = stack_.run("destroy", "--yes", "--skip-preview")
    allowed = as_role(stack_, "delete").run("destroy", "--yes", "--skip-preview")

    assert "esa:DeleteScheduledPreloadExecution" in refused.output
    assert allowed.code == 0
    assert plan_id(1) not in esa.plans()
