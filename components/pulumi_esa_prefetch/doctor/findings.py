"""What a check found: one line with a status, and what to do; a check's own facts for JSON; runs no check."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

_BRACKETS = r"\((?:[^()]|\([^()]*\))*\)"
_ADVICE = re.compile(rf"((?:{_BRACKETS}|[^();])*); (.*)", re.DOTALL)

Status = Literal["ok", "warning", "failed"]
STATUSES: tuple[Status, ...] = get_args(Status)


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report: the check's name, its status, what it found, and what to do.

    `facts` are for JSON only: values that a program would otherwise have to read out of the text.
    """

    check: str
    status: Status
    text: str
    what_to_do: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings have which status."""
    return {status: sum(f.status == status for f in findings) for status in STATUSES}


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """All findings in their order, and how many have which status, for JSON."""
    return {**counts(findings), "checks": [_row(finding) for finding in findings]}


def _row(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "status": finding.status,
        "text": finding.text,
        "whatToDo": finding.what_to_do,
        **finding.facts,
    }


def with_advice(check: str, status: Status, sentence: str, otherwise: str) -> Finding:
    """A finding from the sentence of an error, whose part after the first `; ` outside brackets says what to do."""
    found = _ADVICE.fullmatch(sentence)
    what, advice = (found[1], found[2]) if found else (sentence, otherwise)
    return Finding(check, status, what, advice)
