import math
from typing import Any

import pytest
from google.protobuf import json_format, struct_pb2

from pulumi_embedded_engine.model.property_values import (
    OUTPUT,
    RESOURCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_STRING,
    Secret,
    has_unknown,
)
from pulumi_embedded_engine.model.property_wire import (
    Encoding,
    output_dependencies,
    read_struct,
    write_struct,
)

PLAIN = Encoding(secrets=False, resources=False, unknowns=False)


def _wire(values: Any) -> struct_pb2.Struct:
    return json_format.ParseDict(values, struct_pb2.Struct())


@pytest.mark.parametrize(
    "values",
    [
        {"text": "x", "whole": 2, "part": 2.5, "yes": True, "none": None},
        {"list": [1, None, "a", [True]], "empty": [], "map": {"k": {}}},
        {"secret": Secret({"deep": [1, Secret("x").value]}), "unknown": UNKNOWN},
    ],
)
def test_values_survive_a_round_trip(values: Any) -> None:
    assert read_struct(write_struct(values)) == values


def test_whole_numbers_are_ints_and_true_stays_true() -> None:
    values = read_struct(_wire({"n": 2.0, "b": True}))

    assert type(values["n"]) is int
    assert values["b"] is True


def test_a_negative_zero_keeps_its_sign() -> None:
    value = read_struct(_wire({"n": -0.0}))["n"]

    assert (value, math.copysign(1, value)) == (0, -1)


def test_a_large_whole_number_keeps_the_digits_that_pulumi_writes() -> None:
    values = read_struct(_wire({"n": 12345678901234567890}))

    assert values["n"] == 12345678901234567000


def test_a_secret_in_a_secret_is_one_secret() -> None:
    inner = {SIGNATURE: SECRET, "value": "x"}

    values = read_struct(_wire({"s": {SIGNATURE: SECRET, "value": inner}}))

    assert values["s"] == Secret("x")


def test_an_output_value_is_its_value_or_unknown() -> None:
    known = {SIGNATURE: OUTPUT, "value": 1, "secret": True}

    values = read_struct(_wire({"k": known, "u": {SIGNATURE: OUTPUT}}))

    assert values == {"k": Secret(1), "u": UNKNOWN}


def test_output_values_name_their_dependencies_at_any_depth() -> None:
    output = {SIGNATURE: OUTPUT, "dependencies": ["urn:a"]}

    found = output_dependencies(_wire({"v": {"deep": [output]}}).fields["v"])

    assert found == {"urn:a"}


def test_a_receiver_without_secrets_gets_them_plain() -> None:
    struct = write_struct({"s": Secret({"k": Secret(1).value})}, PLAIN)

    assert json_format.MessageToDict(struct) == {"s": {"k": 1}}


def test_unknowns_are_left_out_at_every_level_if_the_receiver_does_not_accept_them() -> (
    None
):
    values = {"u": UNKNOWN, "l": [1, UNKNOWN], "s": Secret(UNKNOWN), "k": 2}

    struct = write_struct(values, PLAIN)

    assert json_format.MessageToDict(struct) == {"l": [1], "k": 2}


def test_an_unknown_is_written_as_the_protocols_placeholder() -> None:
    struct = write_struct({"u": UNKNOWN})

    assert struct.fields["u"].string_value == UNKNOWN_STRING


@pytest.mark.parametrize(
    ("reference", "sent"),
    [({"urn": "urn:a", "id": "i"}, "i"), ({"urn": "urn:a"}, "urn:a")],
    ids=["custom resource", "component"],
)
def test_a_receiver_without_references_gets_the_id_or_the_urn(
    reference: dict[str, str], sent: str
) -> None:
    struct = write_struct({"r": {SIGNATURE: RESOURCE, **reference}}, PLAIN)

    assert struct.fields["r"].string_value == sent


def test_a_reference_is_stored_with_a_version_and_sent_without_an_empty_one() -> None:
    child = {SIGNATURE: RESOURCE, "urn": "urn:pulumi:dev::proj::a:b:C::child"}
    sent = write_struct({"child": child})

    held = read_struct(sent)

    assert held == {"child": {**child, "packageVersion": ""}}
    assert write_struct(held) == sent


def test_a_reference_is_sent_with_the_name_and_the_type_of_its_urn() -> None:
    urn = "urn:pulumi:dev::proj::a:b:Box$a:b:C::child"

    sent = write_struct({"r": {SIGNATURE: RESOURCE, "urn": urn}})

    fields = json_format.MessageToDict(sent)["r"]
    assert fields == {SIGNATURE: RESOURCE, "urn": urn, "name": "child", "type": "a:b:C"}


def test_a_reference_keeps_its_version_and_its_id() -> None:
    child = {SIGNATURE: RESOURCE, "urn": "urn:pulumi:dev::proj::a:b:C::child"}
    known = {"child": {**child, "id": "1", "packageVersion": "1.2.3"}}

    assert read_struct(write_struct(known)) == known


def test_the_unknown_id_of_a_referenced_resource_is_stored_as_an_empty_string() -> None:
    made = {SIGNATURE: RESOURCE, "urn": "urn:pulumi:dev::proj::a:b:C::made"}
    struct = write_struct({"one": {**made, "id": UNKNOWN}, "all": [1, made]})

    held = read_struct(struct)

    assert held["one"]["id"] == ""
    assert has_unknown(held["one"])
    assert not has_unknown(held["all"])
    assert json_format.MessageToDict(write_struct(held))["one"]["id"] == ""


def test_a_receiver_without_references_gets_the_unknown_for_an_unknown_id() -> None:
    made = {SIGNATURE: RESOURCE, "urn": "urn:pulumi:dev::proj::a:b:C::made", "id": ""}
    values = {"one": made, "all": [1, Secret(made)]}

    preview = write_struct(values, Encoding(secrets=False, resources=False))
    real = write_struct(values, PLAIN)

    assert json_format.MessageToDict(preview) == {
        "one": UNKNOWN_STRING,
        "all": [1, UNKNOWN_STRING],
    }
    assert json_format.MessageToDict(real) == {"all": [1]}
