"""Finds JSON objects in what a command printed, among lines of log; knows no document."""

import json
import re
from dataclasses import dataclass
from typing import Any

_OPENING = re.compile(r"^\{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FoundObjects:
    """The objects that begin a line, and the error of the last one that is broken."""

    objects: tuple[dict[str, Any], ...]
    error: Exception | None


def find_objects(text: str) -> FoundObjects:
    """Return each JSON object that begins at the start of a line, and is not within another one."""
    decoder = json.JSONDecoder()
    objects: list[dict[str, Any]] = []
    error: Exception | None = None
    end = 0
    for opening in _OPENING.finditer(text):
        if opening.start() < end:
            continue
        try:
            content, end = decoder.raw_decode(text, opening.start())
        except (ValueError, RecursionError) as broken:
            error = broken
        else:
            objects.append(content)
    return FoundObjects(tuple(objects), error)
