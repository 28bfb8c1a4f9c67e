"""JSON as Go reads and writes it, where Python differs; reads and writes no files."""

import json
import re
from decimal import Decimal
from typing import Any, Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.printable import escaped_json

# a string, which stays as it is, or a number with a point or an exponent
_STRING_OR_FLOAT: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+(?:e[-+][0-9]+)?|e[-+][0-9]+)'
)


def format_float(number: float) -> str:
    """The shortest text of a float, with an exponent only below 1e-6 and from 1e21 on."""
    if number == 0 or 1e-6 <= abs(number) < 1e21:  # noqa: PLR2004 - Go's bounds
        fixed = format(Decimal(repr(number)), "f")
        return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed
    return re.sub(r"e([-+])0+", r"e\1", repr(number).replace(".0e", "e"))


def with_go_floats(document: str) -> str:
    """A JSON document from Python, with its floats as Go writes them."""
    return _STRING_OR_FLOAT.sub(
        lambda found: found[0] if found[0][0] == '"' else format_float(float(found[0])),
        document,
    )


def parse_int(text: str) -> int | float:
    """The number of a JSON integer; -0 becomes a float, because it keeps its sign with the CLI."""
    return -0.0 if text == "-0" else int(text)


def dumps(value: Any) -> str:
    """Compact JSON; characters are escaped only if UTF-8 cannot encode them."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":"))
    return text


def parse_object(content: bytes, what: str) -> dict[str, Any]:
    """A JSON object; raises EngineError if the content is anything else."""
    try:
        found = json.loads(content, parse_int=parse_int)
    except (ValueError, RecursionError) as error:
        raise EngineError(f"{what} is not JSON: {error}") from None
    if not isinstance(found, dict):
        raise EngineError(f"{what} is not a JSON object")
    return found


def printable_json(value: Any, indent: int) -> str:
    """A value as indented JSON; control characters are escaped."""
    document = json.dumps(value, indent=indent, ensure_ascii=False)
    return escaped_json(with_go_floats(document))
