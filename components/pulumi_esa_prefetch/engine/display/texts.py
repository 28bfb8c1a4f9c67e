"""What is inside of texts: JSON and YAML documents, lines that differ; knows no colours, no indents."""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any, Final, Literal

from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.yaml_reading import load

Line = tuple[Literal["same", "add", "delete"], str]

CONTEXT: Final = 2  # lines that stay around those that change
LONGEST: Final = 100_000  # what is longer is compared and shown as it is


def document(text: str) -> tuple[str, Any] | None:
    """The kind ("json", "yaml") and value of a text that holds a list or map; YAML only where it has several lines."""
    stripped = text.strip()
    if len(stripped) > LONGEST:
        return None
    found = _json(stripped) if stripped[:1] in "[{" else None
    if found is None and "\n" in stripped:
        found = _yaml(stripped)
    return found


def _json(text: str) -> tuple[str, Any] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return ("json", value) if isinstance(value, dict | list) else None


def _yaml(text: str) -> tuple[str, Any] | None:
    try:
        value = load(text, "")
    except EngineError:
        return None
    if isinstance(value, dict):
        value = {str(key): item for key, item in value.items()}
    return ("yaml", value) if isinstance(value, dict | list) else None


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
