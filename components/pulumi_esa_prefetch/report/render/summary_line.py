"""A summary as one line, for a log or a notice; decides nothing."""

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.report.analysis.summary import (
    Drift,
    PlanChange,
    PrefetchSummary,
)

MOST = 5
LONGEST = 2000


def summary_line(summary: PrefetchSummary) -> str:
    """Return one sentence: whether anything differs, and what would be done about it."""
    finding = "; ".join(_findings(summary)).rstrip(".")
    return one_line(f"{summary.project}/{summary.stack}: {finding}.", LONGEST)


def _findings(summary: PrefetchSummary) -> list[str]:
    drift = [_drift(each) for each in summary.drift]
    if summary.failed:
        return [_failure(summary), *_first(drift)]
    plans = [_plan(plan) for plan in summary.plans]
    others = [f"{other.change} {other.name}" for other in summary.others]
    found = _first(drift + plans + others)
    if summary.not_verified:
        return ["not verified", *found, summary.not_verified]
    return found or ["everything is as declared"]


def _failure(summary: PrefetchSummary) -> str:
    errors = [said.text for said in summary.messages if said.severity == "error"]
    lines = errors[0].splitlines() if errors else []
    first = lines[0] if lines else "no reason was given"
    return f"cannot tell, the preview failed ({first.removeprefix('error: ')})"


def _first(found: list[str]) -> list[str]:
    rest = len(found) - MOST
    return [*found[:MOST], f"and {rest} more"] if rest > 0 else found


def _drift(drift: Drift) -> str:
    return f"drift: {drift.name} {drift.what} with up --refresh: {drift.why}"


def _plan(plan: PlanChange) -> str:
    colon = ":" if plan.change == "replace" else ""
    return f"{plan.name}{colon} {plan.what}: {plan.why}"
