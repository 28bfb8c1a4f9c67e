from datetime import UTC, datetime

from pulumi_embedded_engine.model.timestamps import Timestamp
from pulumi_esa_cli.terminal.printing import age_text, timestamp_text


def test_a_moment_of_another_time_zone_is_printed_in_utc() -> None:
    moment = Timestamp.parse("2026-11-23T09:31:17.123456789+08:00")

    assert timestamp_text(moment) == "2026-11-23T01:31:17.123Z"


def test_how_long_ago_is_said_in_the_largest_unit() -> None:
    now = datetime(2026, 1, 2, tzinfo=UTC)

    assert age_text(datetime(2026, 1, 1, tzinfo=UTC), now) == "1 day ago"
    assert (
        age_text(datetime(2026, 1, 1, 23, 59, 18, tzinfo=UTC), now) == "42 seconds ago"
    )
    assert age_text(now, now) == "now"
