"""The command itself, in this process: any words and any files end in an exit code and a sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from pulumi_embedded_engine.errors import INTERNAL
from tests.fuzz.conftest import ForAll
from tests.fuzz.damage import cut, damaged, dumped
from tests.fuzz.targets import PREVIEW, PROJECT, STACK, checkpoint
from tests.support.console import Console, console_in

LOOKS = (
    ("stack",),
    ("stack", "export"),
    ("stack", "output", "--json"),
    ("stack", "history"),
    ("config", "--json"),
    ("config", "get", "a"),
    ("config", "set", "a.b[0]", "x", "--path"),
    ("cancel", "--yes"),
)
# Words that start nothing: no program, no provider, no server.
WORDS = (
    *("stack", "ls", "output", "export", "config", "get", "set", "rm", "cancel"),
    *("summary", "version", "help", "--help", "-h", "--json", "-j", "--yes", "-y"),
    *("--yes=maybe", "-s", "--stack", "--stack=dev", "-s=dev", "-sdev", "-ys", "dev"),
    *("--", "-", "--=", "-=", "---", "", "=", "--color=never", "--color", "-v", "-v9"),
    *("--verbose=x", "--path", "a.b", "a[", "--plaintext", "--secret", "-C", "."),
    *("--offline", "--output=json", "-o", "line", "--at", "--state", "--schema", "\n"),
)


@pytest.fixture
def console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    return console_in(tmp_path, monkeypatch, capsys)


def assert_answered(console: Console, *words: str, stdin: str = "") -> None:
    said = console(*words, stdin=stdin)

    assert said.code != INTERNAL, said.err
    is_asked_for = any(word.startswith("-") and "v" in word for word in words)
    assert is_asked_for or "Traceback" not in said.out + said.err
    if said.code and not is_asked_for:
        assert said.err.startswith(("error: ", "Usage", "warning: ")), said.err


def files(stack: Any, *texts: bytes) -> st.SearchStrategy[bytes]:
    return damaged(stack).map(dumped) | st.sampled_from(texts).flatmap(cut)


STATE = dumped(checkpoint())


@pytest.mark.parametrize(
    ("name", "contents"),
    [
        ("state/.pulumi/stacks/proj/dev.json", files(checkpoint(), STATE)),
        ("Pulumi.dev.yaml", files({"config": {"a": 1}}, STACK)),
        ("Pulumi.yaml", files({"name": "proj", "runtime": "python"}, PROJECT)),
        ("state/.pulumi/meta.yaml", files({"version": 1}, b"version: 1\n")),
    ],
    ids=["state", "stack", "project", "backend"],
)
def test_a_damaged_file_ends_every_look_in_a_sentence(
    name: str, contents: st.SearchStrategy[bytes], console: Console, for_all: ForAll
) -> None:
    file = console.directory / name
    kept = {path: path.read_bytes() for path in console.directory.glob("Pulumi*")}

    def law(content: bytes, words: tuple[str, ...]) -> None:
        for path, old in kept.items():
            path.write_bytes(old)
        file.write_bytes(content)
        assert_answered(console, *words)

    for_all(law, contents, st.sampled_from(LOOKS))


def test_any_words_are_understood_or_refused(console: Console, for_all: ForAll) -> None:
    words = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=6)

    def law(given: list[str]) -> None:
        if not {"up", "refresh", "destroy", "preview", "emulator"} & {*given}:
            assert_answered(console, *given)

    for_all(law, words)


def test_any_state_is_imported_or_refused(console: Console, for_all: ForAll) -> None:
    body = checkpoint()["checkpoint"]["latest"]
    exports = files({"version": 3, "deployment": body}, STATE)

    def law(content: bytes) -> None:
        console.directory.joinpath("export.json").write_bytes(content)
        assert_answered(console, "stack", "import", "--file", "export.json")
        assert_answered(console, "stack", "export")

    for_all(law, exports)


def test_any_preview_is_summarised_or_refused(
    console: Console, for_all: ForAll
) -> None:
    def law(document: Any, output: str) -> None:
        text = dumped(document).decode()
        assert_answered(console, "summary", "--offline", "-o", output, stdin=text)

    outputs = st.sampled_from(["json", "line", "markdown"])
    for_all(law, damaged(PREVIEW, json.loads(STATE)), outputs)
