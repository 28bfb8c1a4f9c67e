"""What others wrote, made fit for a terminal: no character moves the cursor, turns or hides text; knows no secret.

Text of ESA passes here when its answer becomes a model or an error, and everybody's again where a report
is rendered. Letters of all scripts, combining marks and emoji stay.
"""

import re
from typing import Final

LONGEST = 300
# Letters and marks by their category that nobody sees: the fillers of Hangul and Khmer, the grapheme joiner.
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
# An emoji of several, such as a family: the joiner between two pictures, of which the first may have a variation.
_JOINED: Final = re.compile(
    "(?<=[\u2190-\u2bff\U0001f000-\U0001faff\ufe0f])\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])"
)


def one_line(text: object, longest: int = LONGEST) -> str:
    """Text as words on one line: short, and printable on any terminal."""
    return printable(" ".join(str(text).split())[:longest])


def printable(text: object) -> str:
    """Text as words on one line, whole; a question mark stands for what no terminal should get."""
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
    """JSON of the same value, with such characters as escapes; those can stand in its texts only."""
    if (document.isascii() and "\x7f" not in document) or document.isprintable():
        return document
    return "".join(c if c == "\n" or _is_seen(c) else _escape(c) for c in document)


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[start : start + 2] for start in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair):04x}" for pair in pairs)
