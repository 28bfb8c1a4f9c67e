from typing import Any

import pytest

from pulumi_esa_prefetch.engine.config_values import text
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.yaml_reading import load, with_text_keys


# what the CLI 3.260 hands to a program for each spelling
@pytest.mark.parametrize(
    ("spelling", "seen"),
    [
        ("true", "true"),
        ("yes", "yes"),
        ("5", "5"),
        ("0755", "493"),
        ("0o17", "15"),
        ("0x1F", "31"),
        ("0b101", "5"),
        ("1_000", "1000"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("1e21", "1e+21"),
        ("1.5e-7", "1.5e-7"),
        ("18446744073709551615", "18446744073709551615"),
        ("184467440737095516150", "184467440737095500000"),
        ("-5", "-5"),
        ("+5", "5"),
        ("2024-01-02", "2024-01-02 00:00:00 +0000 UTC"),
        ("2024-01-02T03:04:05Z", "2024-01-02 03:04:05 +0000 UTC"),
        ("2024-01-02T03:04:05.123+08:00", "2024-01-02 03:04:05.123 +0800 +0800"),
        ("2024-01-02 03:04:05", "2024-01-02 03:04:05 +0000 UTC"),
        ("null", ""),
        ("~", ""),
        ("", ""),
        ('"5"', "5"),
        ("'it'", "it"),
        ('"a<b>&c"', "a<b>&c"),
        (
            '[1, 1.50, true, null, "x<y", 2024-01-02]',
            '[1,1.5,true,null,"x\\u003cy","2024-01-02 00:00:00 +0000 UTC"]',
        ),
        (
            '{z: 1, a: {k: v, "5": 6, 7: 8, n: ~}}',
            '{"a":{"5":6,"7":8,"k":"v","n":null},"z":1}',
        ),
        ("!!str 5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1:30", "1:30"),
        ("日本", "日本"),
        ("0.0", "0"),
        ("-0.0", "0"),
        ("[-0.0, -0]", "[0,0]"),
        ("!!binary aGVsbG8=", "hello"),
        ("[!!binary aGVsbG8=]", '["hello"]'),
        ("!!binary /w==", "\ufffd"),
        (
            "{1e3: a, 1e7: b, .5: c, ~: d}",
            '{"0.5":"c","1000":"a","1e+07":"b","\\u003cnil\\u003e":"d"}',
        ),
        ("123456789012345678", "123456789012345678"),
        ("[123456789012345678.5, 1e30]", "[123456789012345680,1e+30]"),
    ],
)
def test_a_value_reaches_the_program_as_under_the_cli(spelling: str, seen: str) -> None:
    assert text(load(f"v: {spelling}\n", "it")["v"]) == seen


def test_anchors_and_merges_are_followed() -> None:
    found = load("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n", "it")

    assert found == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize(
    "document",
    [
        "a: .inf",
        "a: [-.inf]",
        "a: {b: .nan}",
        "a: !!binary x%",
        "a: [",
        "a: 1\na: 2",
        "*x",
        "{a: b: c}",
        "\x00",
        "a: 'x",
    ],
)
def test_what_is_no_yaml_names_the_file(document: str) -> None:
    with pytest.raises(EngineError, match=r"Pulumi.dev.yaml") as error:
        load(document, "Pulumi.dev.yaml")

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("document", "value"), [("", None), ("# only a comment", None), ("5", 5)]
)
def test_a_document_may_be_anything(document: str, value: Any) -> None:
    assert load(document, "it") == value


def test_keys_that_are_no_texts_become_texts_and_all_else_stays() -> None:
    before = (
        "# top\n1: one # uno\n2024-01-02: x\n"
        "m: {true: t,1.5: f, 'q': 2, n: [ 3, {4: x} ]}\n? 5\n: y\n"
    )
    after = (
        '# top\n"1": one # uno\n"2024-01-02 00:00:00 +0000 UTC": x\n'
        """m: {"true": t,"1.5": f, 'q': 2, n: [ 3, {"4": x} ]}\n? "5"\n: y\n"""
    )

    assert with_text_keys(before, "it") == after
    assert with_text_keys(after, "it") == after
    assert load(before, "it") == load(after, "it")
