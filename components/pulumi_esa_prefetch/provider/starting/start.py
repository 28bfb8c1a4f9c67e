"""Starts a plan once, also when ESA refuses or the answer is lost; whether to start it is decided elsewhere.

What to do after each answer is the table in ``start_decision``. This file sends Start, reads the lists and
carries the table out. Four rules hold:

- ESA takes no client token. So a Start whose answer was lost is looked up before it is repeated (law 2).
- No Start is repeated while ESA may still carry out the first one.
- A plan that may start by itself is looked at before each repeat.
- Without the job's id there is no list to read. Then the error says so, because a repeat could run a plan
  again that has finished in the meantime.

ESA's answer cannot give a plan another job than the known one. If the job is not known and the answer names none
that can be read, the result is an error, although Start has succeeded (law 3): ESA has no call that finds a
plan's job, and a state without a readable job id cannot be read, updated or deleted. The error says that the plan
was started. With job_id, the next up adopts the plan as it is and starts nothing.
"""

from dataclasses import dataclass

from pulumi_esa_prefetch.api.errors import BadAnswer, EsaError, NotFound
from pulumi_esa_prefetch.api.models import ACTIVE, Plan
from pulumi_esa_prefetch.provider.errors import NotStarted, PlanGone, StartUnknown
from pulumi_esa_prefetch.provider.hook_call import Attempts, HookCall
from pulumi_esa_prefetch.provider.messages import warn
from pulumi_esa_prefetch.provider.outcome_words import PlanOperation
from pulumi_esa_prefetch.provider.plan_cache import ListCall
from pulumi_esa_prefetch.provider.plan_decision import may_be_stale
from pulumi_esa_prefetch.provider.plan_ref import PlanRef
from pulumi_esa_prefetch.provider.starting.start_decision import (
    AfterStart,
    Listed,
    StartAnswer,
    StartAttempt,
    after_start,
)
from pulumi_esa_prefetch.provider.starting.start_errors import (
    not_shown_yet,
    not_started,
    start_unknown,
    without_job,
)

LOOK_SHARES = (0.0, 0.3, 1.0)
"""When lists are read after a Start, as shares of the time that they may lag."""


@dataclass(frozen=True)
class StartResult:
    """The plan after Start; ``starts``: how many Starts count, 0 if the plan runs without one of ours.

    ``operations``: what was done, in its order.
    """

    plan: Plan
    starts: int = 1
    operations: tuple[PlanOperation, ...] = (PlanOperation.START,)


def start_plan(hook: HookCall, ref: PlanRef, *, restart_failed: bool) -> StartResult:
    """Start the plan and return it as ESA shows it then.

    Its status is None if ESA accepted Start and the status could not be read. Raises NotStarted if no Start had
    an effect, PrefetchError if it is not known whether one had.
    """
    try:
        started = _Starter(hook, ref, restart_failed=restart_failed).run()
    except StartUnknown as error:
        error.left_as = ref.before
        raise
    _remember(hook, started.plan)
    return started


def _remember(hook: HookCall, plan: Plan) -> None:
    """Keep a list that lags from showing the plan as inactive."""
    is_open = may_be_stale(plan, hook.session.clock.now())
    if plan.job_id and (is_open or plan.status in ACTIVE):
        status = "running" if is_open else plan.status or ""
        hook.session.plan_cache.mark_started(plan.job_id, plan.id, status)


class _Starter:
    """One Start with its repeats; ``_last``: the plan as it was last seen, ``_lost``: whether any answer was lost."""

    def __init__(self, hook: HookCall, ref: PlanRef, *, restart_failed: bool) -> None:
        self._hook = hook
        self._ref = ref
        self._restart_failed = restart_failed
        self._attempts = Attempts(hook)
        self._last = ref.before
        self._lost = False

    def run(self) -> StartResult:
        """Start, and repeat until the result is known."""
        while True:
            try:
                started = self._send()
            except EsaError as error:
                started = self._after_error(error)
            if started is not None:
                return started

    @property
    def _waits(self) -> bool:
        return self._last is not None and self._last.status == "waiting"

    def _send(self) -> StartResult | None:
        # A waiting plan may run, and finish, by itself while a refused Start is repeated. So it is not the
        # client that repeats it.
        client = self._hook.client(attempts=1 if self._waits else None)
        answer = client.start_scheduled_preload_execution(plan_id=self._ref.plan_id)
        ref, plan_cache = self._ref, self._hook.session.plan_cache
        plan, contradiction = ref.completed_with(answer), ref.contradiction(answer)
        if plan.job_id is None:
            raise BadAnswer(contradiction or "ESA's answer names no job")
        self._hook.session.warn_once(contradiction)
        if plan.status is None:
            plan_cache.invalidate(plan.job_id)
            self._ref = ref.with_job(plan.job_id)
            return self._look(StartAnswer.ACCEPTED)
        plan_cache.store(plan)
        if _shows_no_effect(ref.status, plan.status):
            warn(f"ESA accepted Start and says that the plan is {plan.status}")
        return StartResult(plan)

    def _after_error(self, error: EsaError) -> StartResult | None:
        """The result; None if Start is to be sent again."""
        self._lost = self._lost or error.ambiguous
        may_skip_list = self._waits and not error.ambiguous
        if not (may_skip_list and self._attempts.wait_before_next(error)):
            started = self._look_up(error)
            if started is not None:
                return started
            if error.under_way:
                raise not_shown_yet(self._ref, error) from None
            if not self._attempts.wait_before_next(error):
                raise NotStarted(
                    f"{self._ref} was not started: {error}; ESA's list shows no effect"
                ) from None
        if may_be_stale(self._last, self._hook.session.clock.now()):
            return self._look(None, error)
        return None

    def _look_up(self, error: EsaError) -> StartResult | None:
        """The result, by lists that are read after the error; None if no Start had an effect."""
        hook, ref, answer = self._hook, self._ref, StartAnswer.of(error)
        if ref.job_id:
            hook.session.plan_cache.invalidate(ref.job_id)
        if isinstance(error, NotFound):
            raise PlanGone(f"{ref} does not exist: {error}") from None
        if not self._attempt(answer).needs_list:
            raise NotStarted(f"{ref} was not started: {error}") from None
        job_id = ref.job_id or hook.session.plan_cache.job_of(ref.plan_id)
        if job_id is None:
            raise without_job(ref, error) from None
        self._ref = ref = ref.with_job(job_id)
        if answer is StartAnswer.ACCEPTED:
            hook.session.warn_once(
                f"{ref}: ESA accepted Start, and its answer cannot be used: {error}"
            )
        return self._look(answer, error)

    def _look(
        self, answer: StartAnswer | None, error: EsaError | None = None
    ) -> StartResult | None:
        """Read lists and do what the table says; None: Start is to be sent again."""
        start, ref = self._attempt(answer), self._ref
        seen, then = self._read_lists(start)
        if then is AfterStart.FAIL_GONE:
            raise PlanGone(f"{ref} does not exist any more") from None
        if then is AfterStart.FAIL_NOT_STARTED:
            raise not_started(ref, start, error, seen) from None
        if then is AfterStart.FAIL_UNKNOWN:
            raise start_unknown(ref, start, error, seen) from None
        if then is AfterStart.RECORD_WITHOUT_STATUS or not isinstance(seen, Plan):
            _warn_without_status(ref, seen)
            return StartResult(ref.with_unknown_status())
        self._last = seen
        if then is AfterStart.REPEAT:
            return None
        if _is_left_waiting(start, seen):
            warn(
                f"{ref} is left waiting for its window, because ESA refused Start: {error}"
            )
        is_ours = start.lost or answer is StartAnswer.ACCEPTED
        if is_ours:
            return StartResult(seen)
        return StartResult(seen, starts=0, operations=(PlanOperation.ADOPT,))

    def _attempt(self, answer: StartAnswer | None) -> StartAttempt:
        return StartAttempt(
            answer,
            at=self._hook.session.clock.now(),
            before=self._ref.status,
            last=self._last.status if self._last else None,
            lost=self._lost,
            restart_failed=self._restart_failed,
        )

    def _read_lists(self, start: StartAttempt) -> tuple[Listed, AfterStart]:
        """What the last list shows, and what to do by it: lists are read until one decides."""
        hook, clock = self._hook, self._hook.session.clock
        if start.answer is None:
            seen = self._listed(hook.list_call())
            return seen, after_start(start, seen, clock.now(), may_lag=False)
        since, shares = clock.monotonic(), iter(LOOK_SHARES)
        then = AfterStart.LOOK_AGAIN
        while then is AfterStart.LOOK_AGAIN:
            share = next(shares)
            hook.session.read_after_write.wait(since, share)
            seen = self._listed(hook.last_list_call())
            may_lag = share < LOOK_SHARES[-1]
            then = after_start(start, seen, clock.now(), may_lag=may_lag)
        return seen, then

    def _listed(self, call: ListCall) -> Listed:
        """The plan in a list that is asked for now."""
        ref, plan_cache = self._ref, self._hook.session.plan_cache
        try:
            seen = plan_cache.get(ref.job_id or "", ref.plan_id, call, max_age=0)
        except EsaError as error:
            return error
        return ref.in_known_job(seen) if seen else None


def _shows_no_effect(before: str | None, after: str) -> bool:
    return after in {"stopped", "failed"} or (after == "finished" == before)


def _is_left_waiting(start: StartAttempt, seen: Plan) -> bool:
    refused = start.answer is StartAnswer.CONFLICT and not start.lost
    return refused and seen.status == "waiting" == start.before


def _warn_without_status(ref: PlanRef, seen: Listed) -> None:
    if isinstance(seen, EsaError):
        why = str(seen)
    else:
        lists = f"lists it as {seen.status}" if seen else "does not list it"
        why = f"ESA accepted Start and still {lists}"
    warn(f"{ref} was started, its status is not known until a refresh: {why}")
