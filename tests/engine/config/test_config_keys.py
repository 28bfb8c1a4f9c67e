import pytest

from pulumi_embedded_engine.config.config_keys import (
    ConfigPath,
    parse_config_key,
    value_of_text,
)
from pulumi_embedded_engine.errors import EngineError


@pytest.mark.parametrize(
    ("text", "path", "found"),
    [
        ("a", False, ConfigPath("p:a")),
        ("ns:a", False, ConfigPath("ns:a")),
        ("ns:config:a", False, ConfigPath("ns:a")),
        ("a.b[0]", False, ConfigPath("p:a.b[0]")),
        ("a.b[0]", True, ConfigPath("p:a", ("b", 0))),
        ("ns:a.b", True, ConfigPath("ns:a", ("b",))),
        ('a["x:y"]', True, ConfigPath("p:a", ("x:y",))),
        ("a", True, ConfigPath("p:a")),
    ],
)
def test_a_key_names_a_place(text: str, path: bool, found: ConfigPath) -> None:
    assert parse_config_key(text, "p", path=path) == found


@pytest.mark.parametrize(
    ("text", "path"),
    [("a:b:c", False), ("", True), ("[0]", True), ("a[", True), ('a["x', True)],
)
def test_what_is_no_key_is_one_sentence(text: str, path: bool) -> None:
    with pytest.raises(EngineError, match="invalid configuration key"):
        parse_config_key(text, "p", path=path)


def test_a_whole_value_stays_text_and_a_part_gets_its_kind() -> None:
    assert value_of_text("5", "", ConfigPath("p:a")) == "5"
    assert value_of_text("5", "", ConfigPath("p:a", ("b",))) == 5
    assert value_of_text("5", "float", ConfigPath("p:a", ("b",))) == 5.0


def test_a_value_of_a_kind_is_kept_as_that() -> None:
    whole = ConfigPath("proj:a")

    assert value_of_text("7", "int", whole) == 7
    assert value_of_text("1.50", "float", whole) == 1.5
    assert value_of_text("007", "string", whole) == "007"
