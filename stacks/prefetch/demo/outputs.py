"""The stack's outputs as a table for a terminal; asks nobody for them."""

from collections.abc import Mapping
from typing import Any

HEAD = ("PLAN", "STATUS", "WINDOW", "JOB")


def table(outputs: Mapping[str, Any]) -> str:
    """One line for each exported plan: name, status, window, job id."""
    rows = [
        HEAD,
        *(_row(name, plan) for name, plan in outputs.get("plans", {}).items()),
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    )


def _row(name: str, plan: Mapping[str, Any]) -> tuple[str, str, str, str]:
    return name, plan["status"], plan["window"], plan["job_id"]
