"""The lines that differ between two texts; knows no colours, no indents."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Final, Literal

Line = tuple[Literal["same", "add", "delete"], str]

CONTEXT: Final = 2  # lines that stay around those that change


def line_changes(old: str, new: str) -> Iterator[Line]:
    """The lines of two texts that differ, with a few of those that do not around them; empty lines are left out."""
    before, after = old.split("\n"), new.split("\n")
    blocks = SequenceMatcher(None, before, after).get_opcodes()
    for number, (op, i, j, k, m) in enumerate(blocks):
        if op == "equal":
            yield from _context(
                _worth(before[i:j]), number == 0, number == len(blocks) - 1
            )
            continue
        yield from (("delete", line) for line in _worth(before[i:j]))
        yield from (("add", line) for line in _worth(after[k:m]))


def _worth(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.strip()]


def _context(lines: list[str], first: bool, last: bool) -> Iterator[Line]:
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if len(lines) > head + tail + 1:
        lines = [*lines[:head], "...", *lines[len(lines) - tail :]]
    yield from (("same", line) for line in lines)
