"""Parsing and formatting of ESA's time notations."""

import contextlib
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_emulator.messages.time_notations import (
    EARLIEST,
    LATEST,
    NOTATIONS,
    parse_relative_time,
    parse_time,
    to_milliseconds,
)

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-06-03T16:00:00Z", datetime(2024, 6, 3, 16, tzinfo=UTC)),
        ("2024-06-04T10:02:09.000+08:00", datetime(2024, 6, 4, 2, 2, 9, tzinfo=UTC)),
        (
            "2024-05-31T17:10:48.849+08:00",
            datetime(2024, 5, 31, 9, 10, 48, 849000, tzinfo=UTC),
        ),
        ("2023-06-05T10:04:20+0800", datetime(2023, 6, 5, 2, 4, 20, tzinfo=UTC)),
        ("2024-01-01T00:00:00+Z", datetime(2024, 1, 1, tzinfo=UTC)),
        (
            "2024-01-01T00:00:00.123456789Z",
            datetime(2024, 1, 1, 0, 0, 0, 123000, tzinfo=UTC),
        ),
    ],
)
def test_every_notation_of_the_documentation_is_read(
    text: str, moment: datetime
) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024-06-03",
        "2024-06-03T16:00:00",
        "2024-06-03 16:00:00Z",
        "2024-13-03T16:00:00Z",
        "2024-06-03T25:00:00Z",
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59-12:00",
        "٢٠٢٤-06-03T16:00:00Z",
        "1717225276000",
    ],
)
def test_an_invalid_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a time|outside"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "away"),
    [
        ("now", timedelta()),
        ("+2h", timedelta(hours=2)),
        ("-1d12h", timedelta(days=-1, hours=-12)),
        ("+90s", timedelta(seconds=90)),
        ("+1m30s", timedelta(seconds=90)),
    ],
)
def test_a_time_in_a_seed_can_be_relative(text: str, away: timedelta) -> None:
    assert parse_relative_time(text, NOW) == NOW + away


@pytest.mark.parametrize("text", ["+", "2h", "+2y", "+999999999d", "+2h "])
def test_an_invalid_relative_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a time|outside"):
        parse_relative_time(text, NOW)


@given(
    st.datetimes(
        EARLIEST.replace(tzinfo=None),
        LATEST.replace(tzinfo=None),
        timezones=st.just(UTC),
    ),
    st.sampled_from(sorted(NOTATIONS)),
)
def test_a_formatted_time_parses_to_the_same_time(moment: datetime, name: str) -> None:
    read = parse_time(NOTATIONS[name](moment))

    precise = name in {"+08:00", "millis-Z"}
    wanted = to_milliseconds(moment) if precise else moment.replace(microsecond=0)
    assert read == wanted


@given(st.text(max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert EARLIEST <= parse_relative_time(text, NOW) <= LATEST
