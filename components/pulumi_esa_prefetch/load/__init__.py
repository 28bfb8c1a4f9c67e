"""What plans will do to an origin, as pure arithmetic; reads no clock, no network."""

from .forecast import Forecast, Run, forecast
from .judgement import (
    Judgement,
    Planned,
    judge_load,
    judge_plan,
    judge_start,
    rate_text,
    refused,
)
from .limits import Freeze, Level, Limits, LimitsError, moment_text
from .origins import Segment, Span, load_on_origins, overlaps, peak, shares, spans

__all__ = [
    "Forecast",
    "Freeze",
    "Judgement",
    "Level",
    "Limits",
    "LimitsError",
    "Planned",
    "Run",
    "Segment",
    "Span",
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
