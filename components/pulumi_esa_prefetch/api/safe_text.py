"""Makes text from outside safe to print: no character moves the cursor, changes the direction of text or hides it.

Text from ESA is cleaned when its answer becomes a model or an error, and all text again when a report is rendered.
Letters of all scripts, combining marks and emoji stay. Secrets are masked elsewhere (`http_answers`).
"""

import re
from typing import Final

LONGEST = 300
# Unicode calls these letters or marks, but they are invisible: fillers of Hangul and Khmer, the grapheme joiner.
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
# The joiner inside an emoji of several pictures, such as a family; a variation selector may precede the joiner.
_JOINED: Final = re.compile(
    "(?<=[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"
)


def one_line(text: object, longest: int = LONGEST) -> str:
    """The text on one line, at most `longest` characters, printable on any terminal."""
    return printable(" ".join(str(text).split())[:longest])


def printable(text: object) -> str:
    """The whole text on one line; `?` replaces each character that is not safe to print."""
    words = " ".join(str(text).split())
    if words.isprintable() and _UNSEEN.isdisjoint(words):
        return words
    joints = {found.start() for found in _JOINED.finditer(words)}
    return "".join(
        c if _is_seen(c) or place in joints else "?" for place, c in enumerate(words)
    )


def _is_seen(character: str) -> bool:
    return character.isprintable() and character not in _UNSEEN


def printable_json(document: str) -> str:
    """The same JSON with each unsafe character as an escape; such characters occur in JSON strings only."""
    if (document.isascii() and "\x7f" not in document) or document.isprintable():
        return document
    return "".join(c if c == "\n" or _is_seen(c) else _escape(c) for c in document)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[start : start + 2] for start in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair):04x}" for pair in pairs)
