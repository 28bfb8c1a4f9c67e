"""Times in all notations of ESA, read and written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.api.esa_times import parse_time, render_time


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-06-02T02:43:35Z", datetime(2024, 6, 2, 2, 43, 35, tzinfo=UTC)),
        ("2023-06-05T10:04:20+0800", datetime(2023, 6, 5, 2, 4, 20, tzinfo=UTC)),
        ("2023-06-05T10:04:20+08:00", datetime(2023, 6, 5, 2, 4, 20, tzinfo=UTC)),
        ("2023-06-05T10:04:20+08", datetime(2023, 6, 5, 2, 4, 20, tzinfo=UTC)),
        ("2023-06-05T10:04:20-05:30", datetime(2023, 6, 5, 15, 34, 20, tzinfo=UTC)),
        (
            "2024-05-31T17:10:48.849+08:00",
            datetime(2024, 5, 31, 9, 10, 48, 849000, tzinfo=UTC),
        ),
        (
            "2024-05-31T09:10:48.123456789Z",
            datetime(2024, 5, 31, 9, 10, 48, 123456, tzinfo=UTC),
        ),
        (
            "2024-05-31T09:10:48,5Z",
            datetime(2024, 5, 31, 9, 10, 48, 500000, tzinfo=UTC),
        ),
        ("2024-01-01T00:00:00+Z", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01t00:00:00z", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-01 00:00Z", datetime(2024, 1, 1, tzinfo=UTC)),
        (" 2024-01-01T00:00:00Z\n", datetime(2024, 1, 1, tzinfo=UTC)),
    ],
)
def test_every_notation_of_esa_is_read(text: str, expected: datetime) -> None:
    assert parse_time(text) == expected
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "2024-06-02",
        "2024-06-02T02:43:35",  # no zone: not an instant
        "2024-13-02T02:43:35Z",
        "2024-02-30T02:43:35Z",
        "2024-06-02T24:00:00Z",
        "2024-06-02T02:43:60Z",
        "2024-06-02T02:43:35+25:00",
        "0001-01-01T00:00:00+08:00",  # before the first year, in UTC
        "2024-06-02T02:43:35Z and more",
        "٢٠٢٤-06-02T02:43:35Z",
    ],
)
def test_an_invalid_time_is_refused_in_one_sentence(text: str) -> None:
    with pytest.raises(ValueError, match="is not an instant") as caught:
        parse_time(text)

    assert "\n" not in str(caught.value).replace(text, "")


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2024, 6, 3, 16, tzinfo=UTC), "2024-06-03T16:00:00Z"),
        (
            datetime(2024, 6, 4, tzinfo=timezone(timedelta(hours=8))),
            "2024-06-03T16:00:00Z",
        ),
        (
            datetime(2024, 6, 3, 16, 0, 0, 849000, tzinfo=UTC),
            "2024-06-03T16:00:00.849Z",
        ),
        (datetime(2024, 6, 3, 16, 0, 0, 849001, UTC), "2024-06-03T16:00:00.849001Z"),
    ],
)
def test_a_time_is_written_in_utc(moment: datetime, expected: str) -> None:
    assert render_time(moment) == expected


def test_a_time_without_a_zone_is_not_written() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        render_time(datetime(2024, 6, 3, 16))  # noqa: DTZ001 -- the subject of the test


@given(
    st.datetimes(
        min_value=datetime(1000, 1, 2),  # noqa: DTZ001 -- the zones come from below
        max_value=datetime(9999, 12, 30),  # noqa: DTZ001
        timezones=st.integers(-14 * 60, 14 * 60).map(
            lambda minutes: timezone(timedelta(minutes=minutes))
        ),
    )
)
def test_a_written_time_is_read_as_the_same_time(moment: datetime) -> None:
    assert parse_time(render_time(moment)) == moment
    assert parse_time(moment.isoformat()) == moment


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_a_value_error(text: str) -> None:
    try:
        moment = parse_time(text)
    except ValueError:
        return
    assert moment.tzinfo is UTC
