import json
import re
from pathlib import Path

import pytest

from tests.support.console import Console, console_in
from tests.support.engine_stacks import SALT

FILE = f"""\
# mine
encryptionsalt: {SALT}
config:
  proj:a: hello # kept
  proj:n: 5
  proj:z: {{a: 1, b: [x, y]}}
"""


@pytest.fixture
def console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    made = console_in(tmp_path, monkeypatch, capsys)
    (tmp_path / "Pulumi.dev.yaml").write_text(FILE)
    return made


def content(console: Console) -> str:
    return (console.directory / "Pulumi.dev.yaml").read_text()


def squeezed(text: str) -> str:
    # a comment stays in its column when the value before it gets shorter
    return re.sub(r" +#", " #", text)


@pytest.mark.parametrize("words", [("config",), ("config", "ls")])
def test_the_configuration_is_a_table(console: Console, words: tuple[str, ...]) -> None:
    console("config", "set", "other:k", "v")
    console("config", "set", "--secret", "pw", "hush")

    assert console(*words).out == (
        "KEY      VALUE\n"
        "other:k  v\n"
        "a        hello\n"
        "n        5\n"
        "pw       [secret]\n"
        'z        {"a":1,"b":["x","y"]}\n'
    )
    assert "pw       hush\n" in console(*words, "--show-secrets").out


def test_the_configuration_is_json_for_machines(console: Console) -> None:
    console("config", "set", "--secret", "pw", "hush")

    masked = json.loads(console("config", "--json").out)
    shown = json.loads(console("config", "--json", "--show-secrets").out)

    assert masked["proj:pw"] == {"secret": True}
    assert shown["proj:pw"] == {"value": "hush", "secret": True}
    assert masked["proj:z"] == {
        "value": '{"a":1,"b":["x","y"]}',
        "objectValue": {"a": 1, "b": ["x", "y"]},
        "secret": False,
    }


def test_a_value_that_is_set_is_got_and_the_rest_of_the_file_stays(
    console: Console,
) -> None:
    console("config", "set", "a", "new")

    assert console("config", "get", "a").out == "new\n"
    assert squeezed(content(console)) == FILE.replace("hello", "new")


def test_a_secret_is_nowhere_in_plain_text_and_can_be_got(console: Console) -> None:
    said = console("config", "set", "--secret", "pw", "hush")

    assert (said.code, said.out, said.err) == (0, "", "")
    assert "hush" not in content(console)
    assert console("config", "get", "pw").out == "hush\n"


def test_a_place_inside_a_value_is_set_got_and_removed(console: Console) -> None:
    console("config", "set", "--path", "z.b[0]", "true")
    console("config", "set", "--path", "--secret", "z.c", "hush")

    assert console("config", "get", "--path", "z.b[0]").out == "true\n"
    assert console("config", "get", "z").out == '{"a":1,"b":[true,"y"],"c":"hush"}\n'
    console("config", "rm", "--path", "z.c")
    assert console("config", "get", "z").out == '{"a":1,"b":[true,"y"]}\n'


def test_a_value_is_read_from_standard_input(console: Console) -> None:
    console("config", "set", "a", stdin="piped\n")
    assert console("config", "get", "a").out == "piped\n"

    console("config", "set", "a", "--raw", stdin="piped\n")
    assert console("config", "get", "a").out == "piped\n\n"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("get", "nope"), "configuration key 'nope' not found for stack 'dev'"),
        (("get", "--path", "z.b[7]"), "not found"),
        (("get",), "KEY"),
        (("set", "a:b:c", "v"), "invalid configuration key"),
        (("set", "--path", "z.b.x", "v"), "key for an array must be an int"),
        (("set", "--path", "z.b[9]", "v"), "z.b[9]: array index out of range"),
        (("set", "--secret", "--plaintext", "a", "v"), "only one of"),
        (("set", "--type", "int", "a", "x"), "'x' is not of the type int"),
        (("set", "token", "aB3dEf6hIj9kLmN0pQ"), "looks like a secret"),
        (("set-all", "--plaintext", "a=b"), "pulumi config set-all"),
        (("rm-all", "a"), "pulumi config rm-all"),
        (("refresh",), "pulumi config refresh"),
        (("cp", "--dest", "nope"), "pulumi config cp"),
        (("env", "add"), "pulumi config env"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    console: Console, words: tuple[str, ...], says: str
) -> None:
    said = console("config", *words)

    assert said.code in (1, 6)
    assert said.err.count("\n") == 1
    assert says in said.err
    assert content(console) == FILE


# a key, a value made up for this, and whether the pulumi CLI 3.260 took it without --plaintext
TAKEN = [
    ("token", "LTAI5tInventedInvented12", True),
    ("password", "hunter2VerySensible9XkQ", True),
    ("secretKey", "hunter2VerySensible9XkQ", True),
    ("token", "AKIAIOSFODNN7EXAMPLE", False),
    ("token", "1d8f3e6ba09c4d2e8f7a6b5c4d3e2f1a", False),
    ("my_password", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4", False),
    ("pwd", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", False),
    ("passThrough", "ghp_16C7e42F292c6912E7710c838347Ae178B4a", False),
    ("accesskey", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", True),
    ("apiKey", "A1b2C3d4E5f6G7h8I9j0K1l2M3n4", True),
    ("token", "abcdefghijkl", True),
    ("token", "correct horse battery staple", True),
    ("token", "0123456789012345678901234567890123456789", True),
    ("token", "xoxb-123456789012-1234567890123-abcdefghijklmnopqrstuvwx", True),
    ("token", "", True),
]


@pytest.mark.parametrize(("key", "value", "taken"), TAKEN)
def test_what_looks_like_a_secret_to_the_cli_looks_like_one_here(
    console: Console, key: str, value: str, taken: bool
) -> None:
    said = console("config", "set", key, value)
    inside = console("config", "set", "--path", f"map.{key}", value)

    assert said.code == inside.code == (0 if taken else 1)
    assert value == "" or value not in said.err


def test_what_looks_like_a_secret_is_kept_in_plain_text_on_demand_only(
    console: Console,
) -> None:
    assert (
        console("config", "set", "token", "aB3dEf6hIj9kLmN0pQ", "--plaintext").code == 0
    )


@pytest.mark.parametrize("phrase", [None, "wrong"])
def test_only_secrets_need_the_passphrase(
    console: Console, monkeypatch: pytest.MonkeyPatch, phrase: str | None
) -> None:
    console("config", "set", "--secret", "pw", "hush")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    if phrase:
        monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", phrase)
    before = content(console)

    assert console("config", "get", "a").out == "hello\n"
    assert console("config").code == 0
    assert console("config", "get", "pw").code == 1
    assert console("config", "set", "--secret", "x", "v").code == 1
    assert content(console) == before
    assert console("config", "set", "x", "v").code == 0


def test_removing_what_is_not_there_leaves_the_file_alone(console: Console) -> None:
    assert console("config", "rm", "nope").code == 0
    assert content(console) == FILE


def test_configuration_is_kept_in_the_file_that_is_named(console: Console) -> None:
    said = console("config", "set", "a", "other", "--config-file", "alt.yaml")

    assert said.code == 0
    assert "proj:a: other" in (console.directory / "alt.yaml").read_text()
    assert console("config", "get", "a", "--config-file", "alt.yaml").out == "other\n"
    assert console("config", "get", "a").out == "hello\n"
    assert "other" in console("config", "--config-file=alt.yaml").out


def test_a_key_that_older_readers_take_for_a_bool_is_quoted(console: Console) -> None:
    console("config", "set", "--path", "o.y", "1")

    assert '"y": 1' in content(console)


def test_environments_that_are_not_there_need_not_be_opened(console: Console) -> None:
    assert console("config", "get", "a", "--open=false").out == "hello\n"
    assert console("config", "--open").code == 0


def test_a_key_without_a_value_is_an_empty_text_and_said_to_be_one(
    console: Console,
) -> None:
    (console.directory / "Pulumi.dev.yaml").write_text("config:\n  proj:n:\n")

    said = console("config", "get", "n")

    assert said.out == "\n"
    assert said.err.startswith("warning: proj:n has no value")
