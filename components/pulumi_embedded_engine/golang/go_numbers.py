"""Numbers as Go spells them in JSON, where Python has another spelling of the same number; reads and writes no JSON."""

import re
from decimal import Decimal
from typing import Final

# a text, which stays as it is, or a number with a point or an exponent
_FLOATS: Final = re.compile(
    r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+(?:e[-+][0-9]+)?|e[-+][0-9]+)'
)


def spelled(number: float) -> str:
    """The shortest digits, with an exponent only below 1e-6 and from 1e21 on."""
    if number == 0 or 1e-6 <= abs(number) < 1e21:  # noqa: PLR2004 - Go's bounds
        fixed = format(Decimal(repr(number)), "f")
        return fixed.rstrip("0").rstrip(".") if "." in fixed else fixed
    return re.sub(r"e([-+])0+", r"e\1", repr(number).replace(".0e", "e"))


def respelled(document: str) -> str:
    """A JSON document of Python's with its numbers as Go spells them."""
    return _FLOATS.sub(
        lambda found: found[0] if found[0][0] == '"' else spelled(float(found[0])),
        document,
    )
