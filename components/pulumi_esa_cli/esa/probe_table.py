"""The answers of a probe as a table of 80 columns, with the dialect of the local ESA that each one is."""

import textwrap
from collections.abc import Iterator
from itertools import zip_longest
from typing import Final

from pulumi_embedded_engine.printable import one_line
from pulumi_esa_emulator.dialects import dialect_of
from pulumi_esa_prefetch.load import count_text
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.probe import ProbeResult
from pulumi_esa_prefetch.probe.questions import BY_NAME

_WIDTHS: Final = (25, 27, 24)
_WIDE: Final = (25, 53)
_HEAD: Final = ("QUESTION", "ANSWER OF THIS ESA", "IN THE LOCAL ESA")


def answer_line(question: str, answer: Verdict | str) -> str:
    """One answer on one line, for the progress."""
    return one_line(f"{BY_NAME[question].asks}: {_answer(question, answer)}")


def probe_table(result: ProbeResult) -> Iterator[str]:
    """The lines of the table, and of what was counted."""
    yield from _row(_HEAD, _WIDTHS)
    for question, answer in result.answers.items():
        asks, said = BY_NAME[question].asks, _answer(question, answer)
        if isinstance(answer, str):
            yield from _row((asks, said), _WIDE)
        else:
            yield from _row((asks, said, _dialect(question, answer)), _WIDTHS)
    settled = sum(isinstance(answer, Verdict) for answer in result.answers.values())
    lines = "drops" if result.repeats_dropped else "keeps"
    yield ""
    yield (
        f"{settled} of {len(result.answers)} questions settled; {count_text(result.urls, 'URL')} prefetched, "
        f"{result.calls} calls."
    )
    yield f"Lists showed new plans after {result.list_lag:.0f} s at the most."
    yield f"ESA {lines} repeated lines of a URL list."


def _answer(question: str, answer: Verdict | str) -> str:
    if isinstance(answer, str):
        return f"not settled: {answer}"
    meaning = BY_NAME[question].answers.get(answer.answer, answer.answer)
    code = answer.seen.removeprefix("HTTP 200")
    return f"{meaning} ({code})" if code.startswith("HTTP ") else meaning


def _dialect(question: str, answer: Verdict) -> str:
    name = dialect_of(question, answer.answer)
    return "no dialect" if name is None else name or "default"


def _row(cells: tuple[str, ...], widths: tuple[int, ...]) -> Iterator[str]:
    wrapped = [
        textwrap.wrap(one_line(cell), width, break_on_hyphens=False)
        for cell, width in zip(cells, widths, strict=True)
    ]
    for parts in zip_longest(*wrapped, fillvalue=""):
        yield "  ".join(map(str.ljust, parts, widths)).rstrip()
