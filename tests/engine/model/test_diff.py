import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import (
    Diff,
    input_diff,
    invert,
    with_replace_on_changes,
)
from pulumi_embedded_engine.model.events import PropertyChange
from pulumi_embedded_engine.model.property_values import Secret, equal


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        ([1, 2], [1, 2, 3]),
        ({"a": None}, {}),
        (Secret(1), 1),
        ({"a": [False]}, {"a": [0]}),
    ],
)
def test_values_that_only_look_alike_differ(left: object, right: object) -> None:
    assert not equal(left, right)


def test_a_number_equals_itself_in_another_notation() -> None:
    assert equal({"n": 2, "l": (1,)}, {"n": 2.0, "l": [1]})


def test_the_engines_own_diff_names_paths_and_keys() -> None:
    old = {"a": 1, "b": {"c": [1, 2]}, "gone": "x", "same": Secret("s")}
    new = {"a": 2, "b": {"c": [1, 3, 4]}, "fresh": "y", "same": "s"}

    diff = input_diff(old, new)

    assert diff.changed == ["a", "b", "fresh", "gone"]
    assert {p: c.kind for p, c in (diff.detailed or {}).items()} == {
        "a": "update",
        "b.c[1]": "update",
        "b.c[2]": "add",
        "fresh": "add",
        "gone": "delete",
    }


def test_an_added_or_removed_null_is_no_change() -> None:
    assert input_diff({"a": None}, {"b": None}).changes == "none"


def test_replace_on_changes_turns_changes_below_its_path_into_replacements() -> None:
    diff = input_diff({"a": {"b": 1}, "c": 1}, {"a": {"b": 2}, "c": 2})

    strict = with_replace_on_changes(diff, ["a"], init_errors=False)

    assert not diff.replacing
    assert strict.replacing
    assert strict.replaces == ["a"]
    assert (strict.detailed or {})["a.b"].kind == "update-replace"
    assert (strict.detailed or {})["c"].kind == "update"


def test_an_invalid_path_in_replace_on_changes_is_rejected_in_a_sentence() -> None:
    with pytest.raises(EngineError, match=r"'z\[', which is not a property path"):
        with_replace_on_changes(Diff("some"), ["z["], init_errors=False)


@pytest.mark.parametrize("key", ["", "q["])
def test_a_property_whose_name_is_not_a_path_matches_no_option(key: str) -> None:
    diff = Diff("some", changed=[key], detailed={key: PropertyChange("update")})

    found = with_replace_on_changes(diff, ["size", "*"], init_errors=False)

    assert not found.replacing


def test_the_empty_path_in_replace_on_changes_matches_everything() -> None:
    diff = input_diff({"a": 1}, {"a": 2})

    assert with_replace_on_changes(diff, [""], init_errors=False).replaces == ["a"]


def test_replace_on_changes_does_nothing_where_nothing_changes() -> None:
    diff = Diff("none")

    assert with_replace_on_changes(diff, ["*"], init_errors=False) is diff


def test_a_star_replaces_an_object_that_failed_to_initialize() -> None:
    diff = with_replace_on_changes(Diff("none"), ["*"], init_errors=True)

    assert (diff.changes, diff.replacing) == ("some", True)


def test_an_inverted_diff_swaps_add_and_delete() -> None:
    detailed = {"a": PropertyChange("add-replace"), "b": PropertyChange("update")}

    turned = invert(Diff("some", detailed=detailed)).detailed or {}

    assert [turned["a"].kind, turned["b"].kind] == ["delete-replace", "update"]
