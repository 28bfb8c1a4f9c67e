from datetime import UTC, datetime, timedelta, timezone

import pytest

from pulumi_embedded_engine.model.timestamps import Timestamp, format_timestamp


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02T03:04:05.123456789Z",
        "2026-01-02T03:04:05Z",
        "2026-01-02T03:04:05.1+08:00",
    ],
)
def test_a_timestamp_is_written_as_it_was_read(text: str) -> None:
    assert format_timestamp(Timestamp.parse(text)) == text


def test_a_timestamp_is_a_datetime() -> None:
    assert Timestamp.parse("2026-01-02T08:00:00+08:00") == datetime(
        2026, 1, 2, tzinfo=UTC
    )


def test_a_new_time_is_written_in_utc() -> None:
    shanghai = timezone(timedelta(hours=8))

    assert (
        format_timestamp(datetime(2026, 1, 2, 8, tzinfo=shanghai))
        == "2026-01-02T00:00:00Z"
    )


@pytest.mark.parametrize("text", ["", "soon", "2026-01-02T03:04:05"])
def test_an_invalid_timestamp_is_rejected(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Timestamp.parse(text)
