"""YAML read to the values that the CLI would read (yaml.v3's rules for plain scalars); writes nothing."""

import base64
import json
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pulumi_esa_prefetch.engine.errors import EngineError

_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_INTEGER: Final = re.compile(
    r"([-+]?)(0[xX](?P<x>[0-9a-fA-F]+)|0[bB](?P<b>[01]+)|0[oO]?(?P<o>[0-7]+)|(?P<d>0|[1-9][0-9]*))"
)
_BASES: Final = {"x": 16, "b": 2, "o": 8, "d": 10}
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME: Final = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[Tt ](\d{1,2}):(\d{1,2}):(\d{1,2})(\.\d+)?(Z|[-+]\d\d:\d\d)?)?"
)
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1
_MOST_NODES: Final = 100_000
_LONGEST: Final = 1000  # digits: Python itself refuses to read very long ones
_STRING: Final = "tag:yaml.org,2002:str"
_BINARY: Final = "tag:yaml.org,2002:binary"
# between them Go prints a float without an exponent
_SMALL, _LARGE = 1e-4, 1e6


def load(text: str, what: str) -> Any:
    """The value of a YAML document (times as the texts Go gives them).

    EngineError naming `what` if it cannot be read.
    """
    with _telling(what):
        node = _composed(text)
        if node is None:
            return None
        _refuse_bomb(node, what)
        return _value(node)


def with_text_keys(text: str, what: str) -> str:
    """The document with every key spelled as the text that it is read as, and nothing else changed."""
    with _telling(what):
        found: dict[int, str] = {}
        _find_keys(_composed(text), found, set())
    pieces, end = [], len(text)
    for start in sorted(found, reverse=True):
        pieces.append(text[start + len(found[start]) : end])
        pieces.append(json.dumps(_printed(resolve(found[start])), ensure_ascii=False))
        end = start
    return "".join([text[:end], *reversed(pieces)])


def _find_keys(node: Any, found: dict[int, str], seen: set[int]) -> None:
    """Note where keys stand that are no texts, with their spelling."""
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    for part in node.value if isinstance(node.value, list) else ():
        pair = part if isinstance(part, tuple) else (None, part)
        key = pair[0]
        if (
            isinstance(key, ScalarNode)
            and not key.style
            and resolve(key.value) != key.value
        ):
            found[key.start_mark.index] = key.value
        _find_keys(pair[1], found, seen)


def _composed(text: str) -> Node | None:
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    found: Node | None = yaml.compose(StringIO(text))
    return found


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


def _refuse_bomb(node: Node, what: str) -> None:
    """Raise EngineError if a few aliases stand for far more than anybody writes."""
    sizes: dict[int, int] = {}
    whole = _size(node, sizes)
    if whole > _MOST_NODES and whole > 10 * len(sizes):
        raise EngineError(f"{what} repeats itself by aliases without end")


def _size(node: Any, sizes: dict[int, int]) -> int:
    """How many nodes there are when each alias is written out; `sizes` remembers by identity."""
    if id(node) not in sizes:
        pairs = node.value if isinstance(node.value, list) else []
        inner = (
            x for pair in pairs for x in (pair if isinstance(pair, tuple) else (pair,))
        )
        sizes[id(node)] = 1 + sum(_size(x, sizes) for x in inner)
    return sizes[id(node)]


def _value(node: Node) -> Any:
    if isinstance(node, MappingNode):
        return dict(_pairs(node))
    if isinstance(node, SequenceNode):
        return [_value(item) for item in node.value]
    return _scalar(node)


def _pairs(node: MappingNode) -> Iterator[tuple[str, Any]]:
    merged = [
        pair
        for key, value in node.value
        if key.value == "<<" and not key.style
        for part in (value.value if isinstance(value, SequenceNode) else [value])
        for pair in _pairs(_map(part))
    ]
    yield from merged
    seen: set[str] = set()
    for key, value in node.value:
        if key.value == "<<" and not key.style:
            continue
        name = _key(key)
        if name in seen:
            raise MarkedYAMLError(
                problem=f"the key {name!r} is there twice", problem_mark=key.start_mark
            )
        seen.add(name)
        yield name, _value(value)


def _map(node: Node) -> MappingNode:
    if isinstance(node, MappingNode):
        return node
    raise MarkedYAMLError(
        problem="only a map can be merged into another", problem_mark=node.start_mark
    )


def _key(node: Node) -> str:
    return _printed(_value(node))


def _printed(value: Any) -> str:
    # the CLI prints a key that is no text the way Go prints the value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return go_float(value)
    return "<nil>" if value is None else str(value)


def go_float(number: float) -> str:
    """A float as Go prints it: with an exponent where it is very small or large."""
    if not math.isfinite(number):
        return "NaN" if math.isnan(number) else f"{number:+}".title()
    if number and not _SMALL <= abs(number) < _LARGE:
        digits, exponent = f"{Decimal(repr(number)).normalize():e}".split("e")
        return f"{digits}e{int(exponent):+03d}"
    return repr(number).removesuffix(".0")


def _scalar(node: Node) -> Any:
    text = str(node.value)
    if node.tag == _BINARY:
        return _decoded(node)
    if getattr(node, "style", None):
        return text
    value = resolve(text)
    if isinstance(value, float) and not math.isfinite(value):
        raise MarkedYAMLError(
            problem=f"{text:.60} is no number that a program can be given",
            problem_mark=node.start_mark,
        )
    if isinstance(value, int | float) and node.tag == _STRING and _plain_number(text):
        return text
    return value


def _decoded(node: Node) -> str:
    try:
        content = base64.b64decode(re.sub(r"[\r\n]", "", node.value), validate=True)
    except ValueError:
        raise MarkedYAMLError(
            problem="what is tagged !!binary is not base64",
            problem_mark=node.start_mark,
        ) from None
    return content.decode(errors="replace")


def _plain_number(text: str) -> bool:
    # ruamel sees a number here as well: so the text was tagged !!str by hand
    return re.fullmatch(r"[-+]?[1-9][0-9]*(\.[0-9]+)?|true|false", text) is not None


def resolve(text: str) -> Any:
    """The value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "0123456789+-.":
        return text
    for reading in (_time, _integer, _float):
        value = reading(text)
        if value is not None:
            return value
    return text


def _integer(text: str) -> int | None:
    match = _INTEGER.fullmatch(text.replace("_", ""))
    if match is None:
        return None
    ((base, digits),) = (
        (base, match[name]) for name, base in _BASES.items() if match[name]
    )
    if len(digits) > _LONGEST:
        return None
    number = int(match[1] + digits, base)
    return number if _SMALLEST <= number <= _LARGEST else None


def _float(text: str) -> float | None:
    plain = text.replace("_", "")
    # the CLI's zero has no sign
    return float(plain) + 0.0 if _FLOAT.fullmatch(plain) else None


def _time(text: str) -> str | None:
    match = _TIME.fullmatch(text)
    if match is None:
        return None
    *numbers, fraction, zone = match.groups(default="")
    if zone and text[10:11] == " ":
        return None
    try:
        moment = datetime(*(int(number or 0) for number in numbers), tzinfo=_zone(zone))  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    return _go_time(moment, fraction)


def _zone(text: str) -> timezone:
    if not text or text == "Z":
        return UTC
    hours, minutes = int(text[1:3]), int(text[4:6])
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def _go_time(moment: datetime, fraction: str) -> str:
    digits = fraction[:10].rstrip("0").rstrip(".")
    zone = moment.strftime("%z")
    name = "UTC" if zone == "+0000" else zone
    return f"{moment:%Y-%m-%d %H:%M:%S}{digits} {zone} {name}"
