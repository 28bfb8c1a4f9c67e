"""The table in docs/probe.md, held against the questions and the dialects of the local ESA."""

from pathlib import Path

from pulumi_esa_emulator.dialects import DIALECTS, dialect_of
from pulumi_esa_prefetch.probe.probe_job import INTERVALS, LIST_LENGTH
from pulumi_esa_prefetch.probe.questions import QUESTIONS, Question
from pulumi_esa_prefetch.probe.url_budget import MOST_URLS

PAGE = (Path(__file__).resolve().parents[2] / "docs/probe.md").read_text()


def row(question: Question) -> str:
    answers = []
    for answer, meaning in question.answers.items():
        name = dialect_of(question.name, answer)
        if name is not None:
            answers.append(f"{meaning} (`{name}`)" if name else meaning)
    return f"| {question.asks} | {'; '.join(answers)} | {question.calls} |"


def test_the_page_has_each_question_with_its_dialects_and_calls() -> None:
    table = PAGE.partition("## The questions")[2]

    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]

    assert rows == [row(question) for question in QUESTIONS]
    assert all(f"`{dialect.name}`" in table for dialect in DIALECTS)


def test_the_page_has_the_figures_that_are_said_before() -> None:
    assert (
        f"one job of {LIST_LENGTH} lines of this URL and at most {len(INTERVALS)} plans"
        in PAGE
    )
    assert f"ESA prefetches at most {MOST_URLS} URLs." in PAGE
