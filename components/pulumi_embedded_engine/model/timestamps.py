"""Moments as the state writes them, to the nanosecond; holds no clock."""

from datetime import UTC, datetime


class Timestamp(datetime):
    """A moment that remembers how it was written, so that an unchanged record is written back as it was read."""

    text: str

    @classmethod
    def parse(cls, text: str) -> "Timestamp":
        """The moment of an RFC 3339 text; raises ValueError if it is none."""
        moment = cls.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text!r} has no time zone")
        moment.text = text
        return moment


def format_timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with as many decimals as are needed, or the text that the moment was read from."""
    text = getattr(moment, "text", None)
    if isinstance(text, str):
        return text
    utc = moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
    return utc.rstrip("0").rstrip(".") + "Z"
