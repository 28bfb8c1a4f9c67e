"""Compares forecasts with the limits of a stack; each finding is one sentence."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pulumi_esa_prefetch.load.forecast import Forecast, Run, forecast
from pulumi_esa_prefetch.load.limits import Freeze, Kind, Level, Limits, moment_text
from pulumi_esa_prefetch.load.origins import Segment, Span, load_on_origins, spans

_WHOLE = 1000  # URLs/s; from this rate on no digits are written after the point


@dataclass(frozen=True, slots=True)
class LimitFinding:
    """One violation: the kind of limit, its level (`warn` or `deny`), the plans, and a sentence."""

    kind: Kind
    level: Level
    plans: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class PlanLoad:
    """The forecast of a plan and the origins that it loads: name -> most URLs in one batch for this origin."""

    forecast: Forecast
    origins: Mapping[str, int] = field(default_factory=dict)


def check_plan(planned: PlanLoad, limits: Limits) -> list[LimitFinding]:
    """Check one plan alone: whether its window is over, too short or in a freeze window, and its own rate."""
    if planned.forecast.past:
        return [_past(planned.forecast.run, limits)]
    return [
        *_fit(planned.forecast, limits),
        *_freeze(planned.forecast, limits),
        *_rate(planned, limits),
    ]


def check_start(
    run: Run,
    others: Sequence[Run],
    limits: Limits,
    now: datetime,
    urls: int | None = None,
    submitted: int = 0,
    origins: Iterable[str] = (),
) -> list[LimitFinding]:
    """Check the start of one plan, together with the other plans of its job that will run.

    They share the job's list: `urls` URLs, of which `submitted` are submitted. `origins`: the
    names of the origins that the plan may load; any of them may get whole batches.
    """
    mine = forecast([run, *others], urls, now, submitted)[0]
    return check_plan(PlanLoad(mine, dict.fromkeys(origins, run.slice_len)), limits)


def check_load(all_planned: Iterable[PlanLoad], limits: Limits) -> list[LimitFinding]:
    """Check the total rate on each origin, where more than one of the plans loads it."""
    limit = limits.max_origin_urls_per_second
    if limit is None:
        return []
    every: list[Span] = []
    for planned in all_planned:
        every += spans(planned.forecast, planned.origins)
    return [
        _overload(origin, stretch, limit, limits.level("rate"))
        for origin, segments in load_on_origins(every).items()
        for stretch in _stretches(segments, limit)
        if any(len(segment.plans) > 1 for segment in stretch)
    ]


def denied_sentences(findings: Iterable[LimitFinding]) -> list[str]:
    """Return the sentences of the findings with level `deny`."""
    return [finding.text for finding in findings if finding.level == "deny"]


def _past(run: Run, limits: Limits) -> LimitFinding:
    ended = f" at {moment_text(run.end)}" if run.end else ""
    text = (
        f"{run.name}: its window ended{ended}, so it would submit nothing; "
        "give the plan a later EndTime"
    )
    return LimitFinding("past", limits.level("past"), (run.name,), text)


def _fit(forecast: Forecast, limits: Limits) -> Iterator[LimitFinding]:
    run = forecast.run
    if not forecast.left or run.end is None or forecast.needs_until is None:
        return
    text = (
        f"{run.name}: the window ends at {moment_text(run.end)} with "
        f"{count_text(forecast.left, 'URL')} not submitted; at {count_text(run.slice_len, 'URL')} "
        f"every {run.interval} s this plan alone would need until "
        f"{moment_text(forecast.needs_until)}"
    )
    yield LimitFinding("fit", limits.level("fit"), (run.name,), text)


def _freeze(forecast: Forecast, limits: Limits) -> Iterator[LimitFinding]:
    for freeze in limits.freeze:
        how = _touches(forecast, freeze)
        if how:
            text = f"{forecast.run.name} {how} the freeze window {freeze}"
            names = (forecast.run.name,)
            yield LimitFinding("freeze", limits.level("freeze"), names, text)


def _touches(forecast: Forecast, freeze: Freeze) -> str | None:
    """Say how a run overlaps a freeze window, None if all its batches are before or after it.

    A freeze window between two batches counts as an overlap: a start some seconds later would move the batches.
    """
    run, window = forecast.run, freeze.window
    first = forecast.first
    last = forecast.last or (run.end if forecast.batches is None else first)
    if first is None or first >= window.end:
        return None
    if first >= window.start:
        begins = "would submit its next batch" if run.running else "would start"
        return f"{begins} at {moment_text(first)}, in"
    if last is None or last >= window.start:
        begins = "submits its next batch" if run.running else "starts"
        return f"{begins} at {moment_text(first)} and would still submit in"
    return None


def _rate(planned: PlanLoad, limits: Limits) -> Iterator[LimitFinding]:
    limit = limits.max_origin_urls_per_second
    run = planned.forecast.run
    most = max(planned.origins.values(), default=run.slice_len) / run.interval
    if limit is not None and most > limit:
        where = max(planned.origins, key=planned.origins.__getitem__, default="")
        text = (
            f"{run.name} would load {where or 'its origin'} with "
            f"{rate_text(most)} URLs/s, above the limit of {rate_text(limit)}"
        )
        yield LimitFinding("rate", limits.level("rate"), (run.name,), text)


def _stretches(segments: Sequence[Segment], limit: float) -> Iterator[list[Segment]]:
    """Join adjacent segments that are above the limit."""
    stretch: list[Segment] = []
    for segment in segments:
        above = segment.urls_per_second > limit
        if stretch and not (above and stretch[-1].end == segment.start):
            yield stretch
            stretch = []
        if above:
            stretch.append(segment)
    if stretch:
        yield stretch


def _overload(
    origin: str, stretch: Sequence[Segment], limit: float, level: Level
) -> LimitFinding:
    plans = tuple(sorted({plan for segment in stretch for plan in segment.plans}))
    most = max(segment.urls_per_second for segment in stretch)
    end = stretch[-1].end
    until = f" to {moment_text(end)}" if end else " on"
    text = (
        f"{list_text(plans)} together load {origin} with up to {rate_text(most)} URLs/s "
        f"from {moment_text(stretch[0].start)}{until}, above the limit of "
        f"{rate_text(limit)}"
    )
    return LimitFinding("rate", level, plans, text)


def count_text(number: int, noun: str) -> str:
    """The number with its noun, in the plural if needed."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def rate_text(urls_per_second: float) -> str:
    """The rate with three significant digits, from 1000 on as a whole number."""
    return format(urls_per_second, ".3g" if urls_per_second < _WHOLE else ".0f")


def list_text(names: Sequence[str], most: int = 5) -> str:
    """The first `most` names as a list in words, and the number of the others."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
