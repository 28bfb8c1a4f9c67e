"""Reads one setting by its full name, from the stack config or the environment, as a string, flag, number or JSON."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

Get = Callable[[str], str | None]

_BOOLEANS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}


class SettingsError(ValueError):
    """A setting is missing or wrong; the message is one sentence that names the setting."""


def quoted(text: str) -> str:
    """The first 40 characters of a wrong value, quoted for an error message."""
    return repr(text[:40])


class SettingsSource:
    """Reads `namespace:name` from stack config and any other name from the environment."""

    def __init__(self, get: Get, environ: Mapping[str, str]) -> None:
        self._get = get
        self._environ = environ

    def text(self, *names: str) -> str | None:
        """The value of the first of these names that is set; an empty or blank value counts as not set."""
        for name in names:
            value = self._get(name) if ":" in name else self._environ.get(name)
            if value and value.strip():
                return value.strip()
        return None

    def which(self, *names: str) -> str:
        """The first of these names that is set, for an error message; the first name if none is set."""
        return next((name for name in names if self.text(name)), names[0])

    def flag(self, *names: str, default: bool) -> bool:
        """The first of these names that is set, as a boolean; raises SettingsError for any other value."""
        text = self.text(*names)
        if text is None:
            return default
        if text.lower() not in _BOOLEANS:
            raise SettingsError(
                f"{self.which(*names)} must be true or false, not {quoted(text)}"
            )
        return _BOOLEANS[text.lower()]

    def positive(self, name: str) -> float | None:
        """A number above 0, None if it is not set; raises SettingsError for any other value."""
        text = self.text(name)
        if text is None:
            return None
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and number > 0):
            raise SettingsError(f"{name} must be a number above 0, not {quoted(text)}")
        return number

    def parsed(self, name: str) -> Any:
        """An object or a list, which Pulumi passes as JSON text; raises SettingsError if it is not JSON."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise SettingsError(f"{name} is not valid JSON") from None
