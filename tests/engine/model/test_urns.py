import pytest

from pulumi_embedded_engine.model import urns

STACK = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"


def test_a_child_of_the_stack_carries_its_own_type_only() -> None:
    urn = urns.make_urn("dev", "proj", STACK, "a:b:C", "c")

    assert urn == "urn:pulumi:dev::proj::a:b:C::c"


def test_a_grandchild_carries_its_parents_type() -> None:
    parent = urns.make_urn("dev", "proj", STACK, "a:b:C", "c")

    urn = urns.make_urn("dev", "proj", parent, "x:y:Z", "z")

    assert urn == "urn:pulumi:dev::proj::a:b:C$x:y:Z::z"
    assert urns.type_of(urn) == "x:y:Z"


def test_a_name_may_contain_colons() -> None:
    urn = urns.make_urn("dev", "proj", "", "a:b:C", "one::two")

    assert urns.name_of(urn) == "one::two"
    assert urns.is_urn(urn)


@pytest.mark.parametrize("text", ["", "urn:pulumi:dev::proj::type", "a::b::c::d"])
def test_an_invalid_urn_is_recognised(text: str) -> None:
    assert not urns.is_urn(text)


def test_a_provider_reference_is_urn_and_id() -> None:
    urn = "urn:pulumi:dev::proj::pulumi:providers:pulumi-python::default"

    assert urns.split_reference(f"{urn}::some-id") == (urn, "some-id")
    assert urns.package_of(urns.type_of(urn)) == "pulumi-python"
    assert urns.is_default_provider(urn)


def test_a_reference_without_urn_is_rejected() -> None:
    with pytest.raises(ValueError, match="could not parse provider reference"):
        urns.split_reference("nonsense")
