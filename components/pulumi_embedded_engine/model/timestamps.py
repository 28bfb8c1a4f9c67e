"""Timestamps as the state writes them, to the nanosecond; reads no clock."""

from datetime import UTC, datetime


class Timestamp(datetime):
    """A time that keeps its text, so that an unchanged record is written as it was read."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Timestamp":
        """The time of an RFC 3339 text; ValueError if it is not one."""
        moment = cls.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text!r} has no time zone")
        moment.text = text
        return moment


def format_timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with as few decimals as possible, or the text from which the time was read."""
    text = getattr(moment, "text", None)
    if isinstance(text, str):
        return text
    utc = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return utc.rstrip("0").rstrip(".") + "Z"
