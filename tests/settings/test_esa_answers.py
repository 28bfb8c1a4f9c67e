"""The setting `esa-prefetch:answers`: what a probe has written."""

import json
from typing import Any

import pytest

from pulumi_esa_prefetch.settings.setting_lookup import SettingsError
from pulumi_esa_prefetch.settings.settings import Settings, read_settings


def read(document: Any) -> Settings:
    text = document if isinstance(document, str) else json.dumps(document)
    return read_settings({"esa-prefetch:answers": text}.get, {})


def test_an_answer_proves_itself_and_nothing_else() -> None:
    answers = read(
        {
            "version": 1,
            "answers": {
                "stop-waiting": {"answer": "refused", "seen": "HTTP 400 SomeCode"},
                "start-late": {"notSettled": "no usable answer came"},
                "of-a-newer-version": {"answer": "x"},
            },
        }
    ).answers

    assert answers.prove("stop-waiting", "refused")
    assert not answers.prove("stop-waiting", "ignored")
    assert not answers.prove("start-late", "refused")


def test_without_the_setting_nothing_is_proven() -> None:
    assert not read_settings(dict[str, str]().get, {}).answers.prove("", "refused")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("answers.json", "is not valid JSON"),
        ([], "must be the JSON that `esa-prefetch doctor --probe"),
        ({"version": 1}, "must be the JSON that `esa-prefetch doctor --probe"),
        ({"version": 2, "answers": {}}, "has the version 2"),
        ({"version": 1, "answers": {"a": "b"}}, "'a' has no answer"),
        ({"version": 1, "answers": {"a": {"answer": 1}}}, "the answer to 'a'"),
        ({"version": 1, "answers": {"a": {"answer": "x\n"}}}, "the answer to 'a'"),
    ],
)
def test_what_no_probe_has_written_is_one_sentence(document: Any, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as error:
        read(document)

    assert str(error.value).startswith("esa-prefetch:answers")
