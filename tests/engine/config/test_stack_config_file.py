import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_embedded_engine.config.config_values import EncryptedValue
from pulumi_embedded_engine.config.project import find_project
from pulumi_embedded_engine.config.stack_config_file import (
    StackConfigFile,
    program_config,
    stack_file_path,
    with_defaults,
)
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.yaml_reading import load_yaml
from pulumi_embedded_engine.model.operation_context import ConfigValue
from tests.support.engine_stacks import project_in

FILE = """\
# what this stack is for
encryptionsalt: v1:a:b
config:
  # the first plan
  proj:b: true # on

  proj:lst:
    - 1
    # the second
    - "two"
  proj:map: {x: 1, y: [z]}
  proj:secret:
    secure: v1:x:y
# the end
"""


def config(tmp_path: Path, text: str) -> StackConfigFile:
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text(text)
    return StackConfigFile(file, "proj")


def test_values_keep_their_types_and_secrets_stay_closed(tmp_path: Path) -> None:
    assert config(tmp_path, FILE).values == {
        "proj:b": True,
        "proj:lst": [1, "two"],
        "proj:map": {"x": 1, "y": ["z"]},
        "proj:secret": EncryptedValue("v1:x:y"),
    }


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    found = StackConfigFile(tmp_path / "Pulumi.dev.yaml", "proj")

    assert (found.values, found.salt) == ({}, "")


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [
        line for line in new if line not in old
    ]


@pytest.mark.parametrize(
    ("change", "gone", "come"),
    [
        ({"proj:b": "no"}, ["  proj:b: true # on"], ['  proj:b: "no" # on']),
        ({"proj:new": "v"}, [], ["  proj:new: v"]),
        ({"proj:lst": [1, "three"]}, ['    - "two"'], ['    - "three"']),
        ({"proj:lst": [1, "two", 3]}, [], ["    - 3"]),
        (
            {"proj:map": {"x": 2, "y": ["z"]}},
            ["  proj:map: {x: 1, y: [z]}"],
            ["  proj:map: {x: 2, y: [z]}"],
        ),
        ({"proj:n": "5"}, [], ['  proj:n: "5"']),
        ({"proj:s": EncryptedValue("ct")}, [], ["  proj:s:", "    secure: ct"]),
        ({"proj:lst": [1, 2]}, ['    - "two"'], ["    - 2"]),
        ({"proj:lst": [True, "two"]}, ["    - 1"], ["    - true"]),
        ({"proj:b": None}, ["  proj:b: true # on"], ["  proj:b: null # on"]),
        ({"proj:b": 1.25}, ["  proj:b: true # on"], ["  proj:b: 1.25 # on"]),
        ({}, [], []),
    ],
)
def test_a_change_touches_its_own_lines_only(
    tmp_path: Path, change: dict[str, Any], gone: list[str], come: list[str]
) -> None:
    found = config(tmp_path, FILE)

    found.save({**found.values, **change})

    assert changed_lines(FILE, found.file.read_text()) == (gone, come)


@pytest.mark.parametrize("name", ["Pulumi.dev.yaml", "Pulumi.dev.json"])
def test_lines_end_after_a_change_as_before(tmp_path: Path, name: str) -> None:
    text = {
        ".yaml": "# top\r\nconfig:\r\n  proj:a: one # eol\r\n",
        ".json": '{\r\n    "config": {\r\n        "proj:a": "one"\r\n    }\r\n}\r\n',
    }[Path(name).suffix]
    file = tmp_path / name
    file.write_bytes(text.encode())
    found = StackConfigFile(file, "proj")

    found.save({**found.values, "proj:b": "two\nlines"})

    content = file.read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n") > 3
    assert StackConfigFile(file, "proj").values == {
        "proj:a": "one",
        "proj:b": "two\nlines",
    }


def test_a_value_can_go_and_order_and_comments_stay(tmp_path: Path) -> None:
    found = config(tmp_path, FILE)

    found.save({key: value for key, value in found.values.items() if key != "proj:map"})

    assert found.file.read_text() == FILE.replace("  proj:map: {x: 1, y: [z]}\n", "")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("5", '"5"'),
        ("true", '"true"'),
        ("yes", '"yes"'),
        ("2024-01-02", '"2024-01-02"'),
        ("1:30", '"1:30"'),
        ("null", '"null"'),
        ("", '""'),
        ("plain", "plain"),
        ("日本", "日本"),
        ("a: b", "'a: b'"),
        ("l1\nl2", "|-\n    l1\n    l2"),
        ("012", '"012"'),
        ("<<", '"<<"'),
        ("a\u2028b", r'"a\Lb"'),
        # ids of 24 digits: too large for a float or no number at all are texts, all others want quotes
        ("66534862112345678901e345", "66534862112345678901e345"),
        ("665d3b48621bccf3fe29e1a8", "665d3b48621bccf3fe29e1a8"),
        ("6653486211234567890123e4", '"6653486211234567890123e4"'),
        ("665348621123456789012345", '"665348621123456789012345"'),
        ("0x3486211234567890123451", "0x3486211234567890123451"),
    ],
)
def test_a_text_is_written_as_the_cli_writes_it(
    tmp_path: Path, text: str, written: str
) -> None:
    found = config(tmp_path, "config:\n  proj:a: x\n")

    found.save({"proj:a": text})

    assert found.file.read_text() == f"config:\n  proj:a: {written}\n"


def test_a_literal_block_can_become_any_text(tmp_path: Path) -> None:
    found = config(tmp_path, "config:\n  proj:a: |\n    l1\n    l2\n")

    for text in ("", " lead", "x", "a\n\n\n", "\tx", "a \nb"):
        found.save({"proj:a": text})
        assert found.values == {"proj:a": text}


@pytest.mark.parametrize(
    "value", ["\n", "\nx", "\tx\ny", "\u2028\n", {"<<": "x"}, {"a": {"<<": {}}}]
)
def test_what_the_cli_would_read_otherwise_is_not_written(
    tmp_path: Path, value: Any
) -> None:
    found = config(tmp_path, FILE)

    with pytest.raises(EngineError, match="cannot take the change"):
        found.save({**found.values, "proj:a": value})

    assert found.file.read_text() == FILE


SPELLINGS = """\
frozen: &frozen {desiredState: stopped} # f
base: &base {jobId: 665d3af3621bccf3fe29e1a4, desiredState: running}
config:
  proj:plans:
    launch:
      <<: [*frozen, *base] # both
      planId: 66534862112345678901e345 # id
    other:
      <<: *base
      n: 1_000
      octal: 0755
      f: 1.50
      date: 2024-1-2
      none: ~
      empty:
      single: 'x'
      double: "x"
      "true": yes
      merge: <<
      block: |
        l1
        l2
      folded: >-
        a
        b
  proj:w: &w [1, 0o17, .5, "x"]
  proj:w2: *w
  proj:s: &s 0x1F # s
  proj:s2: *s
"""


def test_all_but_the_change_keeps_its_spelling(tmp_path: Path) -> None:
    found = config(tmp_path, SPELLINGS)

    found.save({**found.values, "proj:new": "x"})

    assert found.file.read_text() == SPELLINGS + "  proj:new: x\n"

    found.save({key: item for key, item in found.values.items() if key != "proj:new"})

    assert found.file.read_text() == SPELLINGS


def test_what_is_merged_is_not_touched_and_can_be_covered(tmp_path: Path) -> None:
    found = config(tmp_path, SPELLINGS)
    plans = found.values["proj:plans"]
    launch = plans["launch"]
    assert launch["desiredState"] == "stopped"

    other = {**plans["other"], "desiredState": "stopped"}
    found.save({**found.values, "proj:plans": {"launch": launch, "other": other}})

    assert changed_lines(SPELLINGS, found.file.read_text()) == (
        [],
        ["      desiredState: stopped"],
    )


def test_a_merged_value_cannot_go_from_one_map_alone(tmp_path: Path) -> None:
    found = config(tmp_path, SPELLINGS)
    plans = found.values["proj:plans"]

    with pytest.raises(EngineError, match="edit it by hand"):
        found.save({**found.values, "proj:plans": {**plans, "launch": {"planId": "x"}}})

    assert found.file.read_text() == SPELLINGS


@pytest.mark.parametrize(
    "before", ["# all\n# of it\n", "# all\nconfig:\n", "config: ~\n"]
)
def test_a_file_without_values_keeps_its_comments(tmp_path: Path, before: str) -> None:
    found = config(tmp_path, before)

    found.save({"proj:a": "b"})

    comments = "".join(line for line in before.splitlines(True) if line[0] == "#")
    assert found.file.read_text() == f"{comments}config:\n  proj:a: b\n"


def test_in_json_a_value_keeps_its_type(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.dev.json"
    file.write_text('{"config": {"proj:a": 1, "proj:b": [true, null, 1.5]}}')
    found = StackConfigFile(file, "proj")

    found.save({**found.values, "proj:c": {"d": False}})

    assert json.loads(file.read_text()) == {
        "config": {"proj:a": 1, "proj:b": [True, None, 1.5], "proj:c": {"d": False}}
    }


PRINTABLE = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
# a key "<<" is refused: the CLI would merge by it
KEYS = PRINTABLE.filter(lambda text: text != "<<")


@given(
    st.dictionaries(
        st.sampled_from("abcdef"),
        st.recursive(
            PRINTABLE | st.booleans() | st.integers(-(2**63), 2**63 - 1),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
            ),
            max_leaves=5,
        ),
        max_size=4,
    )
)
def test_whatever_is_written_is_read_again(values: dict[str, Any]) -> None:
    from tempfile import TemporaryDirectory  # noqa: PLC0415 - a fixture lives for all examples

    with TemporaryDirectory() as directory:
        found = config(Path(directory), FILE)
        wanted = {f"proj:{key}": value for key, value in values.items()}

        found.save(wanted)

        assert found.values == wanted
        assert found.file.read_text().startswith("# what this stack is for\n")


def test_a_key_by_which_the_cli_would_merge_is_not_written(tmp_path: Path) -> None:
    found = config(tmp_path, FILE)
    before = found.file.read_text()

    with pytest.raises(EngineError, match="cannot take the change"):
        found.save({"proj:a": {"<<": "b"}})

    assert found.file.read_text() == before


def test_a_salt_is_written_once_and_the_rest_stays(tmp_path: Path) -> None:
    text = "# top\nconfig:\n  proj:a: 1\n"
    found = config(tmp_path, text)

    found.save_salt("v1:new")

    assert found.salt == "v1:new"
    assert found.file.read_text() == text + "encryptionsalt: v1:new\n"


def test_keys_without_namespace_are_the_projects(tmp_path: Path) -> None:
    found = config(tmp_path, "config:\n  a: 1\n  other:b: 2\n")

    found.save({**found.values, "proj:a": 3})

    assert found.values == {"proj:a": 3, "other:b": 2}
    assert "  a: 3\n" in found.file.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "config: [1]",
        "[]",
        "config:\n  a:b:c:d: 1",
        "config: {a: 1",
        "secretsprovider: awskms://x",
        "encryptedkey: x",
        "environment: [prod]",
        "!nothing",
        "5: x",
        "config: {~: x}",
        "config: {a: 1, proj:a: 2}",
        "config: {proj:a: 1, proj:config:a: 2}",
        "encryptionsalt: [x]",
        "encryptionsalt: 5",
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(EngineError) as error:
        config(tmp_path, text)

    assert "\n" not in str(error.value)


def test_a_file_that_has_no_form_for_a_change_is_left_as_it_is(tmp_path: Path) -> None:
    text = "config:\n  proj:a: 1\n---\nanother: document\n"
    found = config(tmp_path, text)

    with pytest.raises(EngineError, match="edit it by hand"):
        found.save({"proj:a": "b"})

    assert found.file.read_text() == text


def test_a_link_and_the_rights_of_the_file_stay(tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text("config: {}\n")
    real.chmod(0o640)
    link = tmp_path / "Pulumi.dev.yaml"
    link.symlink_to(real)

    StackConfigFile(link, "proj").save({"proj:a": "b"})

    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert load_yaml(real.read_text(), "it") == {"config": {"proj:a": "b"}}


def test_the_file_stands_where_the_project_says(tmp_path: Path) -> None:
    project = find_project(
        project_in(tmp_path, "name: proj\nruntime: python\nstackConfigDir: cfg\n")
    )

    assert stack_file_path(project, "dev") == tmp_path / "cfg" / "Pulumi.dev.yaml"


def test_defaults_of_the_project_fill_in(tmp_path: Path) -> None:
    text = (
        "name: proj\nruntime: python\nconfig:\n  a: text\n  b: {type: integer, default: 7}\n"
        "  c: {value: {x: 1}}\n  other:d: {value: v}\n"
    )
    project = find_project(project_in(tmp_path, text))

    found = program_config(with_defaults(project, {"proj:a": "mine"}), str)

    assert found == {
        "other:d": ConfigValue("v"),
        "proj:a": ConfigValue("mine"),
        "proj:b": ConfigValue("7"),
        "proj:c": ConfigValue('{"x":1}'),
    }


def test_of_a_map_the_secret_leaves_are_known() -> None:
    secret = {"a": [EncryptedValue("one"), {"b": EncryptedValue("two")}], "c": "open"}

    found = program_config({"proj:m": secret, "proj:s": EncryptedValue("x")}, str.upper)

    assert set(found["proj:m"].hidden) == {"ONE", "TWO"}
    assert found["proj:s"].hidden == ("X",)
    assert "TWO" not in repr(found)
