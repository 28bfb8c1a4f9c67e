import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import dumps, parse_object
from pulumi_embedded_engine.model.property_values import (
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_STRING,
    Secret,
    equal,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.state.encoding import (
    BYTE_STRING,
    StateEncoder,
    decode_resource,
    decode_value,
    with_plaintext_secrets,
)


def seal(text: str) -> str:
    return "sealed " + text


def unseal(text: str) -> str:
    return text.removeprefix("sealed ")


LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False)
    | st.text().filter(lambda text: text != UNKNOWN_STRING)
    | st.just(UNKNOWN)
)
KEYS = st.text(max_size=5).filter(lambda key: key != SIGNATURE)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=3)
        | st.builds(Secret, inner)
    ),
    max_leaves=8,
)


@given(VALUES)
def test_values_come_back_as_they_were(value: Any) -> None:
    assert decode_value(StateEncoder(seal).value(value), unseal) == value


@given(VALUES)
def test_closed_secrets_are_written_back_untouched(value: Any) -> None:
    written = StateEncoder(seal).value(value)

    assert StateEncoder(None).value(decode_value(written, None)) == written


@given(VALUES)
def test_secrets_can_be_shown_and_sealed_again_in_the_state_itself(value: Any) -> None:
    written = StateEncoder(seal).value(value)

    shown = with_plaintext_secrets(written, unseal)

    assert "ciphertext" not in _outside_secrets(shown)
    assert StateEncoder(seal).value(decode_value(shown, unseal)) == written


def _outside_secrets(value: Any) -> str:
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return " ".join(key for key in value)
        return " ".join(_outside_secrets(item) for item in value.values())
    if isinstance(value, list):
        return " ".join(_outside_secrets(item) for item in value)
    return ""


def test_a_secret_in_a_secret_is_sealed_once() -> None:
    written = StateEncoder(seal).value(Secret([Secret("in")]))

    assert written["ciphertext"].count("sealed") == 1
    assert decode_value(written, unseal) == Secret([Secret("in")])


@pytest.mark.parametrize("number", [math.inf, -math.inf])
def test_numbers_that_json_lacks_come_back(number: float) -> None:
    assert decode_value(StateEncoder(None).value(number), None) == number


def test_not_a_number_comes_back() -> None:
    assert math.isnan(decode_value(StateEncoder(None).value(math.nan), None))


def test_the_digits_that_the_cli_writes_of_a_large_number_are_that_number() -> None:
    assert equal(decode_value(52472981437934170, None), 5.247298143793417e16)


def test_timeouts_in_whole_seconds_are_written_without_a_fraction() -> None:
    timeouts = {"create": 60.0, "update": 0.5}
    record = Resource("u", True, "t", custom_timeouts=timeouts)

    # as the CLI 3.260 wrote them
    written = dumps(StateEncoder(None).resource(record)["customTimeouts"])
    assert written == '{"create":60,"update":0.5}'


def test_whole_numbers_are_written_without_a_fraction() -> None:
    assert dumps(StateEncoder(None).value([2.0, 2.5, -3.0])) == "[2,2.5,-3]"


@pytest.mark.parametrize(
    "written", ["-0", "-0.0", dumps(StateEncoder(None).value(-0.0))]
)
def test_a_negative_zero_keeps_its_sign(written: str) -> None:
    secret = {SIGNATURE: SECRET, "ciphertext": seal(written)}

    opened_ = decode_value(secret, unseal)

    assert math.copysign(1, opened_.value) == -1
    assert parse_object(f'{{"n": {written}}}'.encode(), "it")["n"].hex() == "-0x0.0p+0"


def test_a_string_of_raw_bytes_is_noticed_also_inside_a_secret() -> None:
    encoder = StateEncoder(seal)

    encoder.value(Secret({SIGNATURE: BYTE_STRING, "value": "/w=="}))

    assert encoder.byte_strings


@pytest.mark.parametrize(
    "value",
    [
        {SIGNATURE: "nobody knows"},
        {SIGNATURE: SECRET},
        {SIGNATURE: SECRET, "ciphertext": "a", "plaintext": "b"},
        {SIGNATURE: SECRET, "plaintext": "no json"},
        {SIGNATURE: SECRET, "ciphertext": 5},
        {SIGNATURE: "8ad145fe-0d11-4827-bfd7-1abcbf086f5c", "value": "xyz"},
    ],
)
def test_a_value_that_cannot_be_read_is_one_sentence(value: Any) -> None:
    with pytest.raises(EngineError) as error:
        decode_value(value, unseal)

    assert "\n" not in str(error.value)


def test_a_record_comes_back_in_full_with_fields_nobody_knows() -> None:
    record = {
        "urn": "urn:pulumi:s::p::a:b:C::n",
        "custom": True,
        "id": "i",
        "type": "a:b:C",
        "inputs": {"a": 1},
        "outputs": {"b": [None]},
        "parent": "urn:pulumi:s::p::pulumi:pulumi:Stack::p-s",
        "protect": True,
        "dependencies": ["x"],
        "initErrors": ["e"],
        "provider": "p::i",
        "propertyDependencies": {"a": []},
        "customTimeouts": {"create": 1.5},
        "created": "2026-01-02T03:04:05.123456789Z",
        "modified": "2026-01-02T03:04:05+08:00",
        "replacementTrigger": 0,
        "viewOf": "kept",
        "somethingNew": {"x": [1]},
    }

    assert StateEncoder(None).resource(decode_resource(record, None)) == record


def test_a_new_moment_is_written_in_utc_without_needless_zeros() -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    written = StateEncoder(None).resource(
        Resource("u", False, "t", created=datetime(2026, 1, 2, 3, 4, 5, 120000, UTC))
    )

    assert written["created"] == "2026-01-02T03:04:05.12Z"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("urn", 5),
        ("custom", "yes"),
        ("inputs", []),
        ("dependencies", {}),
        ("created", "x"),
    ],
)
def test_a_field_of_another_type_names_resource_and_field(key: str, value: Any) -> None:
    record = {"urn": "urn:x", "custom": True, "type": "t", key: value}

    with pytest.raises(EngineError, match=f"'{key}'"):
        decode_resource(record, None)


def test_text_that_utf_8_cannot_hold_is_escaped() -> None:
    assert dumps({"a": "\ud800"}) == '{"a":"\\ud800"}'
    assert dumps({"a": "日"}) == '{"a":"日"}'
