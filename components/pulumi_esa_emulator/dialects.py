"""Dialects: named answers to the questions that ESA's documentation leaves open.

`Rules()` is the default behaviour. A dialect changes one rule. Dialects can be combined,
except two that set the same rule.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from itertools import groupby
from typing import Literal

PlanStatus = Literal["waiting", "running", "finished", "failed", "stopped"]
Handling = Literal["accepted", "ignored", "refused"]


@dataclass(frozen=True, slots=True)
class Rules:
    """One field per open question; the defaults are the emulator's default behaviour."""

    cursor: Literal["job", "plan"] = "job"
    new_plan: Literal["starts", "waits"] = "starts"
    stop_waiting: Handling = "ignored"
    stop_stopped: Handling = "ignored"
    stop_finished: Handling = "ignored"
    stop_failed: Handling = "ignored"
    start_running: Handling = "ignored"
    start_finished: Handling = "accepted"
    start_failed: Handling = "accepted"
    start_late: Handling = "refused"
    start_shows: Literal["running", "waiting"] = "running"
    delete_running: Handling = "accepted"
    delete_job: Handling = "accepted"
    reset: Literal["rewinds", "requeues", "refused"] = "rewinds"
    no_start: Literal["when-started", "creation"] = "when-started"
    equal_window: Handling = "refused"
    bad_plans: Literal["refused", "reported"] = "refused"
    window_over: Literal["finished", "failed"] = "finished"
    notation: str = "+08:00"
    unknown_key: int = 400
    denied: str = "NoPermission"
    purge_ends: Literal["Complete", "Failed"] = "Complete"
    purge_seconds: int = 5
    purge_rows: Literal["object", "task"] = "object"

    def on_stop(self, status: PlanStatus) -> Handling:
        """How Stop handles a plan that does not run."""
        answer: Handling = getattr(self, f"stop_{status}")
        return answer

    def on_start(self, status: PlanStatus) -> Handling:
        """How Start handles a plan; waiting and stopped plans are always accepted."""
        answer: Handling = getattr(self, f"start_{status}", "accepted")
        return answer


@dataclass(frozen=True, slots=True)
class Dialect:
    """A name, the rule that it changes, the new value, and a sentence for `--help`."""

    name: str
    rule: str
    value: object
    text: str


DIALECTS = (
    Dialect(
        "cursor-per-plan",
        "cursor",
        "plan",
        "The position in the URL list belongs to the plan, not to the job.",
    ),
    Dialect(
        "new-plan-waits",
        "new_plan",
        "waits",
        "A new plan waits for Start, also when its StartTime comes.",
    ),
    Dialect(
        "stop-waiting-refused",
        "stop_waiting",
        "refused",
        "Stop on a waiting plan is a 400, not a 200 that changes nothing.",
    ),
    Dialect(
        "stop-stopped-refused",
        "stop_stopped",
        "refused",
        "Stop on a stopped plan is a 400.",
    ),
    Dialect(
        "stop-finished-refused",
        "stop_finished",
        "refused",
        "Stop on a finished plan is a 400.",
    ),
    Dialect(
        "stop-failed-refused",
        "stop_failed",
        "refused",
        "Stop on a failed plan is a 400.",
    ),
    Dialect(
        "start-running-accepted",
        "start_running",
        "accepted",
        "Start on a running plan restarts it: the next batch is submitted at once.",
    ),
    Dialect(
        "start-running-refused",
        "start_running",
        "refused",
        "Start on a running plan is a 400, not a 200 that changes nothing.",
    ),
    Dialect(
        "start-finished-ignored",
        "start_finished",
        "ignored",
        "Start on a finished plan is a 200 that changes nothing.",
    ),
    Dialect(
        "start-finished-refused",
        "start_finished",
        "refused",
        "Start on a finished plan is a 400.",
    ),
    Dialect(
        "start-failed-ignored",
        "start_failed",
        "ignored",
        "Start on a failed plan is a 200 that changes nothing.",
    ),
    Dialect(
        "start-failed-refused",
        "start_failed",
        "refused",
        "Start on a failed plan is a 400.",
    ),
    Dialect(
        "start-late-accepted",
        "start_late",
        "accepted",
        "Start after EndTime is a 200: the plan runs and its window ends it at once.",
    ),
    Dialect(
        "start-late-ignored",
        "start_late",
        "ignored",
        "Start after EndTime is a 200 that changes nothing.",
    ),
    Dialect(
        "start-answers-waiting",
        "start_shows",
        "waiting",
        "Start only queues the plan: its answer says waiting, the next read running.",
    ),
    Dialect(
        "delete-running-refused",
        "delete_running",
        "refused",
        "Delete of a running plan is a 400.",
    ),
    Dialect(
        "delete-running-runs-on",
        "delete_running",
        "ignored",
        "Delete of a running plan removes it from the lists, but its batches go on.",
    ),
    Dialect(
        "delete-job-refused",
        "delete_job",
        "refused",
        "Delete of a job with a running plan is a 400.",
    ),
    Dialect(
        "reset-requeues",
        "reset",
        "requeues",
        "Reset also makes stopped, failed and finished plans waiting again.",
    ),
    Dialect(
        "reset-running-refused",
        "reset",
        "refused",
        "Reset of a job with a running plan is a 400.",
    ),
    Dialect(
        "no-start-is-creation",
        "no_start",
        "creation",
        "A plan without StartTime gets the time of its creation.",
    ),
    Dialect(
        "equal-window-accepted",
        "equal_window",
        "accepted",
        "EndTime may be equal to StartTime.",
    ),
    Dialect(
        "bad-plans-reported",
        "bad_plans",
        "reported",
        "Refused plans are reported in a 200 (FailedExecutions, FailedMessages).",
    ),
    Dialect(
        "window-over-failed",
        "window_over",
        "failed",
        "A plan whose window ends before its list is done is failed, not finished.",
    ),
    Dialect("times-utc", "notation", "Z", "Times as 2024-06-02T02:43:35Z."),
    Dialect(
        "times-utc-millis",
        "notation",
        "millis-Z",
        "Times as 2024-06-02T02:43:35.849Z.",
    ),
    Dialect(
        "times-basic-offset",
        "notation",
        "+0800",
        "Times as 2023-06-05T10:04:20+0800.",
    ),
    Dialect(
        "unknown-key-is-404",
        "unknown_key",
        404,
        "An unknown access key is a 404, not a 400.",
    ),
    Dialect(
        "denied-is-forbidden-ram",
        "denied",
        "Forbidden.RAM",
        "A RAM refusal has the code Forbidden.RAM, not NoPermission.",
    ),
    Dialect(
        "purge-fails",
        "purge_ends",
        "Failed",
        "A purge task ends as Failed, and purges nothing.",
    ),
    Dialect(
        "purge-slow",
        "purge_seconds",
        300,
        "A purge task takes five minutes, not five seconds.",
    ),
    Dialect(
        "purge-one-row",
        "purge_rows",
        "task",
        "DescribePurgeTasks has one row per task, not one per purged object.",
    ),
)

_BY_NAME = {dialect.name: dialect for dialect in DIALECTS}


class DialectError(ValueError):
    """A dialect is unknown, or two contradict each other; the text is one sentence."""


def rules_of(names: Iterable[str]) -> Rules:
    """The rules of these dialects; DialectError if one is unknown or two contradict."""
    chosen = [_named(name) for name in dict.fromkeys(names)]
    in_order = sorted(chosen, key=lambda dialect: dialect.rule)
    for _, group in groupby(in_order, key=lambda dialect: dialect.rule):
        _refuse_contradiction(tuple(group))
    return replace(Rules(), **{dialect.rule: dialect.value for dialect in chosen})  # type: ignore[arg-type]


def dialect_of(question: str, answer: str) -> str | None:
    """The dialect that gives this answer to a question of the probe; "" for the default, None if there is none.

    A question has the name of a rule, with hyphens.
    """
    rule = question.replace("-", "_")
    values = {one.name: str(one.value) for one in DIALECTS if one.rule == rule}
    default = next(
        (str(one.default) for one in fields(Rules) if one.name == rule), None
    )
    if answer == default:
        return ""
    return next((name for name, value in values.items() if value == answer), None)


def _named(name: str) -> Dialect:
    if name not in _BY_NAME:
        for near in difflib.get_close_matches(name, _BY_NAME, n=1):
            raise DialectError(f"There is no dialect {name!r}; did you mean {near!r}?")
        known = ", ".join(_BY_NAME)
        raise DialectError(f"There is no dialect {name!r}; there are {known}.")
    return _BY_NAME[name]


def _refuse_contradiction(group: tuple[Dialect, ...]) -> None:
    if len(group) > 1:
        names = " and ".join(dialect.name for dialect in group)
        raise DialectError(f"The dialects {names} contradict each other.")
