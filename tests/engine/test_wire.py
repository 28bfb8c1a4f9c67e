from pulumi_esa_prefetch.engine.values import RESOURCE, SIGNATURE
from pulumi_esa_prefetch.engine.wire import read_struct, write_struct

CHILD = {SIGNATURE: RESOURCE, "urn": "urn:pulumi:dev::proj::a:b:C::child"}


def test_a_reference_is_held_with_a_version_and_sent_without_an_empty_one() -> None:
    sent = write_struct({"child": CHILD})

    held = read_struct(sent)

    assert held == {"child": {**CHILD, "packageVersion": ""}}
    assert write_struct(held) == sent


def test_a_reference_keeps_its_version_and_its_id() -> None:
    known = {"child": {**CHILD, "id": "1", "packageVersion": "1.2.3"}}

    assert read_struct(write_struct(known)) == known
