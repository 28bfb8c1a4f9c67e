"""A cache of each job's list of plans: one List call serves many threads; starts nothing.

ESA has no call that reads one plan, so reading a plan means listing its job. A list is cached for 30 seconds, a
failed one too: a thousand plans of one job cost one or two calls, and if ESA cannot be reached, one deadline.
"""

import itertools
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from pulumi_esa_prefetch.api.errors import EsaError, NotFound, OutOfTime
from pulumi_esa_prefetch.api.models import ACTIVE, Plan
from pulumi_esa_prefetch.api.plan_list import (
    PlanList,
    UnreadablePlan,
    refuse_unreadable,
)
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.provider.read_after_write import LAG

MAX_AGE = 30.0
"""Seconds; no decision is made by an older list."""

ListPlans = Callable[[str], PlanList]


class ListInProgress(OutOfTime):
    """Another thread is listing the job, and this one has no time left to wait for it."""


@dataclass(frozen=True)
class ListCall:
    """How one caller lists a job's plans.

    ``seconds``: how long it waits for another thread that is listing the job; ``cache_failure``: whether a failure is
    cached for other callers too.
    """

    list_plans: ListPlans
    seconds: float = threading.TIMEOUT_MAX
    cache_failure: bool = True


@dataclass(frozen=True)
class _ListAnswer:
    """The result of one List call; ``number`` and ``requested_at`` are those of its beginning."""

    plans: dict[str, Plan]
    number: int
    requested_at: float
    error: EsaError | None = None
    job_is_gone: bool = False
    unreadable: tuple[UnreadablePlan, ...] = ()

    def read(self) -> dict[str, Plan]:
        if self.error is not None:
            raise self.error
        return self.plans

    def plan(self, plan_id: str) -> Plan | None:
        """The plan, None if it is not listed; an entry that cannot be read is never "not listed"."""
        plan = self.read().get(plan_id)
        if plan is None:
            refuse_unreadable(plan_id, self.unreadable)
        return plan

    def names(self, plan_id: str) -> bool:
        """Whether the list holds the plan, also if it cannot be read."""
        return plan_id in self.read() or plan_id in {e.id for e in self.unreadable}


@dataclass
class _CachedJob:
    """What is cached for one job; ``lock`` lets one thread list the job for all."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: _ListAnswer | None = None
    invalidated: int = -1
    stored: dict[str, tuple[int, Plan]] = field(default_factory=dict)
    started: dict[str, tuple[float, str]] = field(default_factory=dict)
    """When this process started a plan, and the status that it has since."""


class PlanCache:
    """The cached lists of all jobs; safe to share between threads."""

    def __init__(self, list_plans: ListPlans, clock: Clock) -> None:
        self._usual = ListCall(list_plans)
        self._clock = clock
        self._jobs: dict[str, _CachedJob] = {}
        self._lock = threading.Lock()
        # Order is by number: the resolution of a clock is too coarse for it.
        self._numbers = itertools.count()

    def find(
        self,
        job_id: str,
        plan_id: str,
        call: ListCall | None = None,
        *,
        recorded: bool = False,
    ) -> Plan | None:
        """One plan; None only if a list that was requested after this call began does not hold it.

        A cached list is good enough for a plan that it holds. Another plan may be younger than that list, so the job
        is listed again for it. ``recorded``: the plan is in the state, so if its job is gone the plan is too, and the
        job is not listed again. Raises EsaError.
        """
        number = next(self._numbers)
        known = self._get(job_id, call)
        is_final = known.number > number or (recorded and known.job_is_gone)
        if not known.names(plan_id) and not is_final:
            known = self._get(job_id, call, since=number)
        return known.plan(plan_id)

    def get(
        self,
        job_id: str,
        plan_id: str,
        call: ListCall | None = None,
        *,
        max_age: float = MAX_AGE,
        not_before: float = -math.inf,
    ) -> Plan | None:
        """One plan, by a list that is recent enough; None if that list does not hold it. Raises EsaError.

        ``max_age``: in seconds; with 0, the list is requested after this call began. ``not_before``: the list is
        requested after that moment of the monotonic clock.
        """
        oldest = max(not_before, self._clock.monotonic() - max_age)
        since = -1 if max_age else next(self._numbers)
        known = self._get(job_id, call, since=since, not_before=oldest)
        return known.plan(plan_id)

    def other_plans(
        self, job_id: str, plan_id: str, call: ListCall | None = None
    ) -> list[Plan]:
        """The job's other plans, sorted by id, without those that ESA lists as another job's. Raises EsaError.

        A plan that this process has just started has that status, even if the list lags behind. Of a plan that cannot
        be read only the status is known: a Reset must not set it back while it runs.
        """
        known = self._get(job_id, call)
        plans = dict(known.read())
        others = [plans[other] for other in sorted(plans) if other != plan_id]
        unreadable = [
            Plan(id=entry.id or "(without an id)", status=entry.status)
            for entry in known.unreadable
            if entry.id is None or entry.id not in {plan_id, *plans}
        ]
        return [
            self._as_started(job_id, plan)
            for plan in [*others, *unreadable]
            if plan.job_id in {None, job_id}
        ]

    def _as_started(self, job_id: str, plan: Plan) -> Plan:
        job, since = self._job(job_id), self._clock.monotonic() - LAG
        with self._lock:
            moment, status = job.started.get(plan.id, (-math.inf, ""))
        if moment < since or plan.status in ACTIVE:
            return plan
        return plan.model_copy(update={"status": status})

    def job_of(self, plan_id: str) -> str | None:
        """The job whose cached list holds the plan, if any."""
        with self._lock:
            found = [
                (job_id, job.answer.plans.get(plan_id))
                for job_id, job in self._jobs.items()
                if job.answer
            ]
        return next((j for j, plan in found if plan and plan.job_id in {None, j}), None)

    def store(self, plan: Plan) -> None:
        """Cache the plan that ESA returned for a Start or Stop."""
        if plan.job_id is None:
            return
        job = self._job(plan.job_id)
        with self._lock:
            job.started.pop(plan.id, None)
            job.stored[plan.id] = (next(self._numbers), plan)
            if job.answer is not None:
                job.answer.plans[plan.id] = plan

    def mark_started(self, job_id: str, plan_id: str, status: str) -> None:
        """Remember that a plan has just been started: it runs or waits, also if a list does not show it yet."""
        job = self._job(job_id)
        with self._lock:
            job.started[plan_id] = (self._clock.monotonic(), status)

    def invalidate(self, job_id: str) -> None:
        """Drop a job's list, and any that is being read: something may have changed."""
        job = self._job(job_id)
        with self._lock:
            job.answer = None
            job.stored.clear()
            job.invalidated = next(self._numbers)

    def _job(self, job_id: str) -> _CachedJob:
        with self._lock:
            return self._jobs.setdefault(job_id, _CachedJob())

    def _get(
        self,
        job_id: str,
        call: ListCall | None,
        *,
        since: int = -1,
        not_before: float = -math.inf,
    ) -> _ListAnswer:
        job, call = self._job(job_id), call or self._usual
        if not job.lock.acquire(timeout=call.seconds):
            raise ListInProgress(
                "ListScheduledPreloadExecutions: another thread waits for it, and no answer came in time; allow more "
                "by esa-prefetch:deadline"
            )
        try:
            known = job.answer
            not_before = max(not_before, self._clock.monotonic() - MAX_AGE)
            if known is None or known.number < since or known.requested_at < not_before:
                known = self._list(job_id, call.list_plans)
                self._remember(job, known, cache_failure=call.cache_failure)
        finally:
            job.lock.release()
        return known

    def _list(self, job_id: str, list_plans: ListPlans) -> _ListAnswer:
        number, requested_at = next(self._numbers), self._clock.monotonic()
        try:
            listed = list_plans(job_id)
        except NotFound:
            return _ListAnswer({}, number, requested_at, job_is_gone=True)
        except EsaError as error:
            return _ListAnswer({}, number, self._clock.monotonic(), error)
        # The state keeps the request id of a Start or Stop, not that of a List.
        plans = {
            plan.id: plan.model_copy(update={"request_id": None}) for plan in listed
        }
        return _ListAnswer(plans, number, requested_at, unreadable=listed.unreadable)

    def _remember(
        self, job: _CachedJob, known: _ListAnswer, *, cache_failure: bool
    ) -> None:
        with self._lock:
            job.stored = {
                i: (t, p) for i, (t, p) in job.stored.items() if t > known.number
            }
            known.plans.update({i: p for i, (_, p) in job.stored.items()})
            if job.invalidated < known.number and (
                cache_failure or known.error is None
            ):
                job.answer = known
