"""Reads the parameters of a request as ESA's types; a bad value raises Problem."""

import json
import re
from collections.abc import Mapping
from datetime import datetime

from pulumi_esa_emulator.errors import Problem, invalid_parameter, missing_parameter
from pulumi_esa_emulator.messages.time_notations import parse_time

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}", re.ASCII)
_INT32 = 2**31 - 1
_INT64 = 2**63 - 1


class Parameters:
    """The parameters of query and form together; ESA accepts `Id` in either."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def string(self, name: str) -> str:
        """A required string."""
        value = self._values.get(name, "")
        if not value:
            raise missing_parameter(name)
        return value

    def optional_string(self, name: str) -> str | None:
        """A string; None if absent or empty."""
        return self._values.get(name) or None

    def object_id(self) -> str:
        """`Id`, 24 hex digits."""
        value = self.string("Id")
        if not _OBJECT_ID.fullmatch(value):
            raise Problem("InvalidParameter.ObjectId")
        return value.lower()

    def integer(self, name: str) -> int:
        """A required integer of at least 1."""
        return positive_integer(name, self.string(name), maximum=_INT64)

    def optional_integer(self, name: str, maximum: int = _INT64) -> int | None:
        """An integer of at least 1; None if absent or empty."""
        value = self.optional_string(name)
        return None if value is None else positive_integer(name, value, maximum=maximum)

    def time(self, name: str) -> datetime | None:
        """A time; None if absent or empty."""
        return time_value(name, self._values.get(name))

    def json_object(self, name: str) -> Mapping[str, object]:
        """A field that holds a JSON object."""
        value = self._json(name)
        if not isinstance(value, dict):
            raise invalid_parameter(name, "it must be an object")
        return value

    def json_list(self, name: str) -> list[Mapping[str, object]]:
        """A form field that holds a JSON list of objects."""
        values = self._json(name)
        if not isinstance(values, list) or not values:
            raise invalid_parameter(name, "it must be a list of at least one plan")
        if not all(isinstance(item, dict) for item in values):
            raise invalid_parameter(name, "its items must be objects")
        return values

    def _json(self, name: str) -> object:
        try:
            return json.loads(self.string(name))
        except (ValueError, RecursionError):
            raise invalid_parameter(name, "it must be JSON") from None


def positive_integer(name: str, value: object, maximum: int = _INT32) -> int:
    """An integer of at least 1, from a JSON number or a string of digits."""
    if value is None or value == "":
        raise missing_parameter(name)
    digits = value if isinstance(value, str) else repr(value)
    # Any int64 fits into 19 digits.
    if not re.fullmatch(r"[0-9]{1,19}", digits, re.ASCII) or isinstance(value, bool):
        raise invalid_parameter(name, "it must be a whole number of at least 1")
    if not 1 <= int(digits) <= maximum:
        raise invalid_parameter(name, f"it must be between 1 and {maximum}")
    return int(digits)


def time_value(name: str, value: object) -> datetime | None:
    """A time in any of ESA's notations; None if absent or empty."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise invalid_parameter(name, "it must be a string")
    try:
        return parse_time(value)
    except ValueError as error:
        raise invalid_parameter(name, str(error)) from None
