from typing import Any

import pytest

from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.state.integrity import IntegrityError, check_snapshot
from tests.support.engine_stacks import ROOT, root, thing

PROVIDER = Resource(
    "urn:pulumi:dev::proj::pulumi:providers:a::default",
    True,
    "pulumi:providers:a",
    id="p",
)


def check(*resources: Resource) -> None:
    check_snapshot(Snapshot(resources))


def test_a_whole_stack_is_valid() -> None:
    first = thing("a", provider=f"{PROVIDER.urn}::p")
    second = thing(
        "b",
        provider=f"{PROVIDER.urn}::p",
        dependencies=(first.urn,),
        property_dependencies={"x": [first.urn]},
        deleted_with=first.urn,
        replace_with=(first.urn,),
    )

    check(root(), PROVIDER, first, second)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"urn": ""}, "no 'urn'"),
        ({"type": ""}, "no 'type'"),
        ({"custom": False}, "custom"),
        ({"id": ""}, "no id"),
        ({"parent": "urn:gone"}, "missing"),
        ({"dependencies": ("urn:gone",)}, "dependency"),
        ({"property_dependencies": {"x": ["urn:gone"]}}, "property dependency"),
        ({"deleted_with": "urn:gone"}, "deletedWith"),
        ({"replace_with": ("urn:gone",)}, "replaceWith"),
        ({"provider": "urn:gone::id"}, "provider"),
    ],
)
def test_a_broken_rule_is_named(fields: dict[str, Any], says: str) -> None:
    with pytest.raises(IntegrityError, match=says):
        check(root(), thing("a", **fields))


def test_a_reference_forward_is_told_from_a_missing_one() -> None:
    with pytest.raises(IntegrityError, match="comes after it"):
        check(root(), thing("a", dependencies=(thing("b").urn,)), thing("b"))


def test_a_provider_needs_an_id() -> None:
    with pytest.raises(IntegrityError, match="no id"):
        check(PROVIDER.with_(id=""))


def test_a_record_that_waits_for_its_replacement_may_have_lost_its_provider() -> None:
    check(root(), thing("a", provider="urn:gone::id", pending_replacement=True))


def test_a_urn_may_be_there_again_only_to_be_deleted() -> None:
    check(root(), thing("a"), thing("a", delete=True), thing("a", delete=True))
    with pytest.raises(IntegrityError, match="2 times"):
        check(root(), thing("a"), thing("a"))


def test_the_parent_of_the_stack_is_nobody() -> None:
    assert root().parent == ""
    assert thing("a").parent == ROOT
