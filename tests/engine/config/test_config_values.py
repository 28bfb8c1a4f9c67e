from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_embedded_engine.config import config_values
from pulumi_embedded_engine.config.config_keys import ConfigPath
from pulumi_embedded_engine.config.config_values import EncryptedValue
from pulumi_embedded_engine.errors import EngineError

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
)
TREES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(TREES)
def test_a_value_is_parsed_and_unparsed_without_loss(value: Any) -> None:
    assert config_values.unparse(config_values.parse(value)) == value


def test_a_secure_leaf_makes_the_whole_value_a_secret() -> None:
    value = config_values.parse({"a": [{"secure": "ct"}]})

    assert value == {"a": [EncryptedValue("ct")]}
    assert config_values.is_secret(value)
    assert (
        config_values.program_text(config_values.decrypted(value, str.upper))
        == '{"a":["CT"]}'
    )


@pytest.mark.parametrize("value", [{"secure": 5}, {"secure": "x", "b": 1}, {}, []])
def test_only_a_lone_secure_text_is_a_secret(value: Any) -> None:
    assert not config_values.is_secret(config_values.parse(value))


@given(TREES)
def test_every_value_has_a_text(value: Any) -> None:
    assert isinstance(config_values.program_text(value), str)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("5", 5),
        ("-5", -5),
        ("0", 0),
        ("007", "007"),
        ("1.5", "1.5"),
        ("True", "True"),
        ("", ""),
        ("18446744073709551615", 2**64 - 1),
        ("18446744073709551616", "18446744073709551616"),
    ],
)
def test_a_text_for_a_place_inside_becomes_what_it_looks_like(
    text: str, value: Any
) -> None:
    assert config_values.bool_or_int_or_text(text) == value


@pytest.mark.parametrize(
    ("old", "path", "new"),
    [
        (None, ("a",), {"a": 1}),
        (None, (0,), [1]),
        ("text", ("a",), {"a": 1}),
        ({"a": {"b": 0}}, ("a", "c"), {"a": {"b": 0, "c": 1}}),
        ([0], (1,), [0, 1]),
        ([0], (0,), [1]),
        ({}, ("x", 0, "y"), {"x": [{"y": 1}]}),
        (None, (), 1),
    ],
)
def test_a_value_is_put_in_its_place(
    old: Any, path: tuple[str | int, ...], new: Any
) -> None:
    assert ConfigPath("p:k", path).with_value({"p:k": old}, 1) == {"p:k": new}


@pytest.mark.parametrize(
    ("old", "path", "says"),
    [
        ([0], ("a",), "key for an array must be an int"),
        ([0], (5,), "out of range"),
        ([0], (-1,), "out of range"),
        ({"a": "text"}, ("a", "b"), "expected a map"),
        ({"a": "text"}, ("a", 0), "expected an array"),
        ({"a": {"b": 1}}, ("a", 0), "key for a map must be a string"),
    ],
)
def test_a_place_that_does_not_fit_is_named(
    old: Any, path: tuple[str | int, ...], says: str
) -> None:
    with pytest.raises(EngineError, match=says):
        ConfigPath("p:k", path).with_value({"p:k": old}, 1)


def test_a_map_that_would_read_as_a_secret_is_refused() -> None:
    with pytest.raises(EngineError, match="reserved"):
        ConfigPath("p:k", ("secure",)).with_value({}, "x")
    with pytest.raises(EngineError, match="reserved"):
        ConfigPath("p:k", ("b",)).without_value({"p:k": {"secure": "x", "b": 1}})


@pytest.mark.parametrize(
    ("old", "path", "new"),
    [
        ({"a": 1, "b": 2}, ("a",), {"b": 2}),
        ([0, 1, 2], (1,), [0, 2]),
        ({"a": [{"b": 1, "c": 2}]}, ("a", 0, "b"), {"a": [{"c": 2}]}),
        ({"a": 1}, ("x",), {"a": 1}),
        ([0], (7,), [0]),
        ("text", ("x",), "text"),
    ],
)
def test_a_value_is_taken_from_its_place(
    old: Any, path: tuple[str | int, ...], new: Any
) -> None:
    assert ConfigPath("p:k", path).without_value({"p:k": old}) == {"p:k": new}


@given(TREES, st.lists(st.text(max_size=2) | st.integers(0, 2), min_size=1, max_size=3))
def test_what_was_put_is_found_and_can_be_taken_away(
    value: Any, path: list[str | int]
) -> None:
    place = ConfigPath("p:k", tuple(path))
    try:
        placed = place.with_value({"p:k": value}, 7)
    except EngineError:
        return

    assert place.look_up(placed) == (7, True)
    place.without_value(placed)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("5", "int", 5),
        ("1.5", "float", 1.5),
        ("true", "bool", True),
        ("5", "string", "5"),
    ],
)
def test_a_text_is_read_as_the_kind_asked_for(text: str, kind: str, value: Any) -> None:
    assert config_values.value_of_kind(text, kind) == value


@pytest.mark.parametrize(
    ("text", "kind"), [("x", "int"), ("", "float"), ("yes", "bool"), ("x", "map")]
)
def test_a_text_of_another_kind_is_one_sentence(text: str, kind: str) -> None:
    with pytest.raises(EngineError, match=kind):
        config_values.value_of_kind(text, kind)


def test_a_value_is_legible_on_one_line_with_the_numbers_of_go() -> None:
    value = {"b": [1e-7, 1e-6, 1e21, -0.0, 2.5, None], "a": "<ü>"}

    assert config_values.value_text(value) == (
        '{"a":"<ü>","b":[1e-7,0.000001,1e+21,-0,2.5,null]}'
    )
    assert config_values.value_text("a\nb") == "a\nb"
