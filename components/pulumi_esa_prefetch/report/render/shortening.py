"""Cuts a text that is too long, in its middle: what ESA said stands there, and what to do about it at the end."""

_CUT = " … "


def shortened(text: str, longest: int) -> str:
    """The text, with its middle left out if it is longer."""
    if len(text) <= longest:
        return text
    kept = longest - len(_CUT)
    tail = kept // 2
    return f"{text[: kept - tail]}{_CUT}{text[len(text) - tail :]}"
