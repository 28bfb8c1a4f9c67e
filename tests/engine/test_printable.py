"""What a terminal gets of other people's text."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import printable_json
from pulumi_embedded_engine.printable import one_line, printable

LEGIT = ["预热 – é e\u0301", "🚀 ❤\ufe0f", "👩\u200d🚀", "नमस्ते", "العربية", "a\tb\nc"]  # noqa: RUF001


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\x1b[2Jb\x9b2Jc", "abc"),
        ("a\x1b]0;title\x07b\x1b]8;;http://x\x1b\\c\x9d0;t\x9cd", "abcd"),
        ("a\x1bcb\x1b(0c\x1b7d", "abcd"),
        ("a\x1b[31mred\x1b[0m", "ared"),
        ("no end \x1b]0;hides nothing", "no end 0;hides nothing"),
        ("a\u202eb\u2066c\u200bd\u200ee\u061cf\ufeffg\u3164h", "abcdefgh"),
        ("a\x00\x07\x08\r\x7f\x85b\u2028c\u2029d\ud800", "abcd"),
        ("a\u200db", "ab"),
        ("a\u00a0b\u3000c", "a b c"),
    ],
)
def test_what_moves_turns_or_hides_is_dropped(text: str, left: str) -> None:
    assert printable(text) == left
    assert str(EngineError(text)) == left


@pytest.mark.parametrize("text", LEGIT)
def test_letters_of_all_scripts_emoji_and_lines_stay(text: str) -> None:
    assert printable(text) == text
    assert json.loads(printable_json(text, 2)) == text


def test_colours_stay_where_they_may_up_to_the_end_of_their_line() -> None:
    text = "\x1b[31mred\nplain \x1b[2J\x1b[1;38;5;9mbold\x1b[0m"

    kept = printable(text, coloured=True)

    assert kept == "\x1b[31mred\x1b[0m\nplain \x1b[1;38;5;9mbold\x1b[0m"


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_text_is_fit_for_a_terminal_afterwards(text: str) -> None:
    for fit in (printable(text), one_line(text)):
        bare = fit.replace("\n", "").replace("\t", "").replace("\u200d", "")
        assert bare.isprintable()
    assert printable(printable(text)) == printable(text)


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_json_stays_the_same_json(text: str) -> None:
    value = {text: [text]}

    shown = printable_json(value, 2)

    assert json.loads(shown) == json.loads(json.dumps(value))
    assert shown.replace("\n", "").isprintable()


def test_much_text_is_read_in_little_time() -> None:
    for odd in ("\x1b]", "\x9d", "\x9b1;", "\x1b[", "\x1b"):
        assert len(printable(odd * 100_000)) <= 300_000
