"""Values and their differences as indented lines: JSON, with secrets as [secret]. Does not decide what is shown.

Each level is indented by four blanks. The sign of a change replaces the last two blanks.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import unified_diff
from typing import Any, Final

from pulumi_embedded_engine.display.secret_masking import MASK
from pulumi_embedded_engine.display.step_symbols import Colorizer, step_symbol
from pulumi_embedded_engine.display.value_changes import (
    ValueChange,
    ValueChanges,
    items_of,
)
from pulumi_embedded_engine.model.property_values import UNKNOWN, Secret
from pulumi_embedded_engine.printable import one_line

MAX_TEXT: Final = 150
CONTEXT_LINES: Final = 2  # lines of a text that stay around those that change
MARGIN: Final = "    "

_OPS: Final = {"add": "create", "delete": "delete", "update": "update", "same": "same"}
_SIDES: Final = {"-": "delete", "+": "add"}


@dataclass(frozen=True, slots=True)
class PropertyPrinter:
    """Makes the lines of differences; with `full` long texts are not shortened."""

    colorize: Colorizer
    full: bool = True

    def changes(self, changes: ValueChanges, indent: int) -> Iterator[str]:
        """The lines of all differences, with their colons in one column."""
        names = {
            key: f"[{key}]" if isinstance(key, int) else one_line(key)
            for key in changes
        }
        width = max(map(len, names.values()), default=0)
        for key, change in changes.items():
            yield from self._change(f"{names[key]:<{width}}: ", change, indent)

    def line(self, kind: str, indent: int, text: str) -> str:
        """A line with the sign of a kind of difference."""
        symbol = step_symbol(_OPS[kind])
        return self.colorize((MARGIN * indent)[:-2] + symbol.sign + text, symbol.style)

    def _change(self, title: str, change: ValueChange, indent: int) -> Iterator[str]:
        old, new, parts = change.old, change.new, change.children()
        if parts:
            brackets = "[]" if all(isinstance(key, int) for key in parts) else "{}"
            yield self.line(change.kind, indent, title + brackets[0])
            yield from self.changes(parts, indent + 1)
            yield self.line("same", indent, brackets[1])
        elif change.kind != "update":
            yield self.line(
                change.kind, indent, title + self.one_line_value(change.value)
            )
        elif _have_several_lines(old, new):
            yield self.line("update", indent, title.rstrip())
            yield from self._text_diff(old, new, indent + 1)
        elif items_of(old) is not None or items_of(new) is not None:
            yield from self._change(title, ValueChange("delete", old), indent)
            yield from self._change(title, ValueChange("add", None, new), indent)
        else:
            # not shortened: the difference may be at the end
            printer = replace(self, full=True)
            yield self.line("update", indent, title) + self.colorize(
                f"{printer.one_line_value(old)} => {printer.one_line_value(new)}",
                step_symbol("update").style,
            )

    def _text_diff(self, old: str, new: str, indent: int) -> Iterator[str]:
        """The lines that differ between two texts."""
        lines = unified_diff(
            old.split("\n"), new.split("\n"), n=CONTEXT_LINES, lineterm=""
        )
        # without the names of the files and the first position
        for line in list(lines)[3:]:
            text = "..." if line.startswith("@") else one_line(line[1:])
            yield self.line(_SIDES.get(line[0], "same"), indent, text)

    def one_line_value(self, value: Any) -> str:
        """A value on one line; a map is shown by its URN (a resource) or its hash (an asset)."""
        if value is UNKNOWN:
            return "[unknown]"
        if isinstance(value, Secret):
            return MASK
        if isinstance(value, Mapping):
            return one_line(str(value.get("urn") or value.get("hash") or "{}"))
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        if isinstance(value, str) and not self.full and len(value) > MAX_TEXT:
            value = value[:MAX_TEXT] + "..."
        return one_line(json.dumps(value, ensure_ascii=False))


def _have_several_lines(*values: Any) -> bool:
    texts = [value for value in values if isinstance(value, str)]
    return len(texts) == len(values) and any("\n" in text for text in texts)
