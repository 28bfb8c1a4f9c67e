"""Makes text from outside safe to print: nothing in it moves the cursor, reverses or hides text; knows no display.

Such text comes from programs, plugins, states, stack files and commit messages. Letters of all scripts, combining
marks and emoji stay.
"""

import re
import unicodedata
from typing import Final

_SEQUENCES: Final = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]",  # CSI, of 7 and of 8 bits
    # strings for the terminal itself, such as its title or a link; one without an end must not hide what follows
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x80-\x9f]*(?:\x07|\x1b\\|\x9c)",
    r"\x1b[ -/]*[0-~]",
)
_SEQUENCE: Final = re.compile("|".join(_SEQUENCES))
_COLOUR: Final = re.compile(r"\x1b\[[0-9;:]*m")
_RESET: Final = "\x1b[0m"
# Unicode counts them as letters or marks, but they are invisible: fillers of Hangul and Khmer, the grapheme joiner.
_INVISIBLE: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
# The zero-width joiner inside an emoji that is made of several emoji.
_PICTURE: Final = "[\u2190-\u2bff\U0001f000-\U0001faff"
_JOINED: Final = re.compile(f"(?<={_PICTURE}\ufe0f])\u200d(?={_PICTURE}])")
_SPELLINGS: Final = {"\a": r"\a", "\b": r"\b", "\f": r"\f", "\v": r"\v"}


def printable(text: str, *, coloured: bool = False) -> str:
    """The text without control characters and escape sequences; it may have several lines.

    ``coloured``: colour sequences stay, and end with their line.
    """
    if _is_fit(text):
        return text
    return "\n".join(_line(line, coloured=coloured) for line in text.split("\n"))


def one_line(text: str) -> str:
    """The text on one line: line breaks and control characters become escapes, written as Go does."""
    if _is_fit(text) and text.isprintable():
        return text
    return "".join(c if _is_seen(c) else _spelled(c) for c in text)


def escaped_json(document: str) -> str:
    """A JSON document with control characters written as JSON escapes; they can only occur in its strings."""
    if _is_fit(document):
        return document
    return "".join(c if c in "\n\t" or _is_seen(c) else _escape(c) for c in document)


def _line(text: str, *, coloured: bool) -> str:
    pieces: list[str] = []
    end, colour = 0, _RESET
    for found in _SEQUENCE.finditer(text):
        pieces.append(_seen(text[end : found.start()]))
        if coloured and _COLOUR.fullmatch(found[0]):
            colour = found[0]
            pieces.append(colour)
        end = found.end()
    is_open = colour not in {_RESET, "\x1b[m"}
    return "".join([*pieces, _seen(text[end:]), _RESET if is_open else ""])


def _seen(text: str) -> str:
    joints = {found.start() for found in _JOINED.finditer(text)}
    kept = (
        c
        for place, c in enumerate(text)
        if c == "\t" or _is_seen(c) or _is_blank(c) or place in joints
    )
    return "".join(" " if _is_blank(c) else c for c in kept)


def _is_blank(character: str) -> bool:
    return unicodedata.category(character) == "Zs"


def _is_fit(text: str) -> bool:
    """Whether nothing has to be replaced, as in nearly all text."""
    bare = text.replace("\n", "").replace("\t", "")
    return bare.isprintable() and (bare.isascii() or _INVISIBLE.isdisjoint(bare))


def _is_seen(character: str) -> bool:
    return character.isprintable() and character not in _INVISIBLE


def _spelled(character: str) -> str:
    return _SPELLINGS.get(character) or character.encode("unicode_escape").decode()


def _escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[start : start + 2] for start in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair):04x}" for pair in pairs)
