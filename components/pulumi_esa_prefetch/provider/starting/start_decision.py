"""Decides what follows a Start, also when its answer was lost: a table of the answer and a fresh list; pure.

ESA takes no client token, so a second Start may run a plan twice. A Start whose effect is not known is
therefore followed by a list. `after_start` judges that list. Lists may lag behind a Start
(``read_after_write``): while one may, a list that does not show the effect yet means LOOK_AGAIN.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadAnswer,
    Conflict,
    CutOff,
    EsaError,
    Invalid,
)
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.plan_decision import may_be_stale

Listed = Plan | EsaError | None
"""What a list shows: the plan, None if it is not there, the error if the list failed."""

INACTIVE = ("stopped", "failed", "finished")


class StartAnswer(Enum):
    """What ESA answered to Start, as far as it matters for what comes next."""

    ACCEPTED = "accepted, but the answer gives no status or cannot be read"
    LOST = "no answer: ESA may have started the plan"
    CONFLICT = "refused: not possible in the plan's status"
    REFUSED = "refused, perhaps because of the plan's status"
    INVALID = "refused, probably not because of the plan's status"
    UNAVAILABLE = "refused or never sent, whatever the plan's status is"

    @classmethod
    def of(cls, error: EsaError) -> "StartAnswer":
        """The answer that the client raised."""
        if isinstance(error, BadAnswer):
            return cls.ACCEPTED
        if error.ambiguous:
            return cls.LOST
        if isinstance(error, Conflict):
            return cls.CONFLICT
        if isinstance(error, (CutOff, Invalid)):
            return cls.INVALID
        return cls.REFUSED if type(error) is ApiError else cls.UNAVAILABLE


class AfterStart(Enum):
    """What to do next."""

    RECORD = "record the plan as the list shows it"
    RECORD_WITHOUT_STATUS = "record that it was started; its status is not known"
    REPEAT = "Start again: a repeat changes nothing that is done"
    LOOK_AGAIN = "list again: this list may lag behind the Start"
    FAIL_GONE = "fail: the plan does not exist"
    FAIL_NOT_STARTED = "fail: no Start had an effect"
    FAIL_UNKNOWN = "fail: it is not known whether a Start had an effect"


@dataclass(frozen=True)
class StartAttempt:
    """A Start with its repeats, as it stands when a list is read.

    ``answer``: the last one, None if the list is read right before a repeat. ``lost``: whether any answer was
    lost. ``before``: the plan's status before the first Start; ``last``: its status when it was last seen.
    ``at``: when the answer came.
    """

    answer: StartAnswer | None
    at: datetime
    before: str | None = None
    last: str | None = None
    lost: bool = False
    restart_failed: bool = True

    @property
    def needs_list(self) -> bool:
        """Whether the answer leaves open what the plan does."""
        return self.lost or self.answer is not StartAnswer.UNAVAILABLE

    @property
    def depends_on_status(self) -> bool:
        """Whether the plan's status may be the reason for the answer, so that a later list may explain it."""
        return self.lost or self.answer is not StartAnswer.INVALID


def after_start(
    start: StartAttempt, seen: Listed, now: datetime, *, may_lag: bool
) -> AfterStart:
    """Decide by a list that was read after the Start, or right before a repeat.

    ``may_lag``: whether a later list may show more.
    """
    if isinstance(seen, Plan):
        if _shows_effect(start, seen):
            return AfterStart.RECORD
        if may_lag and start.depends_on_status and not _waits_for_window(seen, now):
            return AfterStart.LOOK_AGAIN
    return _without_effect(start, seen)


def after_lost_start(
    before: str | None, seen: str | None, *, restart_failed: bool
) -> AfterStart:
    """Decide after a lost answer, by the plan's status before the Start (None: unknown) and after it."""
    if seen == "running":
        return AfterStart.RECORD
    if seen == "failed" and before not in {None, "failed"} and not restart_failed:
        return AfterStart.RECORD
    if seen in {"waiting", "stopped", "failed"}:
        return AfterStart.REPEAT
    if seen == "finished" and before not in {None, "finished"}:
        return AfterStart.RECORD
    return AfterStart.FAIL_UNKNOWN


def _shows_effect(start: StartAttempt, seen: Plan) -> bool:
    """Whether the plan was started, by this Start or by something else."""
    if start.answer is StartAnswer.ACCEPTED:
        return seen.status not in INACTIVE or start.before not in {None, seen.status}
    if start.answer in {None, StartAnswer.LOST}:
        return _after_lost(start, seen) is AfterStart.RECORD
    # A Start may be refused because the plan was started already.
    if seen.status == "finished":
        return start.before not in {None, "finished"}
    if seen.status == "waiting":
        was_ahead = seen.start_time is not None and seen.start_time > start.at
        conflicts = start.answer is StartAnswer.CONFLICT
        return start.before != "waiting" or (was_ahead and conflicts)
    return seen.status == "running"


def _without_effect(start: StartAttempt, seen: Listed) -> AfterStart:
    """Decide where no list shows that the plan was started."""
    if start.answer is StartAnswer.ACCEPTED:
        # An unchanged status is not recorded: the next run would start the plan again, or take it for done.
        is_new = isinstance(seen, Plan) and start.before is None
        return AfterStart.RECORD if is_new else AfterStart.RECORD_WITHOUT_STATUS
    if start.answer in {None, StartAnswer.LOST}:
        if seen is None:
            return AfterStart.FAIL_GONE
        if isinstance(seen, Plan) and _after_lost(start, seen) is AfterStart.REPEAT:
            return AfterStart.REPEAT
    return AfterStart.FAIL_UNKNOWN if start.lost else AfterStart.FAIL_NOT_STARTED


def _after_lost(start: StartAttempt, seen: Plan) -> AfterStart:
    return after_lost_start(
        start.last, seen.status, restart_failed=start.restart_failed
    )


def _waits_for_window(seen: Plan, now: datetime) -> bool:
    """Whether the plan waits with or without the Start: no later list will show more."""
    return seen.status == "waiting" and not may_be_stale(seen, now)
