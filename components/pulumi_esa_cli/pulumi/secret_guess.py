"""Guesses whether a configuration value is a secret, from its key and from how random it looks; saves nothing.

The pulumi CLI uses dictionaries. This is an estimate without them: it gives the same answer for random keys and for
text made of words, and may give another one for values in between.
"""

import math
import re
from typing import Final

_KEY: Final = re.compile(r"(?i)pass|pwd|secret|token")
# the CLI looks at so many characters only, and wants so many bits, in all and for each character
_MAX_CHARACTERS: Final = 16
_MIN_BITS: Final = 43
_MIN_BITS_EACH: Final = 3
_WORD_BITS: Final = 12
_DIGIT_BITS: Final = 2.6
_ALPHABETS: Final = ((r"[a-z]", 26), (r"[A-Z]", 26), (r"[0-9]", 10), (r"[\W_]", 33))
_PART: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+|.", re.DOTALL)
_WORD: Final = re.compile(
    r"(?=.*[aeiouy])(?!.*[^aeiouy]{5})(?!.*[aeiou]{4})[a-z]{4,}", re.IGNORECASE
)
_DIGIT_IN_WORD: Final = re.compile(r"(?<=[a-z])[013457](?=[a-z])")
_LETTERS: Final = str.maketrans("013457", "oieast")
_NUMBER: Final = re.compile(r"[0-9]{3,}")


def looks_secret(name: str, value: str) -> bool:
    """Whether a value that is to be saved in plain text may be a secret."""
    text = value[:_MAX_CHARACTERS]
    return bool(_KEY.search(name)) and _bits(text) >= max(
        _MIN_BITS, _MIN_BITS_EACH * len(text)
    )


def _bits(text: str) -> float:
    """The number of bits to guess: few for words and numbers, many for other text."""
    size = sum(size for kind, size in _ALPHABETS if re.search(kind, text))
    each = math.log2(size or 1)
    plain = _DIGIT_IN_WORD.sub(lambda found: found[0].translate(_LETTERS), text)
    return sum(_bits_of(part, each) for part in _PART.findall(plain))


def _bits_of(part: str, each: float) -> float:
    if _WORD.fullmatch(part):
        return _WORD_BITS
    return (_DIGIT_BITS if _NUMBER.fullmatch(part) else each) * len(part)
