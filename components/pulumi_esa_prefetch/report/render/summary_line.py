"""A summary as one line, for a log or a notice; decides nothing."""

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.report.analysis.summary import PlanChange, PrefetchSummary

MOST = 5
LONGEST = 2000


def summary_line(summary: PrefetchSummary) -> str:
    """Return one sentence: whether anything differs, and what would be done about it."""
    text = f"{summary.project}/{summary.stack}: {_finding(summary)}."
    return one_line(text, LONGEST)


def _finding(summary: PrefetchSummary) -> str:
    if summary.failed:
        errors = [said.text for said in summary.messages if said.severity == "error"]
        lines = errors[0].splitlines() if errors else []
        first = lines[0] if lines else "no reason was given"
        return f"cannot tell, the preview failed ({first.removeprefix('error: ')})"
    plans = [_plan(plan) for plan in summary.plans]
    others = [f"{other.change} {other.name}" for other in summary.others]
    found = plans + others
    if not found:
        return "everything is as declared"
    rest = f"; and {len(found) - MOST} more" if len(found) > MOST else ""
    return f"{'; '.join(found[:MOST])}{rest}"


def _plan(plan: PlanChange) -> str:
    colon = ":" if plan.change == "replace" else ""
    return f"{plan.name}{colon} {plan.what}: {plan.why}"
