"""A report's values as JSON in the style of all reports: keys in camelCase, times in UTC with `Z`."""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.api.safe_text import printable_json


def json_text(value: Any) -> str:
    """Return dataclasses, and what they hold, as JSON; the keys of a mapping stay as they are."""
    return printable_json(json.dumps(_plain(value), indent=2, ensure_ascii=False))


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {
            to_camel(field.name): _plain(getattr(value, field.name))
            for field in fields(value)
        }
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value
