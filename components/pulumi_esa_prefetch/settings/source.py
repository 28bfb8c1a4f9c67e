"""Single settings by their full names, from stack config and environment; knows no setting itself."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

Get = Callable[[str], str | None]

_WORDS = {
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
    """A setting is missing or wrong; the text is one sentence that names it."""


def quoted(text: str) -> str:
    """What stands where something else should, for a sentence."""
    return repr(text[:40])


class SettingsSource:
    """Reads `namespace:name` from stack config and any other name from the environment."""

    def __init__(self, get: Get, environ: Mapping[str, str]) -> None:
        self._get = get
        self._environ = environ

    def text(self, *names: str) -> str | None:
        """The first of these that is set; empty or blank counts as not set."""
        for name in names:
            value = self._get(name) if ":" in name else self._environ.get(name)
            if value and value.strip():
                return value.strip()
        return None

    def which(self, *names: str) -> str:
        """The name of the first of these that is set, for a sentence about it."""
        return next((name for name in names if self.text(name)), names[0])

    def flag(self, *names: str, default: bool) -> bool:
        """True or false, as the first of these that is set says."""
        text = self.text(*names)
        if text is None:
            return default
        if text.lower() not in _WORDS:
            raise SettingsError(
                f"{self.which(*names)} must be true or false, not {quoted(text)}"
            )
        return _WORDS[text.lower()]

    def positive(self, name: str) -> float | None:
        """A number above zero."""
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
        """A structured value, which stack config hands over as JSON text."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise SettingsError(f"{name} is not valid JSON") from None
