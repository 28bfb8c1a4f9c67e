"""Colour, or none: styles by rich's names, as escape codes in plain text; knows no terminal."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

HEADLINE: Final = "bold magenta"
ERROR: Final = "red"
WARNING: Final = "yellow"
NAME: Final = "bright_blue"
QUIET: Final = "dim"


@dataclass(frozen=True, slots=True)
class Ink:
    """Paints text, if it may."""

    enabled: bool

    def __call__(self, text: str, style: str) -> str:
        """The text in a style."""
        if not self.enabled or not text or not style:
            return text
        return str(_style(style).render(text))


@lru_cache(maxsize=64)
def _style(name: str) -> Any:
    # imported where there is something to paint only
    from rich.style import Style  # noqa: PLC0415

    return Style.parse(name)
