"""YAML read to the values that the CLI would read; what it reads otherwise is refused. Writes nothing.

ruamel.yaml makes the nodes, each scalar as the text that stands there.
"""

import base64
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.yaml_scalars import (
    INT64,
    Moment,
    printed,
    resolve,
    written,
)
from pulumi_esa_prefetch.engine.yaml_syntax import (
    MERGE,
    PLAIN,
    YAML_ORG,
    AsSpelled,
    CliScanner,
)

_STRING: Final = f"{YAML_ORG}str"
_BINARY: Final = f"{YAML_ORG}binary"
_KINDS: Final[dict[str, type]] = {
    f"{YAML_ORG}bool": bool,
    f"{YAML_ORG}int": int,
    f"{YAML_ORG}float": float,
    f"{YAML_ORG}null": type(None),
    f"{YAML_ORG}timestamp": Moment,
}
_DIRECTIVE: Final = re.compile(r"^%(?!YAML 1\.1\s|TAG\s)", re.MULTILINE)
# such a text of several lines the CLI passes on as a block
_BLOCK: Final = re.compile(
    r"(?:[\t\n!-~\xa0-\ufefe\uff00-\ufffd]| (?![\n\u2028\u2029]|\Z))*"
)
# the CLI's measure of how much may come from aliases, by which it refuses what would explode
_FEW, _MANY = 400_000, 4_000_000


class OddKey(str):
    """A key that is no text in YAML, such as `5: x`, as the text that it is read as."""

    __slots__ = ()


def load(text: str, what: str) -> Any:
    """The value of a YAML document; EngineError naming `what` if it cannot be read as the CLI reads it."""
    with _telling(what):
        if _DIRECTIVE.search(text):
            raise MarkedYAMLError(problem="the CLI knows %YAML 1.1 and %TAG only")
        if re.search("[\x85\u2028\u2029\ufeff]", text):
            raise MarkedYAMLError(problem="a separator or byte order mark is inside")
        yaml = YAML(typ="safe", pure=True)
        yaml.Resolver, yaml.Scanner = AsSpelled, CliScanner
        yaml.composer.warn_double_anchors = False
        # the CLI takes no notice of what is in other documents than the first
        documents = list(yaml.compose_all(text))
        return _Reading().value(documents[0]) if documents else None


@contextmanager
def _telling(what: str) -> Iterator[None]:
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
        # ruamel has tried to make a character of an escape such as "\U00110000"
        raise EngineError(f"{what} cannot be read: an escape is no character") from None


def _refusal(node: Node, problem: str) -> MarkedYAMLError:
    return MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


class _Reading:
    """One document on its way from nodes to values."""

    def __init__(self) -> None:
        self._met: set[int] = set()
        self._open: set[int] = set()
        self._steps = self._aliased = 0

    def value(self, node: Node, *, aliased: bool = False) -> Any:
        if node.anchor is not None:
            aliased = aliased or id(node) in self._met
            self._met.add(id(node))
        self._count(node, aliased=aliased)
        if isinstance(node, ScalarNode):
            return _scalar(node)
        if id(node) in self._open:
            raise _refusal(node, f"what is named &{node.anchor} contains itself")
        self._open.add(id(node))
        found = (
            self._map(node, aliased=aliased)
            if isinstance(node, MappingNode)
            else [self.value(item, aliased=aliased) for item in node.value]
        )
        self._open.remove(id(node))
        return found

    def _count(self, node: Node, *, aliased: bool) -> None:
        self._steps += 1
        self._aliased += aliased
        if self._aliased > 100 and self._steps > 1000:  # noqa: PLR2004 - the CLI's numbers
            beyond = min(max((self._steps - _FEW) / (_MANY - _FEW), 0), 1)
            if self._aliased > self._steps * (0.99 - 0.89 * beyond):
                raise _refusal(node, "aliases repeat far too much of it")

    def _map(self, node: MappingNode, *, aliased: bool) -> dict[str, Any]:
        found: dict[str, Any] = {}
        taken: set[str] = set()
        sources: list[Node] = []
        for key, value in node.value:
            names = _names(key)
            if not taken.isdisjoint(names):
                raise _refusal(key, f"the key {names[0]!r} is there twice")
            taken.update(names)
            if key.tag == MERGE and key.value == "<<":
                sources = _sources(key, value)
            else:
                found[names[0]] = self.value(value, aliased=aliased)
        # what stands in the map itself comes first, then what stands in the earlier source
        for source in sources:
            self._merge(source, found, aliased=aliased)
        return found

    def _merge(self, source: Node, found: dict[str, Any], *, aliased: bool) -> None:
        odd = {key for key in found if isinstance(key, OddKey)}
        for key, value in self.value(source, aliased=aliased).items():
            if isinstance(key, OddKey) or key in odd:
                raise _refusal(source, f"only keys that are texts merge, not {key!r}")
            found.setdefault(key, value)


def _sources(key: Node, value: Node) -> list[Node]:
    """The maps that a merge names: one, or those of a list that stands right there."""
    is_alias = value.start_mark.index < key.start_mark.index
    several = isinstance(value, SequenceNode) and not is_alias
    found: list[Node] = value.value if several else [value]
    for node in found:
        if not isinstance(node, MappingNode):
            raise _refusal(key, "only a map, or a list of maps, can be merged")
    return found


def _names(key: Node) -> tuple[str, ...]:
    """What no other key of the map may be called: first the name itself, then spellings in the file and by the CLI."""
    if not isinstance(key, ScalarNode):
        raise _refusal(key, "a list or a map cannot be a key")
    value = _scalar(key)
    if value == "<<" and key.tag != MERGE:
        raise _refusal(key, "the CLI merges by a key '<<' that is a text as well")
    if key.tag == PLAIN and not key.value and not key.style:
        raise _refusal(key, "a key is missing")
    if type(value) is str and key.tag in (PLAIN, _STRING, MERGE):
        return (value,)
    return OddKey(printed(value)), str(key.value), written(value)


def _scalar(node: ScalarNode) -> Any:
    if node.tag == PLAIN and not node.style:
        value = resolve(node.value)
    elif node.tag in _KINDS:
        value = _of_kind(node, _KINDS[str(node.tag)])
    else:
        value = _decoded(node) if node.tag == _BINARY else node.value
    if isinstance(value, float) and not math.isfinite(value):
        raise _refusal(
            node, f"{node.value:.60} is no number that a program can be given"
        )
    return _passed_on(node, value) if type(value) is str else value


def _of_kind(node: ScalarNode, kind: type) -> Any:
    value = resolve(node.value, moments=kind is Moment)
    if kind is float and type(value) is int and value in INT64:
        value = float(value)
    if type(value) is not kind:
        raise _refusal(node, f"{node.value!r:.60} is not what its tag says")
    return value


def _decoded(node: ScalarNode) -> str:
    try:
        digits = re.sub(r"[\r\n]", "", node.value)
        content = base64.b64decode(digits, validate=True)
        if len(digits) % 4:
            raise ValueError(digits)  # noqa: TRY301 - Python takes one "=" too many
    except ValueError:
        raise _refusal(node, "what is tagged !!binary is not base64") from None
    # Go puts the mark for each byte that is none of UTF-8
    return re.sub("[\udc80-\udcff]", "\ufffd", content.decode(errors="surrogateescape"))


def _passed_on(node: ScalarNode, text: str) -> str:
    """The text that is left when the CLI has written and read it once more, as it does."""
    if re.search("[\ud800-\udfff]", text):
        raise _refusal(node, "an escape in it is no character")
    passes_as_block = "\n" in text and _BLOCK.fullmatch(text)
    block = text if passes_as_block else ""
    if (text.lstrip("\n") if node.style in ("|", ">") else block).startswith("\t"):
        raise _refusal(node, "the CLI reads no block that starts with a tab")
    # an empty line at the start is lost
    return text[bool(block) and block[0] in "\n\u2028\u2029" :]
