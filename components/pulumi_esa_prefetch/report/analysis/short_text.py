"""Rates, times and durations in as few characters as a table has room for; pure."""

from datetime import UTC, datetime, timedelta

from pulumi_esa_prefetch.load import rate_text

_UNITS = ((86400, "d"), (3600, "h"), (60, "m"), (1, "s"))


def rate_unit(urls_per_second: float) -> tuple[int, str]:
    """The unit in which the rate reads best, in seconds and as a word: a second; below 0.1 a minute or an hour."""
    if not 0 < urls_per_second < 0.1:  # noqa: PLR2004
        return 1, "s"
    return (60, "min") if urls_per_second >= 1 / 60 else (3600, "h")


def short_rate(urls_per_second: float) -> str:
    """The rate for a column of URLs: `20/min`."""
    seconds, unit = rate_unit(urls_per_second)
    return f"{rate_text(urls_per_second * seconds)}/{unit}"


def rate_phrase(urls_per_second: float) -> str:
    """The rate for a sentence: `20 URLs/min`."""
    return short_rate(urls_per_second).replace("/", " URLs/")


def short_time(moment: datetime, today: datetime, *, seconds: bool = False) -> str:
    """The time in UTC; with its day only if that differs from today, with its year only if that differs."""
    moment, today = moment.astimezone(UTC), today.astimezone(UTC)
    if moment.year != today.year:
        return f"{moment:%Y-%m-%d}"
    time = f"{moment:%H:%M:%S}" if seconds else f"{moment:%H:%M}"
    return time if moment.date() == today.date() else f"{moment:%d %b} {time}"


def short_duration(duration: timedelta) -> str:
    """The duration in its two largest units: `45s`, `12m`, `3h 12m`, `2d 4h`."""
    rest = max(0, int(duration.total_seconds()))
    for place, (size, unit) in enumerate(_UNITS):
        if rest >= size:
            count, rest = divmod(rest, size)
            text = f"{count}{unit}"
            smaller = _UNITS[place + 1 : place + 2] if size > 60 else ()  # noqa: PLR2004
            return " ".join([text, *(f"{rest // n}{u}" for n, u in smaller)])
    return "0s"
