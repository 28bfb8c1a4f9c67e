"""The errors that a Start ends with, one sentence each; they say what is known and what to do next."""

from datetime import datetime

from pulumi_esa_prefetch.api.errors import ApiError, BadAnswer, EsaError
from pulumi_esa_prefetch.api.esa_times import render_time
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.errors import (
    NotStarted,
    PrefetchError,
    StartUnknown,
)
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from pulumi_esa_prefetch.provider.starting.start_decision import (
    Listed,
    StartAnswer,
    StartAttempt,
)

TOO_LATE = "InvalidEndTime.Mismatch"


def not_started(
    ref: PlanRef, start: StartAttempt, error: EsaError | None, seen: Listed
) -> NotStarted:
    """No Start had an effect."""
    if start.answer is None:
        why = seen if isinstance(seen, EsaError) else f"it is {_status(seen)}"
        return NotStarted(
            f"{ref} was not started: {error}; whether it has started by itself is not known: {why}"
        )
    plan = seen if isinstance(seen, Plan) else ref.before
    reason = _window_over(plan, error, start.at)
    return NotStarted(f"{ref} was not started: {reason or error}")


def start_unknown(
    ref: PlanRef, start: StartAttempt, error: EsaError | None, seen: Listed
) -> StartUnknown:
    """It is not known whether a Start had an effect, also after the list."""
    if start.answer is not StartAnswer.LOST:
        return not_shown_yet(ref, error)
    if isinstance(seen, EsaError):
        return StartUnknown(
            f"it is not known whether {ref} was started ({error}), and looking it up failed "
            f"too ({seen}); see the plan's status in ESA before the next up"
        )
    return StartUnknown(
        f"it is not known whether {ref} was started: {error}; the plan is {_status(seen)}, as it "
        "may have been before: compare the job's progress in ESA, then run up again to start it, or "
        "declare it as it is"
    )


def not_shown_yet(ref: PlanRef, error: EsaError | None) -> StartUnknown:
    """A Start may have an effect that no list shows yet."""
    return StartUnknown(
        f"it is not known whether {ref} was started: {error}; ESA does not show it yet: run up "
        "again, which looks first"
    )


def without_job(ref: PlanRef, error: EsaError) -> PrefetchError:
    """The job is not known, so there is no list to read."""
    if isinstance(error, BadAnswer):
        return StartUnknown(
            f"ESA accepted Start for {ref}, but its answer cannot be read and without job_id "
            f"the plan cannot be looked up: give job_id and run up again, which then adopts the "
            f"plan as it is ({error})"
        )
    if error.ambiguous:
        return StartUnknown(
            f"it is not known whether {ref} was started, and without job_id it cannot be "
            f"looked up: give job_id and run up again, which then looks first ({error})"
        )
    return PrefetchError(
        f"{ref} was not started: {error}; give job_id, so that a plan that runs already is "
        "adopted"
    )


def _status(seen: Plan | None) -> str:
    return (seen and seen.status) or "without a status"


def _window_over(
    plan: Plan | None, error: EsaError | None, now: datetime
) -> str | None:
    """What to do about a Start that ESA refused because it came after the plan's window."""
    late = isinstance(error, ApiError) and error.code == TOO_LATE
    if not late or plan is None or plan.end_time is None or plan.end_time > now:
        return None
    return (
        f"its window ended at {render_time(plan.end_time)}: move its window, or declare it "
        f"stopped ({error})"
    )
