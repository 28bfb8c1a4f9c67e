"""The load that plans will put on an origin, and its limits: pure arithmetic, without clock or network."""

from pulumi_esa_prefetch.load.forecast import Forecast, PlanSchedule, Run, forecast
from pulumi_esa_prefetch.load.limit_checks import (
    LimitFinding,
    PlanLoad,
    check_load,
    check_plan,
    check_start,
    count_text,
    denied_sentences,
    list_text,
    rate_text,
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
    "Kind",
    "Level",
    "LimitFinding",
    "Limits",
    "LimitsError",
    "PlanLoad",
    "PlanSchedule",
    "Run",
    "Segment",
    "Span",
    "check_load",
    "check_plan",
    "check_start",
    "count_text",
    "denied_sentences",
    "forecast",
    "list_text",
    "load_on_origins",
    "moment_text",
    "overlaps",
    "peak",
    "rate_text",
    "shares",
    "spans",
]
