"""The comment: what is in it, and that nothing can break it."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET, Preview
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.markdown import LONGEST, markdown
from pulumi_esa_prefetch.report.render.markdown_escaping import (
    LONGEST_SENTENCE,
    cell,
    code,
)
from pulumi_esa_prefetch.report.render.summary_line import summary_line
from tests.support.previews import (
    NOW,
    create,
    delete,
    new,
    old,
    preview,
    same,
    step,
    update,
)


def comment(given: Preview, **limits: Any) -> str:
    read = Limits.model_validate(limits)
    return markdown(compose(given, ResourceGraph.of(given), EsaSnapshot(), read, NOW))


def test_a_usual_change_among_two_hundred_plans_stays_small_and_whole() -> None:
    given = preview(
        *[create(f"create-{n}", n) for n in range(3)],
        *[update(f"update-{n}", 10 + n, "stopped") for n in range(2)],
        step("replace", old("replace-0", 20, "running"), new("replace-0", 21)),
        delete("delete-0", 30, "running"),
        *[same(f"same-{n}", 100 + n) for n in range(193)],
    )

    text = comment(given)

    assert "3 to create, 2 to update, 1 to replace, 1 to delete in `dev`" in text
    assert "193 plans unchanged." in text
    assert "7 plans in detail" in text
    assert "same-1" not in text.partition("Timeline")[0]
    assert len(text.encode()) < 10 * 1024


@pytest.mark.parametrize("number", [0, 1, 100, 5_000])
def test_the_comment_never_exceeds_github_s_limit(number: int) -> None:
    name = "a name that is as long as people make them " * 5
    steps = [update(f"{name}{n}", n, "stopped") for n in range(number)]
    said = [
        {"message": f"warning: {n} {name}", "severity": "warning"} for n in range(9)
    ]
    freeze = ["2026-11-11T00:00:00Z/P1D"]

    text = comment(preview(*steps, diagnostics=said), freeze=freeze)

    assert len(text) <= LONGEST
    assert ("| … and" in text) == (number >= 100)


def test_the_same_preview_gives_the_same_comment() -> None:
    steps = [create("b", 2), update("a", 1, "stopped")]

    assert comment(preview(*steps)) == comment(preview(*reversed(steps)))


def test_no_change_is_reported_and_nothing_is_folded() -> None:
    text = comment(preview(same("a", 1, "finished")))

    assert "### ESA prefetch: no plan changes in `dev`" in text
    assert "<details>" not in text


def test_a_failed_preview_is_not_called_one_without_changes() -> None:
    said = [{"message": "error: no right", "severity": "error"}]

    text = comment(preview(same("a", 1), diagnostics=said))

    assert "### ESA prefetch: preview failed in `dev`\n" in text


def test_a_timeline_holds_the_windows_of_what_changes_and_the_freezes() -> None:
    freeze = [{"name": "launch: #1", "window": "2026-11-11T01:30:00Z/PT1H"}]

    text = comment(preview(update("a;b:c", 1, "stopped")), freeze=freeze)

    assert "```mermaid\ngantt" in text
    assert "    ~ a b c :crit, active, 2026-11-11T01:00:00, 2026-11-11T02:00:00" in text
    assert "    freeze launch 1 :crit, 2026-11-11T01:30:00, 2026-11-11T02:30:00" in text


def test_a_denied_limit_and_a_refused_change_come_first() -> None:
    freeze = [{"name": "launch", "window": "2026-11-11T01:30:00Z/PT1H"}]
    given = preview(
        update("a", 1, "stopped"), update("b", 2, "waiting", desired_state="stopped")
    )

    text = comment(given, freeze=freeze, enforce="deny")

    caution = text.partition("> [!CAUTION]")[2].partition("<details>")[0]
    assert "would still submit in the freeze window" in caution
    assert "`b` will fail: it is waiting" in caution


def test_secrets_are_not_in_the_comment() -> None:
    there = old("a", 1, "stopped", triggers={"key": SECRET})
    given = preview(
        step("update", there, new("a", 1, triggers={"key": SECRET})),
        config={"esa-prefetch:secretKey": "hush", "esa-prefetch:accessKey": "key"},
    )

    text = comment(given)

    assert "hush" not in text
    assert SECRET not in text


@given(st.text(max_size=60))
def test_no_name_breaks_out_of_its_cell(name: str) -> None:
    table = f"| head |\n|---|\n| {code(name)} |\n"

    (rendered,) = [
        token
        for token in MarkdownIt("gfm-like", {"linkify": False}).parse(table)
        if token.type == "inline" and token.content != "head"
    ]

    kinds = {child.type for child in rendered.children or ()}
    assert kinds <= {"code_inline", "text"}


@given(st.text(alphabet="`*_[]()|~<>&\\@#!ab \n", max_size=40))
def test_no_sentence_becomes_markup(sentence: str) -> None:
    rendered = MarkdownIt("gfm-like", {"linkify": False}).parseInline(cell(sentence))

    kinds = {child.type for token in rendered for child in token.children or ()}
    assert kinds <= {"text", "text_special"}


def test_a_long_sentence_loses_its_middle_and_keeps_its_end() -> None:
    text = cell(
        "ESA was not read (" + "x" * 2000 + "): statuses are those of the state."
    )

    assert len(text) == LONGEST_SENTENCE
    assert text.startswith("ESA was not read (xxx")
    assert "xx … xx" in text
    assert text.endswith("xxx): statuses are those of the state.")


def test_mentions_and_issue_numbers_are_not_linked() -> None:
    assert cell("@octocat #1") == "@\u200boctocat #\u200b1"


EVIL = "a\x1b[2J\x9b2J\x07\u202eb\u2066\u200b\x7f\u2028c\u061c\U000e0041d\ud800"


def test_no_report_moves_the_cursor_or_reverses_text() -> None:
    said = [{"message": f"error: {EVIL}", "severity": "error"}]
    given = preview(create(EVIL, 1), update("p", 2, EVIL), diagnostics=said)
    made = compose(given, ResourceGraph.of(given), EsaSnapshot(), Limits(), NOW)

    texts = [markdown(made), summary_line(made), made.to_json()]

    for text in texts:
        rows = text.replace("@\u200b", "").replace("#\u200b", "").split("\n")
        assert all(row.isprintable() for row in rows)
    assert json.loads(texts[2])["messages"][0]["text"] == f"error: {EVIL}"
