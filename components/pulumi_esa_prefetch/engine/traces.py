"""A provider's exception in a person's words: the message out of a Python traceback; raises nothing."""

import re
from typing import Final

_HEADER: Final = "Traceback (most recent call last):"
# `Exception` says nothing, and a dotted class is somebody's inner name; `KeyError` is needed to understand its text.
_NAMELESS: Final = re.compile(r"^(?:Exception|(?:\w+\.)+\w+): (?=\S)")


def is_trace(text: str) -> bool:
    """Whether a text tells where an exception came from."""
    return _HEADER in text


def message_of(details: str) -> str:
    """The exception's own message, if the text is a traceback; else the text."""
    if not is_trace(details):
        return _bare(details.strip())
    lines = details.rsplit(_HEADER, 1)[1].splitlines()
    for number, line in enumerate(lines):
        if line and not line[0].isspace():
            return _bare("\n".join(lines[number:]).strip())
    return details.strip()


def _bare(message: str) -> str:
    return _NAMELESS.sub("", message, count=1)
