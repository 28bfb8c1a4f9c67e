"""What this process knows of each job's plans: one List call for many askers; starts nothing.

ESA has no call that reads one plan, so reading a plan is listing its job. A list is remembered for
30 seconds, a failed one too: a thousand plans of one job cost one call, and a thousand plans of an
unreachable one cost one deadline.
"""

import itertools
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pulumi_esa_prefetch.api.errors import EsaError, NotFound
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.clock import Clock

MAX_AGE = 30.0
"""Seconds; nothing older than this decides anything."""

ListPlans = Callable[[str], Sequence[Plan]]


@dataclass(frozen=True)
class _Answer:
    """What came of one List call; ``turn`` and ``asked_at`` are those of the question."""

    plans: dict[str, Plan]
    turn: int
    asked_at: float
    error: EsaError | None = None

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


class PlanLists:
    """The remembered lists of all jobs; safe to share between threads."""

    def __init__(self, list_plans: ListPlans, clock: Clock) -> None:
        self._list_plans = list_plans
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._lock = threading.Lock()
        # What came before what is a matter of turns, not of a clock's resolution.
        self._turns = itertools.count()

    def recall(self, job_id: str, plan_id: str) -> Plan | None:
        """One plan by a list of at most 30 seconds; None if that lacks it. Raises EsaError."""
        return self._get(job_id).read().get(plan_id)

    def find(
        self, job_id: str, plan_id: str, list_plans: ListPlans | None = None
    ) -> Plan | None:
        """One plan; None only if a list asked for after this call was made lacks it.

        A remembered list may be older than the plan. ``list_plans`` asks in another way than
        usual (fewer attempts), whose failure is not remembered. Raises EsaError.
        """
        turn = next(self._turns)
        known = self._get(job_id, list_plans=list_plans)
        if plan_id not in known.read() and known.turn < turn:
            known = self._get(job_id, since=turn, list_plans=list_plans)
        return known.read().get(plan_id)

    def look_again(self, job_id: str, plan_id: str) -> Plan | None:
        """One plan, by a list asked for after this call was made. Raises EsaError."""
        since = next(self._turns)
        return self._get(job_id, since=since).read().get(plan_id)

    def others(self, job_id: str, plan_id: str) -> list[Plan]:
        """The job's other plans, by id. Raises EsaError."""
        plans = dict(self._get(job_id).read())
        return [plans[other] for other in sorted(plans) if other != plan_id]

    def job_of(self, plan_id: str) -> str | None:
        """The job in whose remembered list the plan stands, if any."""
        with self._lock:
            jobs = [(job_id, job.answer) for job_id, job in self._jobs.items()]
        return next((j for j, known in jobs if known and plan_id in known.plans), None)

    def note(self, plan: Plan) -> None:
        """Remember what ESA answered to a Start or Stop: the whole plan."""
        if plan.job_id is None:
            return
        job = self._job(plan.job_id)
        with self._lock:
            job.noted[plan.id] = (next(self._turns), plan)
            if job.answer is not None:
                job.answer.plans[plan.id] = plan

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
        self, job_id: str, *, since: int = -1, list_plans: ListPlans | None = None
    ) -> _Answer:
        job = self._job(job_id)
        with job.asking:
            known = job.answer
            if known is None or known.turn < since or self._is_old(known):
                known = self._ask(job_id, list_plans or self._list_plans)
                self._remember(job, known, failure_too=list_plans is None)
        return known

    def _is_old(self, known: _Answer) -> bool:
        return self._clock.monotonic() - known.asked_at > MAX_AGE

    def _ask(self, job_id: str, list_plans: ListPlans) -> _Answer:
        turn, asked_at = next(self._turns), self._clock.monotonic()
        try:
            # The id of a List request says nothing of a Start or Stop.
            plans = {
                plan.id: plan.model_copy(update={"request_id": None})
                for plan in list_plans(job_id)
            }
        except NotFound:
            return _Answer({}, turn, asked_at)
        except EsaError as error:
            return _Answer({}, turn, self._clock.monotonic(), error)
        return _Answer(plans, turn, asked_at)

    def _remember(self, job: _Job, known: _Answer, *, failure_too: bool) -> None:
        with self._lock:
            job.noted = {i: (t, p) for i, (t, p) in job.noted.items() if t > known.turn}
            known.plans.update({i: p for i, (_, p) in job.noted.items()})
            if job.forgotten < known.turn and (failure_too or known.error is None):
                job.answer = known
