"""What others wrote, made fit for one line of ours; knows no secret."""

LONGEST = 300


def in_one_line(text: object, longest: int = LONGEST) -> str:
    """Text as words on one line: short, and printable on any terminal."""
    words = " ".join(str(text).split())
    return "".join(c if c.isprintable() else "?" for c in words[:longest])
