"""Values and their differences as indented lines, as the CLI lays them out; decides nothing about what is shown.

Every level is four blanks deeper; the sign of a change takes the place of the last two blanks in front of it.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pulumi_esa_prefetch.engine.display.changes import Change, Changes, visible
from pulumi_esa_prefetch.engine.display.ink import Ink
from pulumi_esa_prefetch.engine.display.marks import mark
from pulumi_esa_prefetch.engine.values import (
    ARCHIVE,
    ASSET,
    RESOURCE,
    SIGNATURE,
    UNKNOWN,
    Secret,
)

LONGEST_LINE: Final = 150
MOST_LINES: Final = 3

_OPS: Final = {"add": "create", "delete": "delete", "update": "update", "same": "same"}


@dataclass(frozen=True, slots=True)
class Printer:
    """Writes values: `secrets` shows what they hold, `full` shortens no text, `summary` leaves out what is the same."""

    ink: Ink
    secrets: bool = False
    full: bool = True
    summary: bool = False
    op: str = "same"
    signed: bool = False

    def properties(self, values: Mapping[str, Any], indent: int) -> Iterator[str]:
        """All properties of a map, one below the other, the colons in one column."""
        shown = visible(values)
        width = max(map(len, shown), default=0)
        for key, value in shown.items():
            yield from self.titled(f"{key:<{width}}: ", value, indent)

    def changes(self, changes: Changes, indent: int) -> Iterator[str]:
        """All differences of a map."""
        width = max((len(str(key)) for key in changes), default=0)
        for key, change in changes.items():
            yield from self._change(f"{key:<{width}}: ", change, indent)

    def _change(self, title: str, change: Change, indent: int) -> Iterator[str]:
        pen = replace(self, op=_OPS[change.kind], signed=change.kind != "same")
        if change.kind == "same":
            if not self.summary and _worth(change.new):
                yield from pen.titled(title, change.new, indent)
        elif change.kind == "add":
            yield from pen.titled(title, change.new, indent)
        elif change.kind == "delete":
            yield from pen.titled(title, change.old, indent)
        elif change.parts is not None:
            yield from pen.parts(title, change.parts, indent)
        else:
            yield from pen.update(title, change, indent)

    def parts(self, title: str, parts: Changes, indent: int) -> Iterator[str]:
        """A map or list that changed inside."""
        items = all(isinstance(key, int) for key in parts)
        yield self._line(indent, title + "[" if items else title + "{")
        if items:
            for index, change in parts.items():
                yield from self._change(f"[{index}]: ", change, indent + 1)
        else:
            yield from self.changes(parts, indent + 1)
        yield self._bare(indent, "]" if items else "}")

    def update(self, title: str, change: Change, indent: int) -> Iterator[str]:
        """A value that is another one now."""
        if (
            _single(change.old)
            and _single(change.new)
            and _worth(change.old)
            and _worth(change.new)
        ):
            before, after = (
                self.ink(self.single(change.old), "red"),
                self.ink(self.single(change.new), "green"),
            )
            yield (
                self._line(indent, title) + before + self.ink(" => ", "yellow") + after
            )
            return
        if _worth(change.old):
            yield from replace(self, op="delete").titled(title, change.old, indent)
        if _worth(change.new):
            yield from replace(self, op="create").titled(title, change.new, indent)

    def titled(self, title: str, value: Any, indent: int) -> Iterator[str]:
        """A value behind its title."""
        first, *rest = self._value(value, indent)
        yield self._line(indent, title + first)
        yield from rest

    def _value(self, value: Any, indent: int) -> Iterator[str]:
        """The value's lines; the first one goes behind its title."""
        if isinstance(value, Secret) and self.secrets:
            yield from self._value(value.value, indent)
        elif isinstance(value, list | tuple) and value:
            yield from self._items(value, indent)
        elif isinstance(value, Mapping) and SIGNATURE not in value and visible(value):
            yield "{"
            yield from self.properties(value, indent + 1)
            yield self._bare(indent, "}")
        else:
            yield self.single(value)

    def _items(self, values: Sequence[Any], indent: int) -> Iterator[str]:
        yield "["
        for index, item in enumerate(values):
            first, *rest = self._value(item, indent + 1)
            yield self._line(indent, f"    [{index}]: {first}")
            yield from rest
        yield self._bare(indent, "]")

    def single(self, value: Any) -> str:
        """A value that fits on a line."""
        if isinstance(value, Secret):
            return self.single(value.value) if self.secrets else "[secret]"
        if isinstance(value, str):
            return json.dumps(
                value if self.full else shortened(value), ensure_ascii=False
            )
        if value is None or isinstance(value, bool):
            return {None: "<null>", True: "true", False: "false"}[value]
        if isinstance(value, int | float):
            return f"{value:.0f}" if float(value).is_integer() else repr(value)
        return "[unknown]" if value is UNKNOWN else _shape(value)

    def _line(self, indent: int, text: str) -> str:
        blanks = "    " * indent
        if self.signed and blanks:
            blanks = blanks[:-2] + mark(self.op).sign
        return self.ink(blanks + text, mark(self.op).style)

    def _bare(self, indent: int, text: str) -> str:
        return self.ink("    " * indent + text, mark(self.op).style)


def shortened(text: str) -> str:
    """A long text's first lines, each up to a width."""
    lines = text.split("\n")
    kept = [
        line if len(line) <= LONGEST_LINE else line[:LONGEST_LINE] + "..."
        for line in lines[:MOST_LINES]
    ]
    return "\n".join([*kept, "..."] if len(lines) > MOST_LINES else kept)


def _single(value: Any) -> bool:
    return not isinstance(value, Mapping | list | tuple)


def _worth(value: Any) -> bool:
    """Whether a value is worth a line: empty ones are clutter."""
    return (
        isinstance(value, bool | int | float | Secret)
        or value is UNKNOWN
        or bool(value)
    )


def _shape(value: Any) -> str:
    """What there is to say of an empty list or map, an asset, an archive or a resource."""
    if not isinstance(value, Mapping):
        return "[]"
    kind = {ASSET: "asset", ARCHIVE: "archive", RESOURCE: "resource"}.get(
        value.get(SIGNATURE, "")
    )
    if kind is None:
        return "{}"
    if kind == "resource":
        return f"resource({value.get('urn', '')})"
    where = next(
        (str(value[key]) for key in ("path", "uri") if value.get(key)),
        "text" if "text" in value else "assets",
    )
    return f"{kind}({where}:{str(value.get('hash', ''))[:7]})"
