"""What a person may be told: one line, printable, not endless; judges no meaning."""

LONGEST = 4000


def assert_sentence(error: BaseException | str, secret: str = "Traceback") -> None:
    """One line for a person, and nothing of Python's in it."""
    text = str(error)
    assert text.strip()
    assert text.isprintable(), text
    assert len(text) <= LONGEST
    assert "Traceback" not in text
    assert secret not in text
