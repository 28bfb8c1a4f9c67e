"""The ids of jobs and plans, in lower case."""

import re

_DIGITS = 24
_OBJECT_ID = re.compile(r"[0-9a-f]+", re.IGNORECASE | re.ASCII)


def object_id(value: object) -> str | None:
    """The id in lower case; None if the value is not a string of 24 hex digits."""
    if not isinstance(value, str) or len(value) != _DIGITS:
        return None
    return value.lower() if _OBJECT_ID.fullmatch(value) else None
