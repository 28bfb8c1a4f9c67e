"""What plans will do to an origin, as pure arithmetic; reads no clock, no network."""

from pulumi_esa_prefetch.load.forecast import Forecast, Paced, Run, forecast
from pulumi_esa_prefetch.load.limit_checks import (
    Judgement,
    Planned,
    count_text,
    few,
    judge_load,
    judge_plan,
    judge_start,
    rate_text,
    refused,
)
from pulumi_esa_prefetch.load.limits import (
    Freeze,
    Kind,
    Level,
    Limits,
    LimitsError,
    moment_text,
)
from pulumi_esa_prefetch.load.origins import (
    Segment,
    Span,
    load_on_origins,
    overlaps,
    peak,
    shares,
    spans,
)

__all__ = [
    "Forecast",
    "Freeze",
    "Judgement",
    "Kind",
    "Level",
    "Limits",
    "LimitsError",
    "Paced",
    "Planned",
    "Run",
    "Segment",
    "Span",
    "count_text",
    "few",
    "forecast",
    "judge_load",
    "judge_plan",
    "judge_start",
    "load_on_origins",
    "moment_text",
    "overlaps",
    "peak",
    "rate_text",
    "refused",
    "shares",
    "spans",
]
