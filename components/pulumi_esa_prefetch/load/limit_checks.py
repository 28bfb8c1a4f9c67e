"""Opinions on forecasts under given limits, each one sentence without a full stop; stops nothing itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pulumi_esa_prefetch.load.forecast import Forecast, Run, forecast
from pulumi_esa_prefetch.load.limits import Freeze, Kind, Level, Limits, moment_text
from pulumi_esa_prefetch.load.origins import Segment, Span, load_on_origins, spans

_WHOLE = 1000  # from here on a rate is written without digits after the point


@dataclass(frozen=True, slots=True)
class LimitFinding:
    """One opinion: on what, how hard (`warn` or `deny`), on which plans, in words."""

    kind: Kind
    level: Level
    plans: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class PlanLoad:
    """A forecast and the origins it loads: name -> most URLs of one batch for it."""

    forecast: Forecast
    origins: Mapping[str, int] = field(default_factory=dict)


def check_plan(planned: PlanLoad, limits: Limits) -> list[LimitFinding]:
    """Judge one plan by itself: past window, fit, freeze windows, its own rate."""
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
    """Judge the start of one plan, with the other plans of its job that will run too.

    They share the job's list (`urls` long, `submitted` of it done); `origins` are the
    names of the origins it may load, each of them with whole batches.
    """
    mine = forecast([run, *others], urls, now, submitted)[0]
    return check_plan(PlanLoad(mine, dict.fromkeys(origins, run.slice_len)), limits)


def check_load(all_planned: Iterable[PlanLoad], limits: Limits) -> list[LimitFinding]:
    """Judge the sum on each origin over all given plans; one alone is not a sum."""
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
    """Return the sentences of what is denied."""
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
    """Say how a run meets a freeze window, None if all its batches lie outside.

    A window between two batches counts as met: a start some seconds later moves them.
    """
    run, window = forecast.run, freeze.window
    first = forecast.first
    last = forecast.last or (run.end if forecast.batches is None else first)
    if first is None or first >= window.end:
        return None
    if first >= window.start:
        return f"would start at {moment_text(first)}, in"
    if last is None or last >= window.start:
        return f"starts at {moment_text(first)} and would still submit in"
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
    """Join neighbouring segments above the limit."""
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
    """Write a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def rate_text(urls_per_second: float) -> str:
    """Write a rate with three digits, or whole."""
    return format(urls_per_second, ".3g" if urls_per_second < _WHOLE else ".0f")


def list_text(names: Sequence[str], most: int = 5) -> str:
    """Write the first names as a list, and how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
