"""Values and their differences as indented lines, as the CLI lays them out; decides nothing about what is shown.

Every level is four blanks deeper; the sign of a change takes the place of the last two blanks in front of it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pulumi_esa_prefetch.engine.display.changes import (
    Change,
    Changes,
    compare,
    visible,
)
from pulumi_esa_prefetch.engine.display.ink import Ink
from pulumi_esa_prefetch.engine.display.marks import mark
from pulumi_esa_prefetch.engine.display.texts import line_changes
from pulumi_esa_prefetch.engine.printable import one_line, printable
from pulumi_esa_prefetch.engine.values import (
    ARCHIVE,
    ASSET,
    RESOURCE,
    SIGNATURE,
    UNKNOWN,
    Secret,
)
from pulumi_esa_prefetch.engine.yaml_scalars import go_float

LONGEST_LINE: Final = 150
MOST_LINES: Final = 3

_KINDS: Final = {ASSET: "asset", ARCHIVE: "archive", RESOURCE: "resource"}
_OPS: Final = {"add": "create", "delete": "delete", "update": "update", "same": "same"}


@dataclass(frozen=True, slots=True)
class Printer:
    """Writes values: `secrets` shows what they hold, `full` shortens no text."""

    ink: Ink
    secrets: bool = False
    full: bool = True
    op: str = "same"
    signed: bool = False

    def properties(
        self, values: Mapping[str, Any], indent: int, width: int = 0
    ) -> Iterator[str]:
        """All properties of a map, one below the other, the colons in the column of a width at least."""
        # hidden keys count for the column, as under the CLI
        width = max((width, *map(len, map(one_line, values))))
        for key, value in visible(values).items():
            yield from self.titled(f"{one_line(key):<{width}}: ", value, indent)

    def changes(self, changes: Changes, indent: int, width: int = 0) -> Iterator[str]:
        """All differences of a map, the colons in the column of a width at least."""
        width = max((width, *(len(one_line(str(key))) for key in changes)))
        for key, change in changes.items():
            title = f"{one_line(str(key)):<{width}}: "
            yield from self._change(title, change, indent, indent)

    def _change(
        self, title: str, change: Change, indent: int, inner: int
    ) -> Iterator[str]:
        """One difference: its title at an indent, what is below the title at another."""
        pen = replace(self, op=_OPS[change.kind], signed=change.kind != "same")
        if change.kind == "same":
            if worth(change.new):
                yield from pen.titled(title, change.new, indent, inner)
        elif change.kind == "add":
            yield from pen.titled(title, change.new, indent, inner)
        elif change.kind == "delete":
            yield from pen.titled(title, change.old, indent, inner)
        elif change.parts is not None:
            yield pen.line(indent, title + _opening(change.parts))
            yield from pen.parts(change.parts, inner)
        else:
            yield from pen.update(title, change, indent, inner)

    def parts(self, parts: Changes, indent: int) -> Iterator[str]:
        """What changed inside a map or list, with its closing bracket."""
        if _opening(parts) == "{":
            yield from self.changes(parts, indent + 1)
            yield self._bare(indent, "}")
            return
        for index, change in parts.items():
            yield from self._change(f"[{index}]: ", change, indent + 1, indent + 2)
        yield self._bare(indent, "]")

    def update(
        self, title: str, change: Change, indent: int, inner: int
    ) -> Iterator[str]:
        """A value that is another one now."""
        old, new = change.old, change.new
        if self.secrets and (isinstance(old, Secret) or isinstance(new, Secret)):
            yield from self._change(
                title, compare(_open(old), _open(new)), indent, inner
            )
        elif isinstance(old, str) and isinstance(new, str) and old and new:
            yield from self._text(title, old, new, indent, inner)
        elif _single(old) and _single(new) and worth(old) and worth(new):
            yield self._arrow(title, self.single(old), self.single(new), indent)
        else:
            if worth(old):
                yield from replace(self, op="delete").titled(title, old, indent, inner)
            if worth(new):
                yield from replace(self, op="create").titled(title, new, indent, inner)

    def _text(
        self, title: str, old: str, new: str, indent: int, inner: int
    ) -> Iterator[str]:
        """A text that is another one: several lines are compared line by line."""
        if "\n" in old or "\n" in new:
            yield self.line(indent, title)
            for kind, line in line_changes(old, new):
                pen = replace(self, op=_OPS[kind], signed=kind != "same")
                yield pen.line(inner + 1, printable(line))
        else:
            # in full: what differs may stand at the end
            yield self._arrow(title, quoted(old), quoted(new), indent)

    def _arrow(self, title: str, old: str, new: str, indent: int) -> str:
        before, after = self.ink(old, "red"), self.ink(new, "green")
        return self.line(indent, title) + before + self.ink(" => ", "yellow") + after

    def titled(
        self, title: str, value: Any, indent: int, inner: int | None = None
    ) -> Iterator[str]:
        """A value behind its title; its further lines at an indent of their own."""
        first, *rest = self._value(value, indent if inner is None else inner)
        yield self.line(indent, title + first)
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
            yield from self.titled(f"    [{index}]: ", item, indent, indent + 1)
        yield self._bare(indent, "]")

    def single(self, value: Any) -> str:
        """A value that fits on a line."""
        if isinstance(value, Secret):
            return self.single(value.value) if self.secrets else "[secret]"
        if isinstance(value, str):
            return quoted(value if self.full else shortened(value))
        if value is None or isinstance(value, bool):
            return {None: "<null>", True: "true", False: "false"}[value]
        if isinstance(value, int | float):
            return number(value)
        return "[unknown]" if value is UNKNOWN else _shape(value)

    def line(self, indent: int, text: str) -> str:
        """A line with its sign, if it has one."""
        blanks = "    " * indent
        if self.signed and blanks:
            blanks = blanks[:-2] + mark(self.op).sign
        return self.ink(blanks + text, mark(self.op).style)

    def _bare(self, indent: int, text: str) -> str:
        return self.ink("    " * indent + text, mark(self.op).style)


def number(value: float) -> str:
    """A number as Go prints it: whole ones in full, others with an exponent where they are very small or large."""
    return f"{value:.0f}" if float(value).is_integer() else go_float(value)


def quoted(text: str) -> str:
    """A text between quotation marks, on one line."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{one_line(escaped)}"'


def _opening(parts: Changes) -> str:
    return "[" if all(isinstance(key, int) for key in parts) else "{"


def _open(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


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


def worth(value: Any) -> bool:
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
    kind = _KINDS.get(value.get(SIGNATURE, ""))
    if kind is None:
        return "{}"
    return f"{kind}({one_line(str(value.get('urn' if kind == 'resource' else 'hash', '')))})"
