from typing import Any

import pytest

from pulumi_embedded_engine.model.property_paths import (
    contains,
    parse_path,
    path_text,
    reset_value,
)
from pulumi_embedded_engine.model.property_values import Secret


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b[0].c", ("a", "b", 0, "c")),
        ('a["b.c"]["d\\"e"]', ("a", "b.c", 'd"e')),
        ("a[*].b", ("a", "*", "b")),
        ("*", ("*",)),
        ('["x y"].z', ("x y", "z")),
    ],
)
def test_a_path_is_read(text: str, path: tuple[str | int, ...]) -> None:
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["", "a[", "a[x]", 'a["b'])
def test_an_invalid_path_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match="property path"):
        parse_path(text)


def test_a_path_is_written_as_pulumi_writes_it() -> None:
    assert path_text(("a", "b c", 0, "d")) == 'a["b c"][0].d'


def test_a_star_covers_every_element_and_what_is_below() -> None:
    assert contains(("a", "*"), ("a", 3, "x"))
    assert not contains(("a", "*"), ("b", 3))
    assert not contains(("a", "b"), ("a",))


@pytest.mark.parametrize(
    ("path", "old", "new", "expected", "good"),
    [
        ("a", {"a": 1}, {"a": 2, "b": 3}, {"a": 1, "b": 3}, True),
        ("a", {}, {"a": 2, "b": 3}, {"b": 3}, True),
        ("a", {"a": 1}, {}, {"a": 1}, True),
        (
            "a.b",
            {"a": {"b": 1}},
            {"a": {"b": 2, "c": 3}},
            {"a": {"b": 1, "c": 3}},
            True,
        ),
        ("a.b", {"a": {"b": 1}}, {}, {}, False),
        ("a[1]", {"a": [1, 2]}, {"a": [3, 4]}, {"a": [3, 2]}, True),
        ("a[1]", {"a": [1, 2]}, {"a": [3]}, {"a": [3]}, False),
        ("a[*]", {"a": [1, 2]}, {"a": [3, 4, 5]}, {"a": [1, 2, 5]}, False),
        ("a.*", {"a": {"x": 1}}, {"a": {"x": 2, "y": 3}}, {"a": {"x": 1}}, True),
        (
            "a[*].k",
            {"a": [{"k": 1}]},
            {"a": [{"k": 2, "l": 3}]},
            {"a": [{"k": 1, "l": 3}]},
            True,
        ),
    ],
)
def test_a_value_is_reset(
    path: str, old: Any, new: Any, expected: Any, good: bool
) -> None:
    assert reset_value(parse_path(path), old, new) == (expected, good)


def test_a_value_taken_out_of_a_secret_stays_secret() -> None:
    old = {"a": Secret({"b": 1})}

    value, good = reset_value(parse_path("a.b"), old, {"a": {"b": 2}})

    assert (value, good) == ({"a": {"b": Secret(1)}}, True)


def test_the_new_inputs_are_not_changed_in_place() -> None:
    new = {"a": {"b": [1]}}

    reset_value(parse_path("a.b[0]"), {"a": {"b": [2]}}, new)

    assert new == {"a": {"b": [1]}}
