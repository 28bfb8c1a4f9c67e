"""One line of text for each request: time, action, plan or job, HTTP status, and what it did; prints nothing."""

from typing import Final

from pulumi_esa_emulator.actions import ACTIONS
from pulumi_esa_emulator.state.records import Change, PlanRecord, Put
from pulumi_esa_emulator.state.request_history import HistoryEntry

_DONE: Final = {
    "Create": "created",
    "Update": "changed",
    "Delete": "deleted",
    "Reset": "back at its first URL",
    "Stop": "stopped",
    "Purge": "purge started",
}
_MAX_WORD: Final = 64


def request_line(entry: HistoryEntry, changes: tuple[Change, ...]) -> str:
    """The line of a request; its time is in UTC."""
    words = (f"{entry.time:%H:%M:%S}", entry.action or "(no action)", _target(entry))
    status = "no answer" if entry.status is None else str(entry.status)
    answer = " ".join(filter(None, (status, entry.code)))
    faults = f" (fault: {', '.join(entry.faults)})" if entry.faults else ""
    asked = " ".join(word[:_MAX_WORD] for word in words if word)
    return f"{asked}: {answer}, {_effect(entry, changes)}{faults}"


def _target(entry: HistoryEntry) -> str:
    return entry.parameters.get("Id") or entry.parameters.get("SiteId") or ""


def _effect(entry: HistoryEntry, changes: tuple[Change, ...]) -> str:
    action = ACTIONS.get(entry.action or "")
    if entry.effect and action is not None:
        if action.name.startswith("Start"):
            return _started(changes)
        return next(
            text for verb, text in _DONE.items() if action.name.startswith(verb)
        )
    if action is not None and action.reads and entry.code is None:
        return "read"
    return "nothing changed"


def _started(changes: tuple[Change, ...]) -> str:
    """The status that a Start gave to its plan."""
    records = [change.record for change in changes if isinstance(change, Put)]
    plans = [record for record in records if isinstance(record, PlanRecord)]
    return plans[-1].status if plans else "started"
