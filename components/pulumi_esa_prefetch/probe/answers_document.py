"""The answers of a probe as JSON: what `settings.esa_answers` and the local ESA read; no id, key or name is in it."""

import json
from datetime import datetime
from importlib.metadata import version
from typing import Any

from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.probe import ProbeResult
from pulumi_esa_prefetch.settings.esa_answers import VERSION


def answers_document(result: ProbeResult, now: datetime) -> dict[str, Any]:
    """The JSON object of a result; `now`: when the probe ended, of which only the day is written."""
    return {
        "version": VERSION,
        "tool": version("pulumi-esa-prefetch"),
        "day": now.date().isoformat(),
        "answers": {name: _entry(found) for name, found in result.answers.items()},
        "prefetchedUrls": result.urls,
        "calls": result.calls,
        "listLagSeconds": round(result.list_lag, 1),
        "repeatedLinesDropped": result.repeats_dropped,
    }


def json_text(document: dict[str, Any]) -> str:
    """The document as the text of a file."""
    return json.dumps(document, indent=2) + "\n"


def _entry(found: Verdict | str) -> dict[str, str]:
    if isinstance(found, str):
        return {"notSettled": found}
    seen = {"seen": found.seen} if found.seen else {}
    return {"answer": found.answer} | seen
