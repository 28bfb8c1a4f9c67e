"""Reads YAML to the values that the CLI would read; writes nothing.

Rare forms, and forms that ruamel.yaml would read differently, are refused. ruamel.yaml makes the nodes; a scalar is
the text in the file.
"""

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import lru_cache
from typing import Any, Final, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tag import Tag

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.yaml_scalars import resolve_scalar

TAG_PREFIX: Final = "tag:yaml.org,2002:"
UNTAGGED: Final = "?"  # the tag of a scalar that has none in the file
MERGE_TAG: Final = f"{TAG_PREFIX}merge"
# the largest number of values that may come from aliases
_MAX_FROM_ALIASES: Final = 100_000


class UntypedResolver(VersionedResolver):
    """Does not guess the type of a scalar; only the key of a merge gets a tag."""

    processing_version: Final = (1, 1)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node that has none in the file."""
        if kind is not ScalarNode:
            return super().resolve(kind, value, implicit)
        return Tag(suffix=MERGE_TAG if value == "<<" and implicit[0] else UNTAGGED)


class _CliScanner(Scanner):
    """Scans tokens as the CLI does: it accepts tabs between tokens, but fewer escapes, anchor names and tags."""

    ESCAPE_REPLACEMENTS = {  # noqa: RUF012 - as in the class above
        key: value for key, value in Scanner.ESCAPE_REPLACEMENTS.items() if key != "/"
    }

    def scan_to_next_token(self) -> None:
        super().scan_to_next_token()
        while self.reader.peek() == "\t" and not self.allow_simple_key:
            self.reader.forward()
            super().scan_to_next_token()

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> Any:
        found = super().scan_plain_spaces(indent, start_mark)
        if self.reader.peek() == "\t" and self.reader.column < indent:
            self._refuse("a tab indents it")
        return found

    def scan_anchor(self, token_class: Any) -> Any:
        token = super().scan_anchor(token_class)
        if (
            not re.fullmatch(r"[0-9A-Za-z_-]+", token.value)
            or self.reader.peek() in "[{"
        ):
            self._refuse("an anchor has more than letters, digits, _ and -")
        return token

    def scan_tag(self) -> Any:
        self._refuse("tags can only be read by the pulumi CLI")

    def scan_directive(self) -> Any:
        self._refuse("directives can only be read by the pulumi CLI")

    def _refuse(self, problem: str) -> NoReturn:
        raise ScannerError(problem=problem, problem_mark=self.reader.get_mark())


def load_yaml(text: str, what: str) -> Any:
    """The value of a YAML document; EngineError naming `what` if it cannot be read as the CLI reads it."""
    with _errors_in_sentences(what):
        return deepcopy(_value_of(text))


@lru_cache(maxsize=2)
def _value_of(text: str) -> Any:
    # one command reads the same file several times, and a thousand plans take ruamel.yaml half a second
    if re.search("[\x85\u2028\u2029\ufeff]", text):
        raise MarkedYAMLError(problem="a separator or byte order mark is inside")
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver, yaml.Scanner = UntypedResolver, _CliScanner
    yaml.composer.warn_double_anchors = False
    # the CLI ignores every document but the first
    documents = list(yaml.compose_all(text))
    return _NodeReader(len(text)).value(documents[0]) if documents else None


@contextmanager
def _errors_in_sentences(what: str) -> Iterator[None]:
    try:
        yield
    except YAMLError as error:
        place = getattr(error, "problem_mark", None)
        where = f", line {place.line + 1}" if place else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise EngineError(f"{what} cannot be read{where}: {problem}") from None
    except RecursionError:
        raise EngineError(f"{what} is nested too deeply") from None
    except ValueError:
        # from ruamel.yaml, for an escape such as "\U00110000"
        raise EngineError(
            f"{what} cannot be read: an escape is not a valid character"
        ) from None


def _error_at(node: Node, problem: str) -> MarkedYAMLError:
    return MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


class _NodeReader:
    """Makes the value of one document from its nodes."""

    def __init__(self, size: int) -> None:
        self._left = size + _MAX_FROM_ALIASES

    def value(self, node: Node) -> Any:
        self._left -= 1
        if self._left < 0:
            raise _error_at(node, "its aliases repeat too many values")
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if isinstance(node, MappingNode):
            return self._map(node)
        return [self.value(item) for item in node.value]

    def _map(self, node: MappingNode) -> dict[str, Any]:
        found: dict[str, Any] = {}
        sources: dict[str, list[Node]] = {}
        for key, value in node.value:
            name = _key(key)
            if name in found or name in sources:
                raise _error_at(key, f"the key {name!r} is there twice")
            if name == "<<":
                sources[name] = _merged_maps(key, value)
            else:
                found[name] = self.value(value)
        # the map's own values come first, then those of the earlier merged map
        for source in sources.get("<<", ()):
            found = self.value(source) | found
        return found


def _merged_maps(key: Node, value: Node) -> list[Node]:
    """The maps that a merge names: one map, or the maps of a list that is written there."""
    is_alias = value.start_mark.index < key.start_mark.index
    several = isinstance(value, SequenceNode) and not is_alias
    found: list[Node] = value.value if several else [value]
    for node in found:
        if not isinstance(node, MappingNode):
            raise _error_at(key, "only a map, or a list of maps, can be merged")
    return found


def _key(key: Node) -> str:
    name = _scalar(key) if isinstance(key, ScalarNode) else None
    if type(name) is not str or (name == "<<" and key.tag != MERGE_TAG):
        raise _error_at(
            key,
            "a key must be a string other than '<<': 5, true and 2024-01-02 need quotes",
        )
    return name


def _scalar(node: ScalarNode) -> Any:
    value = node.value if node.style else resolve_scalar(node.value)
    if isinstance(value, float) and not math.isfinite(value):
        raise _error_at(
            node, f"{node.value:.60} is not a number that a program can get"
        )
    if type(value) is str and re.search("[\ud800-\udfff]", value):
        raise _error_at(node, "an escape in it is not a valid character")
    # the CLI writes and reads the text again, and such a text would change or be refused
    is_block = node.style in ("|", ">") or (type(value) is str and "\n" in value)
    if is_block and value.startswith(("\n", "\t", "\u2028", "\u2029")):
        raise _error_at(
            node, "its text has several lines and starts with an empty line or a tab"
        )
    return value
