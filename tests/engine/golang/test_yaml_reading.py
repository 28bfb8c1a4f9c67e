import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from pulumi_embedded_engine.config.config_values import program_text
from pulumi_embedded_engine.config.project import read_project
from pulumi_embedded_engine.config.stack_config_file import (
    StackConfigFile,
    program_config,
    with_defaults,
)
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.yaml_reading import load_yaml

# what the CLI 3.260 reads from each of many files
RECORDED: Final = json.loads(
    (Path(__file__).parents[2] / "golden" / "config_yaml.json").read_text()
)


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with at_home_in("UTC", monkeypatch):
        yield


@contextmanager
def at_home_in(zone: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as context:
        context.setenv("TZ", zone)
        time.tzset()
        yield
    time.tzset()


def told(secret: str) -> str:
    return f"<{secret}>"


def of_stack(file: Path) -> Any:
    found = StackConfigFile(file, "proj")
    values = program_config(found.values, told)
    answer = {"config": {key: value.text for key, value in values.items()}}
    secret = [key for key, value in values.items() if value.secret]
    return (
        answer
        | ({"secret": secret} if secret else {})
        | ({"salt": found.salt} if found.salt else {})
    )


def of_project(file: Path) -> Any:
    found = read_project(file)
    values = program_config(with_defaults(found, {}), told)
    return {
        "name": found.name,
        "runtime": found.runtime,
        "config": {key: value.text for key, value in values.items()},
    }


def compare(rows: list[list[Any]], file: Path, answer: Any) -> None:
    ours, recorded = {}, {}
    for document, cli, *refused in rows:
        file.write_bytes(document.encode(errors="surrogateescape"))
        recorded[document] = None if refused else cli
        try:
            ours[document] = answer(file)
        except EngineError as error:
            ours[document] = str(error) if "\n" in str(error) else None
    assert ours == recorded


@pytest.mark.parametrize("group", RECORDED["stack files"])
def test_a_stack_file_is_read_as_by_the_cli_or_refused(
    group: str, tmp_path: Path
) -> None:
    rows = RECORDED["stack files"][group]

    compare(rows, tmp_path / "Pulumi.dev.yaml", of_stack)


def test_a_project_file_is_read_as_by_the_cli_or_refused(tmp_path: Path) -> None:
    compare(RECORDED["project files"], tmp_path / "Pulumi.yaml", of_project)


def test_an_offset_of_the_machines_own_zone_goes_by_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with at_home_in("Asia/Shanghai", monkeypatch):
        found = load_yaml(
            "[2024-01-02T03:04:05+08:00, 2024-01-02T03:04:05+09:00, 2024-01-02]", "it"
        )

    assert found == [
        "2024-01-02 03:04:05 +0800 CST",
        "2024-01-02 03:04:05 +0900 +0900",
        "2024-01-02 00:00:00 +0000 UTC",
    ]


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
            '{z: 1, a: {k: v, "5": 6, n: ~}}',
            '{"a":{"5":6,"k":"v","n":null},"z":1}',
        ),
        (".5", "0.5"),
        ("5.", "5"),
        ("1:30", "1:30"),
        ("日本", "日本"),
        ("0.0", "0"),
        ("-0.0", "0"),
        ("[-0.0, -0]", "[0,0]"),
        ("123456789012345678", "123456789012345678"),
        ("[123456789012345678.5, 1e30]", "[123456789012345680,1e+30]"),
    ],
)
def test_a_value_reaches_the_program_as_under_the_cli(spelling: str, seen: str) -> None:
    assert program_text(load_yaml(f"v: {spelling}\n", "it")["v"]) == seen


def test_anchors_and_merges_are_followed() -> None:
    found = load_yaml("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}\nc: *a\n", "it")

    assert found == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 3},
        "c": {"x": 1, "y": 2},
    }


def test_of_the_maps_that_are_merged_the_first_has_the_say() -> None:
    found = load_yaml(
        "a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], z: 3}\n", "it"
    )

    assert found["c"] == {"x": 1, "y": 1, "z": 3}


@pytest.mark.parametrize(
    "document",
    [
        "a: .inf",
        "a: [-.inf]",
        "a: {b: .nan}",
        "a: !!binary aGVsbG8=",
        "a: !!str 5",
        "!nothing",
        "a: {5: x}",
        "a: {~: x}",
        "a: {[b]: x}",
        'a: "\\nx"',
        "a: |\n\n  x",
        "a: [",
        "a: 1\na: 2",
        "*x",
        "{a: b: c}",
        "\x00",
        "a: 'x",
        "a: &a [*a]",
        "a: &a {b: [*a]}",
        "a: &a {<<: *a}",
        "[" * 200,
        pytest.param("[" * 2000, marks=pytest.mark.slow),
        "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(
            f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n"
            for a, b in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        r'a: "\U00110000"',
        r'a: "\ud800"',
        r'a: "\/"',
        '"<<": {a: 1}',
        "a: &a [{b: 1}]\nc: {<<: *a}",
        "{<<: {a: 1}, <<: {b: 1}}",
        "%YAML 1.1\n---\na: 1",
        "%OTHER\n---\na: 1",
        "a: &b.c 1",
    ],
)
def test_what_is_no_yaml_names_the_file(document: str) -> None:
    with pytest.raises(EngineError, match=r"Pulumi.dev.yaml") as error:
        load_yaml(document, "Pulumi.dev.yaml")

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("document", "value"),
    [
        ("", None),
        ("# only a comment", None),
        ("5", 5),
        ("a\n---\nb", "a"),
        ("---\n---\nb", None),
    ],
)
def test_a_document_may_be_anything(document: str, value: Any) -> None:
    assert load_yaml(document, "it") == value
