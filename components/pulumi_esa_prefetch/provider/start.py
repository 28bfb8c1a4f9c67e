"""Starting a plan once, whatever becomes of the answers; decides not whether it should run.

ESA takes no client token, so a Start whose answer was lost is looked up before anything is repeated
(law 2), by lists asked for afterwards, until none can lag behind it. Nothing is repeated while ESA may
still carry the first one out, and nothing without a look while the plan may set off by itself. Where
the job is not known there is nothing to look up: the error then says so, for a repeat could run a plan
again that has finished in between.

An answer is believed in its form only. It cannot give a plan another job than the known one. Without a known
job, one that names none or an unreadable one ends in an error, although Start has succeeded (law 3): ESA has no
call that finds a plan's job, and a record with an unreadable id could be read, updated and deleted by no command.
The error says that the plan was started; with job_id, the next up adopts it as it is and starts nothing.
"""

from collections.abc import Callable
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
    NotFound,
)
from pulumi_esa_prefetch.api.esa_times import render_time
from pulumi_esa_prefetch.api.models import ACTIVE, Plan
from pulumi_esa_prefetch.provider.decision import may_be_stale
from pulumi_esa_prefetch.provider.errors import NotStarted, PlanGone, PrefetchError
from pulumi_esa_prefetch.provider.hook_call import Attempts, HookCall
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from pulumi_esa_prefetch.provider.session import notify

TOO_LATE = "InvalidEndTime.Mismatch"
INACTIVE = ("stopped", "failed", "finished")
LOOK_SHARES = (0.0, 0.3, 1.0)
"""When an effect is looked for, as shares of the lag that lists may have."""


class StartEffect(Enum):
    """What a look after a Start without an answer says about that Start."""

    DONE = "it is going or has gone"
    REPEATABLE = "it is not going: a repeat changes nothing that is done"
    UNKNOWN = "nobody can say"


def after_lost_start(
    before: str | None, seen: str | None, *, restart_failed: bool
) -> StartEffect:
    """Judge a lost Start by the plan's status before it (None: unknown) and after it."""
    if seen == "running":
        return StartEffect.DONE
    if seen == "failed" and before not in {None, "failed"} and not restart_failed:
        return StartEffect.DONE
    if seen in {"waiting", "stopped", "failed"}:
        return StartEffect.REPEATABLE
    if seen == "finished" and before not in {None, "finished"}:
        return StartEffect.DONE
    return StartEffect.UNKNOWN


@dataclass(frozen=True)
class StartResult:
    """What ESA says of the plan then; ``starts``: how many Starts count, none if the plan goes without one."""

    plan: Plan
    starts: int = 1


def start_plan(hook: HookCall, ref: PlanRef, *, restart_failed: bool) -> StartResult:
    """Start the plan and answer what ESA says of it then.

    Its status is None if ESA accepted the Start and nothing more could be learnt. Raises
    NotStarted if no Start had an effect, PrefetchError if nobody can say whether one had.
    """
    started = _StartAttempts(hook, ref, restart_failed=restart_failed).until_known()
    _remember(hook, started.plan)
    return started


def _remember(hook: HookCall, plan: Plan) -> None:
    """Let no list that lags say that the plan stands still."""
    is_open = may_be_stale(plan, hook.session.clock.now())
    if plan.job_id and (is_open or plan.status in ACTIVE):
        status = "running" if is_open else plan.status or ""
        hook.session.plan_cache.mark_started(plan.job_id, plan.id, status)


class _StartAttempts:
    """One Start with all its repeats; ``_last``: the plan as it was seen last, ``_lost``: whether an answer was."""

    def __init__(self, hook: HookCall, ref: PlanRef, *, restart_failed: bool) -> None:
        self._hook = hook
        self._ref = ref
        self._restart_failed = restart_failed
        self._attempts = Attempts(hook)
        self._last = ref.before
        self._lost = False

    def until_known(self) -> StartResult:
        """Start and repeat, until it is known what came of it."""
        while True:
            try:
                return StartResult(self._send())
            except EsaError as error:
                started = self._settle(error) or self._look_before_repeat(error)
                if started is not None:
                    return started

    @property
    def _waits(self) -> bool:
        return self._last is not None and self._last.status == "waiting"

    def _send(self) -> Plan:
        # A plan that waits may run, and finish, by itself while a refused Start is repeated: then it
        # is not the client that repeats it.
        client = self._hook.client(attempts=1 if self._waits else None)
        answer = client.start_scheduled_preload_execution(plan_id=self._ref.plan_id)
        return _accepted(self._hook, self._ref, answer)

    def _settle(self, error: EsaError) -> StartResult | None:
        """What came of the Starts; None when it is time for the next one."""
        self._lost = self._lost or error.ambiguous
        if (
            self._waits
            and not error.ambiguous
            and self._attempts.wait_before_next(error)
        ):
            return None
        started = self._look_up(error)
        if started is not None:
            return started
        if error.under_way:
            raise _not_known(self._ref, error) from None
        if not self._attempts.wait_before_next(error):
            raise NotStarted(
                f"{self._ref} was not started: {error}; ESA's list shows no effect"
            ) from None
        return None

    def _look_up(self, error: EsaError) -> StartResult | None:
        """What ESA's list says; None if it shows no effect of a Start that may have had one."""
        hook, ref = self._hook, self._ref
        if ref.job_id:
            hook.session.plan_cache.invalidate(ref.job_id)
        if isinstance(error, NotFound):
            raise PlanGone(f"{ref} does not exist: {error}") from None
        if not self._lost and not _needs_look(error):
            raise NotStarted(f"{ref} was not started: {error}") from None
        job_id = ref.job_id or hook.session.plan_cache.job_of(ref.plan_id)
        if job_id is None:
            raise _without_job(ref, error) from None
        self._ref = ref = ref.with_job(job_id)
        if isinstance(error, BadAnswer):
            hook.session.warn_once(
                f"{ref}: ESA accepted Start, and its answer cannot be used: {error}"
            )
            return StartResult(_look_after_success(hook, ref))
        if error.ambiguous:
            return self._result_if_done(
                _look_after_loss(hook, ref, error, self._effect)
            )
        return _look_after_refusal(hook, ref, error, lost=self._lost)

    def _look_before_repeat(self, error: EsaError) -> StartResult | None:
        """The plan if it no longer waits for a Start: its window may have opened during the pause."""
        hook, ref = self._hook, self._ref
        if not may_be_stale(self._last, hook.session.clock.now()):
            return None
        try:
            seen = hook.session.plan_cache.get(
                ref.job_id or "", ref.plan_id, hook.list_call(), max_age=0
            )
        except EsaError as second:
            raise self._unseen(error, second) from None
        if seen is None:
            raise PlanGone(f"{ref} does not exist any more") from None
        seen = ref.in_known_job(seen)
        if self._effect(seen) is StartEffect.UNKNOWN:
            raise self._unseen(error, f"it is {seen.status or 'without a status'}")
        return self._result_if_done(seen)

    def _effect(self, seen: Plan) -> StartEffect:
        before = self._last.status if self._last else None
        return after_lost_start(
            before, seen.status, restart_failed=self._restart_failed
        )

    def _result_if_done(self, seen: Plan) -> StartResult | None:
        effect, self._last = self._effect(seen), seen
        return (
            StartResult(seen, int(self._lost)) if effect is StartEffect.DONE else None
        )

    def _unseen(self, error: EsaError, why: object) -> PrefetchError:
        if self._lost:
            return _not_known(self._ref, error)
        return NotStarted(
            f"{self._ref} was not started: {error}; whether it runs by itself by now cannot be told: {why}"
        )


def _accepted(hook: HookCall, ref: PlanRef, answer: Plan) -> Plan:
    plan, contradiction = ref.completed_with(answer), ref.contradiction(answer)
    if plan.job_id is None:
        raise BadAnswer(contradiction or "ESA's answer names no job")
    hook.session.warn_once(contradiction)
    if plan.status is None:
        hook.session.plan_cache.invalidate(plan.job_id)
        return _look_after_success(hook, ref.with_job(plan.job_id))
    hook.session.plan_cache.store(plan)
    if _stands_still(ref.status, plan.status):
        notify(f"{ref}: ESA accepted Start and says that the plan is {plan.status}")
    return plan


def _stands_still(before: str | None, after: str) -> bool:
    return after in {"stopped", "failed"} or (after == "finished" == before)


def _needs_look(error: EsaError) -> bool:
    return (
        error.ambiguous
        or isinstance(error, (Conflict, CutOff, Invalid))
        or type(error) is ApiError
    )


def _look_after_success(hook: HookCall, ref: PlanRef) -> Plan:
    """Nothing is raised after a Start that succeeded: what is known is recorded (law 3)."""

    def shows_it(plan: Plan) -> bool:
        return plan.status not in INACTIVE or ref.status not in {None, plan.status}

    unknown = f"{ref} was started, its status is not known until a refresh"
    try:
        seen = _seen(hook, ref, shows_it)
    except EsaError as error:
        notify(f"{unknown}: {error}")
        return ref.with_unknown_status()
    if seen is not None and seen.status in INACTIVE and seen.status == ref.status:
        # As it was before: what is recorded so would be started once more, or be taken for done.
        notify(f"{unknown}: ESA accepted Start and still lists it as {seen.status}")
        return ref.with_unknown_status()
    return seen or ref.with_unknown_status()


def _look_after_loss(
    hook: HookCall, ref: PlanRef, error: EsaError, judge: Callable[[Plan], StartEffect]
) -> Plan:
    try:
        seen = _seen(hook, ref, lambda plan: judge(plan) is StartEffect.DONE)
    except EsaError as second:
        raise PrefetchError(
            f"it is not known whether {ref} was started ({error}), and looking it up failed "
            f"too ({second}); see the plan's status in ESA before the next up"
        ) from None
    if seen is None:
        raise PlanGone(f"{ref} does not exist any more") from None
    if judge(seen) is StartEffect.UNKNOWN:
        raise PrefetchError(
            f"it is not known whether {ref} was started: {error}; the plan is "
            f"{seen.status or 'without a status'}, as it may have been before: compare the "
            "job's progress in ESA, then run up again to start it, or declare it as it is"
        ) from None
    return seen


def _look_after_refusal(
    hook: HookCall, ref: PlanRef, error: EsaError, *, lost: bool
) -> StartResult:
    """A Start may be refused because the plan is already going: that is what was wanted."""
    now = hook.session.clock.now()

    def is_going(plan: Plan) -> bool:
        return _is_going(ref.status, plan, error, now)

    hangs_on_status = lost or not isinstance(error, (CutOff, Invalid))
    try:
        seen = _seen(hook, ref, is_going if hangs_on_status else None)
    except EsaError:
        seen = None
    if seen is not None and is_going(seen):
        if not lost and seen.status == "waiting" == ref.status:
            notify(
                f"{ref} is left waiting for its window, for ESA refused Start: {error}"
            )
        return StartResult(seen, int(lost))
    if lost:
        raise _not_known(ref, error) from None
    reason = _window_over(seen or ref.before, error, now)
    raise NotStarted(f"{ref} was not started: {reason or error}") from None


def _not_known(ref: PlanRef, error: EsaError) -> PrefetchError:
    return PrefetchError(
        f"it is not known whether {ref} was started: {error}; ESA does not show it yet: run up "
        "again, which looks first"
    )


def _seen(
    hook: HookCall, ref: PlanRef, is_done: Callable[[Plan], bool] | None = None
) -> Plan | None:
    """The plan in a list asked for now.

    ``is_done``: as soon as a list shows it, or when none can lag behind it any more. A plan whose window is
    still to come waits before and after, however long one looks.
    """
    plan_cache, clock = hook.session.plan_cache, hook.session.clock
    since = clock.monotonic()
    for share in LOOK_SHARES if is_done else (0.0,):
        hook.session.read_after_write.wait(since, share)
        call = hook.last_list_call()
        seen = plan_cache.get(ref.job_id or "", ref.plan_id, call, max_age=0)
        if (
            seen is None
            or _waits_for_window(seen, clock.now())
            or (is_done and is_done(seen))
        ):
            break
    return ref.in_known_job(seen) if seen else None


def _waits_for_window(plan: Plan, now: datetime) -> bool:
    return plan.status == "waiting" and not may_be_stale(plan, now)


def _window_over(plan: Plan | None, error: EsaError, now: datetime) -> str | None:
    """What to do about a Start that ESA refused because it came after the plan's window."""
    late = isinstance(error, ApiError) and error.code == TOO_LATE
    if not late or plan is None or plan.end_time is None or plan.end_time > now:
        return None
    return (
        f"its window ended at {render_time(plan.end_time)}: move its window, or declare it "
        f"stopped ({error})"
    )


def _is_going(before: str | None, seen: Plan, error: EsaError, now: datetime) -> bool:
    if seen.status == "finished":
        return before not in {None, "finished"}
    if seen.status == "waiting":
        opens = seen.start_time is not None and seen.start_time > now
        return before != "waiting" or (opens and isinstance(error, Conflict))
    return seen.status == "running"


def _without_job(ref: PlanRef, error: EsaError) -> PrefetchError:
    if isinstance(error, BadAnswer):
        return PrefetchError(
            f"ESA accepted Start for {ref}, but its answer cannot be read and without job_id "
            f"the plan cannot be looked up: give job_id and run up again, which then adopts the "
            f"plan as it is ({error})"
        )
    if error.ambiguous:
        return PrefetchError(
            f"it is not known whether {ref} was started, and without job_id it cannot be "
            f"looked up: give job_id and run up again, which then looks first ({error})"
        )
    return PrefetchError(
        f"{ref} was not started: {error}; give job_id, so that a plan that runs already is "
        "adopted"
    )
