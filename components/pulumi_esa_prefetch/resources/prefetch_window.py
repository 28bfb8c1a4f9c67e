"""PrefetchWindow: when, and how fast, one plan submits its job's URLs; creates no resource."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta, timezone
from typing import Any

from pulumi import Input, RunError

from pulumi_esa_prefetch.api.esa_times import parse_time, render_time
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.resources.input_mapping import map_input

# ListScheduledPreloadExecutions answers `2024-05-31T17:10:48.849+08:00`, and pulumi_alicloud compares
# times as text: in another notation every window would be a change in every deployment.
_ESA_ZONE = timezone(timedelta(hours=8))


@dataclass(frozen=True, kw_only=True)
class PrefetchWindow:
    """When, and how fast, one plan of a `SitePrefetch` submits the job's URLs.

    :param interval: Seconds between two batches. Required.
    :param slice_len: URLs per batch. Required.
    :param start_time: When the window opens: an ISO 8601 time with its zone, ``"2026-11-11T00:00:00+08:00"``,
        or a datetime with its zone. Default: at once.
    :param end_time: When the window closes, written like ``start_time``. Default: when all URLs are submitted.

    Example::

        from pulumi_esa_prefetch import PrefetchWindow

        night = PrefetchWindow(
            interval=60,
            slice_len=10,
            start_time="2030-11-11T00:00:00+08:00",
            end_time="2030-11-11T06:00:00+08:00",
        )
    """

    interval: Input[int]
    slice_len: Input[int]
    start_time: Input[str] | Input[datetime] | None = None
    end_time: Input[str] | Input[datetime] | None = None

    @classmethod
    def of(cls, declared: "PrefetchWindow | Mapping[str, Any]") -> "PrefetchWindow":
        """Return a window, made of its fields if a mapping is given. Raises RunError if they are wrong."""
        given: object = declared
        if isinstance(declared, PrefetchWindow):
            return declared
        if not isinstance(given, Mapping):
            raise RunError("it must be a PrefetchWindow or a mapping of its fields")
        known = [field.name for field in fields(cls)]
        unknown = sorted(one_line(name) for name in declared.keys() - set(known))
        wrong = [f"{name} is not one of {', '.join(known)}" for name in unknown]
        wrong += [
            f"{name} is missing" for name in known[:2] if declared.get(name) is None
        ]
        if wrong:
            raise RunError("; ".join(wrong))
        return cls(**declared)

    def for_esa(self) -> dict[str, Input[Any]]:
        """The window as inputs of a ScheduledPreloadExecution. Raises RunError for a wrong time."""
        return self._pace() | {
            name: map_input(time, _in_esa_notation)
            for name, time in self._bounds().items()
        }

    def for_triggers(self) -> dict[str, Input[Any]]:
        """The window as part of triggers: the same instant always gives the same text. Raises RunError.

        The text is in the state of every stack. If it were written differently, all plans would run again.
        """
        return self._pace() | {
            name: map_input(time, _in_utc) for name, time in self._bounds().items()
        }

    def _pace(self) -> dict[str, Input[Any]]:
        return {"interval": self.interval, "slice_len": self.slice_len}

    def _bounds(self) -> dict[str, Any]:
        bounds = {"start_time": self.start_time, "end_time": self.end_time}
        return {name: time for name, time in bounds.items() if time is not None}


def _in_esa_notation(time: str | datetime) -> str:
    return _instant(time).astimezone(_ESA_ZONE).isoformat(timespec="milliseconds")


def _in_utc(time: str | datetime) -> str:
    return render_time(_instant(time))


def _instant(time: object) -> datetime:
    """The time, cut to milliseconds: ESA's notation has nothing finer."""
    if not isinstance(time, str | datetime):
        raise RunError(f"a time of type {type(time).__name__} is no string or datetime")
    try:
        moment = parse_time(time) if isinstance(time, str) else time
        render_time(moment)
    except ValueError as error:
        raise RunError(str(error)) from None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
