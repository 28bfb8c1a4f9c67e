"""RAM policies: what they allow, and which documents are refused."""

import pytest
from pydantic import ValidationError

from pulumi_esa_emulator.identity.ram_policies import RamPolicy

SITE = "acs:esa:*:1568586500114622:site/1"


def policy(*statements: dict[str, object]) -> RamPolicy:
    return RamPolicy.model_validate({"Version": "1", "Statement": statements})


def allow(action: object, resource: object = "*") -> dict[str, object]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def deny_all_but(*actions: str) -> dict[str, object]:
    return {"Effect": "Deny", "NotAction": actions, "Resource": "*"}


@pytest.mark.parametrize(
    ("document", "action", "resource", "verdict"),
    [
        (policy(allow("*")), "esa:StartX", "*", "Allow"),
        (policy(allow("esa:Start*")), "esa:StartX", "*", "Allow"),
        (policy(allow(["esa:Get*", "ESA:startx"])), "esa:StartX", "*", "Allow"),
        (policy(allow("esa:Get*")), "esa:StartX", "*", "ImplicitDeny"),
        (policy(), "esa:StartX", "*", "ImplicitDeny"),
        (
            policy(allow("*"), {"Effect": "Deny", "Action": "esa:Start*"}),
            "esa:StartX",
            "*",
            "ExplicitDeny",
        ),
        (policy(allow("*"), deny_all_but("esa:get*")), "esa:GetX", "*", "Allow"),
        (policy(allow("*"), deny_all_but("esa:Get*")), "esa:X", SITE, "ExplicitDeny"),
        (policy(deny_all_but("esa:Get*")), "esa:GetX", "*", "ImplicitDeny"),
        (policy({"Effect": "Allow", "NotAction": "esa:X"}), "esa:Y", "*", "Allow"),
        (policy(allow("*", "acs:esa:*:*:site/1")), "esa:ListX", SITE, "Allow"),
        (policy(allow("*", "acs:esa:*:*:site/2")), "esa:ListX", SITE, "ImplicitDeny"),
        (policy(allow("*", "acs:esa:*:*:site/1")), "esa:StartX", "*", "ImplicitDeny"),
    ],
)
def test_a_deny_wins_and_what_is_not_allowed_is_denied(
    document: RamPolicy, action: str, resource: str, verdict: str
) -> None:
    assert document.verdict(action, resource) == verdict


@pytest.mark.parametrize(
    ("pattern", "verdict"),
    [
        ("esa:Start?", "Allow"),
        ("esa:?tart*", "Allow"),
        ("esa:StartX?", "ImplicitDeny"),
        ("esa:StartX*", "Allow"),
        ("esa:Start[XY]", "ImplicitDeny"),
        ("esa:Start[!Y]", "ImplicitDeny"),
        ("esa:Start[[]X", "ImplicitDeny"),
        ("esa:[Ss]tart*", "ImplicitDeny"),
        ("esa:Start.", "ImplicitDeny"),
        ("", "ImplicitDeny"),
    ],
)
def test_the_wildcards_are_the_star_and_the_question_mark(
    pattern: str, verdict: str
) -> None:
    resource = pattern.replace("esa:", "acs:esa:*:*:site/")

    assert policy(allow(pattern)).verdict("esa:StartX", "*") == verdict
    assert (
        policy(allow("*", resource)).verdict(
            "esa:ListX", "acs:esa:cn-hangzhou:1:site/StartX"
        )
        == verdict
    )


@pytest.mark.parametrize("bracketed", ["esa:List[X]", "[", "]", "[]"])
def test_a_bracket_is_not_a_wildcard(bracketed: str) -> None:
    assert policy(allow(bracketed)).verdict(bracketed.lower(), "*") == "Allow"
    assert policy(allow("*", bracketed)).verdict("esa:X", bracketed) == "Allow"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"Statement": [{"Effect": "Maybe", "Action": "*"}]},
        {"Statement": [{"Effect": "Allow"}]},
        {"Statement": [{**allow("*"), "NotAction": "esa:X"}]},
        {"Statement": [{**allow("*"), "Condition": {"IpAddress": {}}}]},
        {"Version": "2", "Statement": []},
    ],
)
def test_a_policy_with_unsupported_parts_is_refused(
    document: object,
) -> None:
    with pytest.raises(ValidationError):
        RamPolicy.model_validate(document)
