"""Reading what other programs print, whole or broken."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    SECRET,
    Preview,
    read_preview,
    read_state,
)
from tests.support.previews import create, old, text

WHOLE = text(create("a", 1), config={"esa-prefetch:limits": "{}"})


def test_a_preview_is_read_with_its_config_and_steps() -> None:
    preview = read_preview(WHOLE)

    assert [step.op for step in preview.steps] == ["create"]
    assert preview.config == {"esa-prefetch:limits": "{}"}
    assert preview.steps[0].state is not None
    assert preview.steps[0].state.name == "a"


def test_a_name_may_hold_the_separator_of_urns() -> None:
    preview = read_preview(text(create("a::b", 1)))

    assert preview.steps[0].state is not None
    assert preview.steps[0].state.name == "a::b"


@pytest.mark.parametrize(
    ("given_text", "sentence"),
    [
        ("", "the preview is empty"),
        (" \n", "the preview is empty"),
        ("Previewing update (dev):", "the preview is not JSON (line 1)"),
        (WHOLE[: len(WHOLE) // 2], "the preview ends in the middle (line 1)"),
        (WHOLE[:-1], "the preview ends in the middle (line 1)"),
        ("[]", "the preview is not an object"),
        ("{}", "this JSON has no steps"),
        ('{"version": 3, "deployment": {}}', "this is a state, not a preview"),
        ('{"sequence": 1}', "this is an event, such as `up --json` prints"),
        (
            '{"sequence":1,"a":{}}\n{"sequence":2}',
            "the preview is a stream of events",
        ),
        ('{"version": 3, "checkpoint": {}}', "this is a state, not a preview"),
        (f"a line\n{WHOLE[:-1]}", "the preview ends in the middle (line 2)"),
        (f"{WHOLE}\n{WHOLE}", "there is more than one preview in the text"),
        ('a line\n{"level": "info"}\n', "the preview is not JSON (line 1)"),
        ('{"steps": [{"op": 1}]}', "the preview cannot be read at steps.0.op"),
        ('{"steps": 3}', "the preview cannot be read at steps"),
        ("[" * 100_000, "the preview "),
    ],
    ids=lambda value: value[:30] if value else "nothing",
)
def test_anything_else_is_one_sentence_that_says_what_it_is(
    given_text: str, sentence: str
) -> None:
    with pytest.raises(ReportError) as raised:
        read_preview(given_text)

    assert str(raised.value).startswith(sentence)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("indent", [None, 4])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_preview_is_found_among_lines_of_log(
    indent: int | None, newline: str
) -> None:
    document = json.dumps(json.loads(WHOLE), indent=indent).replace("\n", newline)
    before = ["Installing policy pack limits 0.0.7...", '{"level": "info"}', "", "{x"]
    lines = [*before, document, "Finished", '{"level": "info", "steps-of": 1}', "}"]

    assert read_preview(newline.join(lines)) == read_preview(WHOLE)


def checkpoint(*resources: object, **others: object) -> str:
    latest = {"manifest": {}, "resources": resources} if resources else None
    inner = {"stack": "organization/proj/dev", "latest": latest}
    return json.dumps({"version": 3, "checkpoint": inner, **others})


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"version": 4, "features": ["views"]},
        {"version": 4, "features": ["unfinished run"], "unmarked": "3"},
    ],
    ids=["of the CLI", "with features", "of an unfinished run"],
)
def test_a_checkpoint_is_a_state_too(others: dict[str, object]) -> None:
    there = old("a", 1)
    export = json.dumps({"version": 3, "deployment": {"resources": [there]}})

    assert read_state(checkpoint(there, **others)) == read_state(export)
    assert read_state(f"a line\n{export}\nanother") == read_state(export)
    assert read_state(checkpoint(**others)) == ()


@given(st.integers(0, len(WHOLE) - 1))
def test_a_preview_cut_anywhere_is_an_error_in_words(length: int) -> None:
    with pytest.raises(ReportError):
        read_preview(WHOLE[:length])


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_any_json_is_a_preview_or_an_error_in_words(content: object) -> None:
    try:
        read = read_preview(json.dumps({"steps": content}))
    except ReportError:
        return
    assert isinstance(read, Preview)


def test_an_exported_state_s_secrets_are_masked() -> None:
    wrapped = {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "ciphertext": "v1:abc",
    }
    there = old("a", 1, triggers={"key": wrapped})
    document = {"version": 3, "deployment": {"resources": [there]}}

    resources = read_state(json.dumps(document))

    assert resources[0].inputs["triggers"] == {"key": SECRET}
    assert "v1:abc" not in repr(resources)


@pytest.mark.parametrize("given_text", ["", "{", WHOLE, "[]", '{"checkpoint": []}'])
def test_what_is_not_a_state_is_one_sentence(given_text: str) -> None:
    with pytest.raises(ReportError, match="stack export"):
        read_state(given_text)
