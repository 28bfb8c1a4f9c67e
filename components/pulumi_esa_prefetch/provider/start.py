"""Starting a plan once, whatever becomes of the answers; decides not whether it should run.

ESA takes no client token, so a Start whose answer was lost is looked up before anything is repeated
(law 2), by lists asked for afterwards, until none can lag behind it. Nothing is repeated while ESA may
still carry the first one out. Where the job is not known there is nothing to look up: the error then
says so, for a repeat could run a plan again that has finished in between.
"""

from collections.abc import Callable
from datetime import datetime
from enum import Enum

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadAnswer,
    Conflict,
    CutOff,
    EsaError,
    Invalid,
    NotFound,
)
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.api.times import render_time
from pulumi_esa_prefetch.provider.errors import NotStarted, PlanGone, PrefetchError
from pulumi_esa_prefetch.provider.laps import Laps
from pulumi_esa_prefetch.provider.session import tell
from pulumi_esa_prefetch.provider.target import Target
from pulumi_esa_prefetch.provider.work import Work

TOO_LATE = "InvalidEndTime.Mismatch"
LOOKS = (0.0, 0.3, 1.0)
"""When an effect is looked for, as shares of the lag that lists may have."""


class Outcome(Enum):
    """What a look after a Start without an answer says about that Start."""

    DONE = "it is going or has gone"
    AGAIN = "it is not going: a repeat changes nothing that is done"
    UNKNOWN = "nobody can say"


def after_lost_start(
    before: str | None, seen: str | None, *, restart_failed: bool
) -> Outcome:
    """Judge a lost Start by the plan's status before it (None: unknown) and after it."""
    if seen == "running":
        return Outcome.DONE
    if seen == "failed" and before not in {None, "failed"} and not restart_failed:
        return Outcome.DONE
    if seen in {"waiting", "stopped", "failed"}:
        return Outcome.AGAIN
    if seen == "finished" and before not in {None, "finished"}:
        return Outcome.DONE
    return Outcome.UNKNOWN


def start_plan(work: Work, target: Target, *, restart_failed: bool) -> Plan:
    """Start the plan and answer what ESA says of it then.

    Its status is None if ESA accepted the Start and nothing more could be learnt. Raises
    NotStarted if no Start had an effect, PrefetchError if nobody can say whether one had.
    """
    laps, lost = Laps(work), False
    while True:
        try:
            answer = work.client().start_scheduled_preload_execution(
                plan_id=target.plan_id
            )
            return _accepted(work, target, target.filled(answer))
        except EsaError as error:
            if target.job_id:
                work.session.lists.forget(target.job_id)
            lost = lost or error.ambiguous
            plan = _settle(work, target, error, restart_failed, lost=lost)
            if plan is not None:
                return plan
            if error.under_way:
                raise _not_known(target, error) from None
            if not laps.again(error):
                raise NotStarted(
                    f"{target} was not started: {error}; ESA's list shows no effect"
                ) from None


def _accepted(work: Work, target: Target, plan: Plan) -> Plan:
    if plan.job_id is None:
        raise BadAnswer("ESA's answer names no job")
    if plan.status is None:
        work.session.lists.forget(plan.job_id)
        return _look_after_success(work, target.in_job(plan.job_id))
    work.session.lists.note(plan)
    if _stands_still(target.status, plan.status):
        tell(f"{target}: ESA accepted Start and says that the plan is {plan.status}")
    return plan


def _stands_still(before: str | None, after: str) -> bool:
    return after in {"stopped", "failed"} or (after == "finished" == before)


def _settle(
    work: Work, target: Target, error: EsaError, restart_failed: bool, *, lost: bool
) -> Plan | None:
    """The plan as the Starts left it, of which one may be ``lost``; None if ESA shows no effect of one that is."""
    if isinstance(error, NotFound):
        raise PlanGone(f"{target} does not exist: {error}") from None
    if not lost and not _needs_look(error):
        raise NotStarted(f"{target} was not started: {error}") from None
    job_id = target.job_id or work.session.lists.job_of(target.plan_id)
    if job_id is None:
        raise _without_job(target, error) from None
    target = target.in_job(job_id)
    if isinstance(error, BadAnswer):
        return _look_after_success(work, target)
    if error.ambiguous:
        return _look_after_loss(work, target, error, restart_failed=restart_failed)
    return _look_after_refusal(work, target, error, lost=lost)


def _needs_look(error: EsaError) -> bool:
    return (
        error.ambiguous
        or isinstance(error, (Conflict, CutOff, Invalid))
        or type(error) is ApiError
    )


def _look_after_success(work: Work, target: Target) -> Plan:
    """Nothing is raised after a Start that succeeded: what is known is recorded (law 3)."""
    try:
        seen = _seen(work, target)
    except EsaError as error:
        tell(f"{target} was started, its status is not known until a refresh: {error}")
        return target.unread()
    return seen or target.unread()


def _look_after_loss(
    work: Work, target: Target, error: EsaError, *, restart_failed: bool
) -> Plan | None:
    def judge(plan: Plan) -> Outcome:
        return after_lost_start(
            target.status, plan.status, restart_failed=restart_failed
        )

    try:
        seen = _seen(work, target, lambda plan: judge(plan) is Outcome.DONE)
    except EsaError as second:
        raise PrefetchError(
            f"it is not known whether {target} was started ({error}), and looking it up failed "
            f"too ({second}); see the plan's status in ESA before the next up"
        ) from None
    if seen is None:
        raise PlanGone(f"{target} does not exist any more") from None
    outcome = judge(seen)
    if outcome is Outcome.UNKNOWN:
        raise PrefetchError(
            f"it is not known whether {target} was started: {error}; the plan is "
            f"{seen.status or 'without a status'}, as it may have been before: compare the "
            "job's progress in ESA, then run up again to start it, or declare it as it is"
        ) from None
    return seen if outcome is Outcome.DONE else None


def _look_after_refusal(
    work: Work, target: Target, error: EsaError, *, lost: bool
) -> Plan:
    """A Start may be refused because the plan is already going: that is what was wanted."""

    def is_going(plan: Plan) -> bool:
        return _is_going(target.status, plan.status, error)

    hangs_on_status = lost or not isinstance(error, (CutOff, Invalid))
    try:
        seen = _seen(work, target, is_going if hangs_on_status else None)
    except EsaError:
        seen = None
    if seen is not None and is_going(seen):
        return seen
    if lost:
        raise _not_known(target, error) from None
    reason = _window_over(seen or target.before, error, work.session.clock.now())
    raise NotStarted(f"{target} was not started: {reason or error}") from None


def _not_known(target: Target, error: EsaError) -> PrefetchError:
    return PrefetchError(
        f"it is not known whether {target} was started: {error}; ESA does not show it yet: run up "
        "again, which looks first"
    )


def _seen(
    work: Work, target: Target, is_done: Callable[[Plan], bool] | None = None
) -> Plan | None:
    """The plan in a list asked for now.

    ``is_done``: as soon as a list shows it, or when none can lag behind it any more. A plan that waits
    before and after shows nothing, however long one looks.
    """
    lists, lag = work.session.lists, work.session.lag
    since = work.session.clock.monotonic()
    for share in LOOKS if is_done else (0.0,):
        lag.outwait(since, share)
        look = work.last_look()
        seen = lists.look_again(target.job_id or "", target.plan_id, look)
        if seen is None or seen.status == "waiting" or (is_done and is_done(seen)):
            break
    return seen


def _window_over(plan: Plan | None, error: EsaError, now: datetime) -> str | None:
    """What to do about a Start that ESA refused because it came after the plan's window."""
    late = isinstance(error, ApiError) and error.code == TOO_LATE
    if not late or plan is None or plan.end_time is None or plan.end_time > now:
        return None
    return (
        f"its window ended at {render_time(plan.end_time)}: move its window, or declare it "
        f"stopped ({error})"
    )


def _is_going(before: str | None, seen: str | None, error: EsaError) -> bool:
    if seen == "finished":
        return before not in {None, "finished"}
    if seen == "waiting":
        return before != "waiting" or isinstance(error, Conflict)
    return seen == "running"


def _without_job(target: Target, error: EsaError) -> PrefetchError:
    if isinstance(error, BadAnswer):
        return PrefetchError(
            f"ESA accepted Start for {target}, but its answer cannot be read and without job_id "
            f"the plan cannot be looked up: give job_id and run up again, which then adopts the "
            f"plan as it is ({error})"
        )
    if error.ambiguous:
        return PrefetchError(
            f"it is not known whether {target} was started, and without job_id it cannot be "
            f"looked up: give job_id and run up again, which then looks first ({error})"
        )
    return PrefetchError(
        f"{target} was not started: {error}; give job_id, so that a plan that runs already is "
        "adopted"
    )
