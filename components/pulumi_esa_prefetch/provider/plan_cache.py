"""What this process knows of each job's plans: one List call for many askers; starts nothing.

ESA has no call that reads one plan, so reading a plan is listing its job. A list is remembered for
30 seconds, a failed one too: a thousand plans of one job cost one call or two, and a thousand plans of
an unreachable one cost one deadline.
"""

import itertools
import math
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pulumi_esa_prefetch.api.errors import EsaError, NotFound, OutOfTime
from pulumi_esa_prefetch.api.models import GOING_ON, Plan
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.provider.read_after_write import LAG

MAX_AGE = 30.0
"""Seconds; nothing older than this decides anything."""

ListPlans = Callable[[str], Sequence[Plan]]


class StillAsking(OutOfTime):
    """Another thread has asked, and no answer came in the time that this one has."""


@dataclass(frozen=True)
class Look:
    """How one asker lists a job's plans.

    ``seconds``: how long it waits for a thread that asks already; ``lasting``: whether its failure is
    everybody's for a while.
    """

    list_plans: ListPlans
    seconds: float = threading.TIMEOUT_MAX
    lasting: bool = True


@dataclass(frozen=True)
class _Answer:
    """What came of one List call; ``turn`` and ``asked_at`` are those of the question."""

    plans: dict[str, Plan]
    turn: int
    asked_at: float
    error: EsaError | None = None
    job_is_gone: bool = False

    def read(self) -> dict[str, Plan]:
        if self.error is not None:
            raise self.error
        return self.plans


@dataclass
class _Job:
    """What is remembered of one job; ``asking`` lets one thread ask for all."""

    asking: threading.Lock = field(default_factory=threading.Lock)
    answer: _Answer | None = None
    forgotten: int = -1
    noted: dict[str, tuple[int, Plan]] = field(default_factory=dict)
    set_going: dict[str, tuple[float, str]] = field(default_factory=dict)
    """When this process set a plan going, and the status that it has since."""


class PlanLists:
    """The remembered lists of all jobs; safe to share between threads."""

    def __init__(self, list_plans: ListPlans, clock: Clock) -> None:
        self._usual = Look(list_plans)
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        # What came before what is a matter of turns, not of a clock's resolution.
        self._turns = itertools.count()

    def recall(
        self, job_id: str, plan_id: str, look: Look | None = None
    ) -> Plan | None:
        """One plan that is on record; None only if its job is gone or a list asked for now lacks it.

        A list of at most 30 seconds is young enough for a plan that it holds. Raises EsaError.
        """
        return self._find(job_id, plan_id, look, gone_is_gone=True)

    def find(self, job_id: str, plan_id: str, look: Look | None = None) -> Plan | None:
        """One plan; None only if a list asked for after this call was made lacks it.

        A remembered list may be older than the plan, and than its job. Raises EsaError.
        """
        return self._find(job_id, plan_id, look, gone_is_gone=False)

    def _find(
        self, job_id: str, plan_id: str, look: Look | None, *, gone_is_gone: bool
    ) -> Plan | None:
        turn = next(self._turns)
        known = self._get(job_id, look)
        is_final = known.turn > turn or (gone_is_gone and known.job_is_gone)
        if plan_id not in known.read() and not is_final:
            known = self._get(job_id, look, since=turn)
        return known.read().get(plan_id)

    def look_again(
        self, job_id: str, plan_id: str, look: Look | None = None
    ) -> Plan | None:
        """One plan, by a list asked for after this call was made. Raises EsaError."""
        since = next(self._turns)
        return self._get(job_id, look, since=since).read().get(plan_id)

    def recall_after(
        self, moment: float, job_id: str, plan_id: str, look: Look | None = None
    ) -> Plan | None:
        """One plan, by a list asked for after that moment of the monotonic clock. Raises EsaError."""
        return self._get(job_id, look, not_before=moment).read().get(plan_id)

    def others(self, job_id: str, plan_id: str, look: Look | None = None) -> list[Plan]:
        """The job's other plans, by id, without those that ESA calls another job's. Raises EsaError.

        One that this process has set going is so, also while a list may lag behind that.
        """
        plans = dict(self._get(job_id, look).read())
        others = [plans[other] for other in sorted(plans) if other != plan_id]
        return [
            self._as_set_going(job_id, plan)
            for plan in others
            if plan.job_id in {None, job_id}
        ]

    def _as_set_going(self, job_id: str, plan: Plan) -> Plan:
        job, since = self._job(job_id), self._clock.monotonic() - LAG
        with self._lock:
            moment, status = job.set_going.get(plan.id, (-math.inf, ""))
        if moment < since or plan.status in GOING_ON:
            return plan
        return plan.model_copy(update={"status": status})

    def job_of(self, plan_id: str) -> str | None:
        """The job in whose remembered list the plan stands, if any."""
        with self._lock:
            found = [
                (job_id, job.answer.plans.get(plan_id))
                for job_id, job in self._jobs.items()
                if job.answer
            ]
        return next((j for j, plan in found if plan and plan.job_id in {None, j}), None)

    def note(self, plan: Plan) -> None:
        """Remember what ESA answered to a Start or Stop: the whole plan."""
        if plan.job_id is None:
            return
        job = self._job(plan.job_id)
        with self._lock:
            job.set_going.pop(plan.id, None)
            job.noted[plan.id] = (next(self._turns), plan)
            if job.answer is not None:
                job.answer.plans[plan.id] = plan

    def set_going(self, job_id: str, plan_id: str, status: str) -> None:
        """Remember that a Start has taken effect just now: the plan runs or waits, whatever lists say."""
        job = self._job(job_id)
        with self._lock:
            job.set_going[plan_id] = (self._clock.monotonic(), status)

    def forget(self, job_id: str) -> None:
        """Forget a job's list, and one that is on its way: something may have changed."""
        job = self._job(job_id)
        with self._lock:
            job.answer = None
            job.noted.clear()
            job.forgotten = next(self._turns)

    def _job(self, job_id: str) -> _Job:
        with self._lock:
            return self._jobs.setdefault(job_id, _Job())

    def _get(
        self,
        job_id: str,
        look: Look | None,
        *,
        since: int = -1,
        not_before: float = -math.inf,
    ) -> _Answer:
        job, look = self._job(job_id), look or self._usual
        if not job.asking.acquire(timeout=look.seconds):
            raise StillAsking(
                "ListScheduledPreloadExecutions: asked for already, and no answer came in time; allow more "
                "by esa-prefetch:deadline"
            )
        try:
            known = job.answer
            not_before = max(not_before, self._clock.monotonic() - MAX_AGE)
            if known is None or known.turn < since or known.asked_at < not_before:
                known = self._ask(job_id, look.list_plans)
                self._remember(job, known, failure_too=look.lasting)
        finally:
            job.asking.release()
        return known

    def _ask(self, job_id: str, list_plans: ListPlans) -> _Answer:
        turn, asked_at = next(self._turns), self._clock.monotonic()
        try:
            # The id of a List request says nothing of a Start or Stop.
            plans = {
                plan.id: plan.model_copy(update={"request_id": None})
                for plan in list_plans(job_id)
            }
        except NotFound:
            return _Answer({}, turn, asked_at, job_is_gone=True)
        except EsaError as error:
            return _Answer({}, turn, self._clock.monotonic(), error)
        return _Answer(plans, turn, asked_at)

    def _remember(self, job: _Job, known: _Answer, *, failure_too: bool) -> None:
        with self._lock:
            job.noted = {i: (t, p) for i, (t, p) in job.noted.items() if t > known.turn}
            known.plans.update({i: p for i, (_, p) in job.noted.items()})
            if job.forgotten < known.turn and (failure_too or known.error is None):
                job.answer = known
