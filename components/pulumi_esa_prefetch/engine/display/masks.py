"""Hides secret texts in what programs and providers say; a value known as a secret is masked where it is shown."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Final

MASK: Final = "[secret]"
# what is shorter stands in many a word, and masking it would tell more than it hides
SHORTEST: Final = 3
_COMMON: Final = frozenset({"true", "false"})


def masker(secrets: Iterable[str]) -> Callable[[str], str]:
    """A function that puts a mask in the place of any of these texts, also as JSON spells them."""
    hidden = {
        spelling
        for text in secrets
        if _worth_hiding(text)
        for spelling in (text, json.dumps(text)[1:-1])
    }
    if not hidden:
        return str
    # the longest first: one secret may be part of another
    pattern = re.compile(
        "|".join(map(re.escape, sorted(hidden, key=len, reverse=True)))
    )
    return lambda text: pattern.sub(MASK, text)


def _worth_hiding(text: str) -> bool:
    return len(text) >= SHORTEST and text.lower() not in _COMMON
