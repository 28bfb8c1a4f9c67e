"""The ids of jobs and plans, in one spelling; knows neither what a job nor what a plan is."""

import re

_OBJECT_ID = re.compile(r"[0-9a-f]{24}", re.IGNORECASE | re.ASCII)


def object_id(value: object) -> str | None:
    """The id in lower case, or None: an id is a text of 24 hex digits, and nothing else is one."""
    is_id = isinstance(value, str) and _OBJECT_ID.fullmatch(value)
    return value.lower() if isinstance(value, str) and is_id else None
