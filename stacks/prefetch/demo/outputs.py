"""The stack's outputs as a table for a terminal; asks nobody for them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

HEAD = ("PLAN", "STATUS", "WINDOW (UTC)", "JOB")


def table(outputs: Mapping[str, Any]) -> str:
    """One line for each exported plan: name, status, window, job id."""
    plans = outputs.get("plans", {})
    rows = [HEAD, *(_row(name, plan) for name, plan in plans.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def _row(name: str, plan: Mapping[str, Any]) -> tuple[str, str, str, str]:
    start, _, end = plan["window"].partition("/")
    window = f"{_minutes(start)} - {_minutes(end)}"
    return name, plan["status"], window, plan["job_id"]


def _minutes(moment: str) -> str:
    if not moment:
        return "open"
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M}"
