"""A summary as one line, for a log or a notice; decides nothing."""

from pulumi_esa_prefetch.api.safe_text import printable
from pulumi_esa_prefetch.report.analysis.summary import (
    Drift,
    PlanChange,
    PrefetchSummary,
)
from pulumi_esa_prefetch.report.render.shortening import shortened

MOST = 5
LONGEST = 4000
LONGEST_PART = 1000


def summary_line(summary: PrefetchSummary) -> str:
    """Return one sentence: whether anything differs, and what would be done about it."""
    finding = "; ".join(_findings(summary)).rstrip(".")
    text = printable(f"{summary.project}/{summary.stack}: {finding}.")
    return shortened(text, LONGEST)


def _findings(summary: PrefetchSummary) -> list[str]:
    drift = [_drift(each) for each in summary.drift]
    if summary.failed:
        return [*_first(drift), _failure(summary)]
    plans = [_plan(plan) for plan in summary.plans]
    others = [f"{other.change} {other.name}" for other in summary.others]
    found = _first(drift + plans + others)
    if nothing := sum(plan.nothing_to_do for plan in summary.plans):
        has = "has" if nothing == 1 else "have"
        found.append(f"{nothing} of the started plans {has} nothing to do")
    if summary.not_verified:
        return ["not verified", *found, shortened(summary.not_verified, LONGEST_PART)]
    return found or ["everything is as declared"]


def _failure(summary: PrefetchSummary) -> str:
    errors = [said.text for said in summary.messages if said.severity == "error"]
    lines = errors[0].splitlines() if errors else []
    first = lines[0] if lines else "no reason was given"
    reason = shortened(first.removeprefix("error: "), LONGEST_PART)
    return f"cannot tell, the preview failed ({reason})"


def _first(found: list[str]) -> list[str]:
    rest = len(found) - MOST
    return [*found[:MOST], f"and {rest} more"] if rest > 0 else found


def _drift(drift: Drift) -> str:
    what = f"{drift.name} {drift.what}"
    return shortened(f"drift: {what} with up --refresh: {drift.why}", LONGEST_PART)


def _plan(plan: PlanChange) -> str:
    colon = ":" if plan.change == "replace" else ""
    return shortened(f"{plan.name}{colon} {plan.what}: {plan.why}", LONGEST_PART)
