import pytest

from pulumi_embedded_engine.config.config_keys import Place, place, typed
from pulumi_embedded_engine.errors import EngineError


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("a", False, Place("p:a")),
        ("ns:a", False, Place("ns:a")),
        ("ns:config:a", False, Place("ns:a")),
        ("a.b[0]", False, Place("p:a.b[0]")),
        ("a.b[0]", True, Place("p:a", ("b", 0))),
        ("ns:a.b", True, Place("ns:a", ("b",))),
        ('a["x:y"]', True, Place("p:a", ("x:y",))),
        ("a", True, Place("p:a")),
    ],
)
def test_a_key_names_a_place(text: str, path: bool, found: Place) -> None:
    assert place(text, "p", path=path) == found


@pytest.mark.parametrize(
    ("text", "path"),
    [("a:b:c", False), ("", True), ("[0]", True), ("a[", True), ('a["x', True)],
)
def test_what_is_no_key_is_one_sentence(text: str, path: bool) -> None:
    with pytest.raises(EngineError, match="invalid configuration key"):
        place(text, "p", path=path)


def test_a_whole_value_stays_text_and_a_part_gets_its_kind() -> None:
    assert typed("5", "", Place("p:a")) == "5"
    assert typed("5", "", Place("p:a", ("b",))) == 5
    assert typed("5", "float", Place("p:a", ("b",))) == 5.0


def test_a_value_of_a_kind_is_kept_as_that() -> None:
    whole = Place("proj:a")

    assert typed("7", "int", whole) == 7
    assert typed("1.50", "float", whole) == 1.5
    assert typed("007", "string", whole) == "007"
