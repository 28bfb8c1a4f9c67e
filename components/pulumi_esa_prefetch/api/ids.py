"""The ids of jobs and plans, in lower case."""

import re

_OBJECT_ID = re.compile(r"[0-9a-f]{24}", re.IGNORECASE | re.ASCII)


def object_id(value: object) -> str | None:
    """The id in lower case; None if the value is not a string of 24 hex digits."""
    is_id = isinstance(value, str) and _OBJECT_ID.fullmatch(value)
    return value.lower() if isinstance(value, str) and is_id else None
