"""One hook's work: the session, and what is left of the one deadline for all its calls; decides nothing."""

import threading
from collections.abc import Callable

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.api.retry import delay, may_repeat
from pulumi_esa_prefetch.provider.plan_cache import Look
from pulumi_esa_prefetch.provider.session import Session

LEAST_SECONDS = 5.0
"""What a call gets that begins near the deadline: cut short, its answer would only be lost."""
BRIEF_SECONDS = 5.0
"""What all looks of one ``check`` get together."""


class Work:
    """The work of one hook."""

    def __init__(
        self,
        session: Session,
        *,
        seconds: float | None = None,
        attempts: int | None = None,
        least: float = LEAST_SECONDS,
    ) -> None:
        self.session = session
        self._seconds = session.deadline if seconds is None else seconds
        self._attempts = attempts
        self._least = least
        self._end = session.clock.monotonic() + self._seconds

    @classmethod
    def brief(cls, session: Session) -> "Work":
        """Work that must never be in the way: a few seconds, one attempt for each call."""
        return cls(session, seconds=BRIEF_SECONDS, attempts=1, least=0.0)

    @property
    def left(self) -> float:
        """Seconds until the deadline, at least 0."""
        left = self._end - self.session.clock.monotonic()
        return min(max(0.0, left), threading.TIMEOUT_MAX)

    def client(self, *, attempts: int | None = None) -> EsaClient:
        """The session's client, for one call: after the deadline it sends none (OutOfTime).

        ``attempts``: how often it may send the call; None: as often as all calls of this work.
        """
        seconds = max(self._least, self.left) if self.left else 0.0
        return self.session.client.limited(
            attempts=attempts or self._attempts, seconds=seconds
        )

    def look(self) -> Look:
        """How to list plans in the time that is left.

        A failure is everybody's if there was time: one that had none says nothing of ESA.
        """
        in_time = self._attempts is None and self.left * 2 > self._seconds
        return Look(
            lambda job: self.session.list_plans(self.client(), job),
            self.left,
            lasting=in_time,
        )

    def find_new(
        self, job_id: str, plan_id: str, *, waits: Callable[[], bool] = lambda: True
    ) -> Plan | None:
        """A plan that may have been made a moment ago: if no list shows it, look once more when none can lag.

        ``waits``: whether it is worth the wait, asked only if the plan is not seen. One that ESA lists as
        another job's is not the one that is declared. Raises EsaError.
        """
        session = self.session
        since = session.clock.monotonic()
        plan = session.lists.find(job_id, plan_id, self.look())
        if plan is None and waits():
            session.lag.outwait(since)
            plan = session.lists.look_again(job_id, plan_id, self.look())
        return plan if plan and plan.job_id in {None, job_id} else None

    def last_look(self) -> Look:
        """The look at what a call has done, which may come after the deadline: the truth is worth seconds."""
        seconds = max(LEAST_SECONDS, self.left)
        client = self.session.client.limited(seconds=seconds)
        return Look(
            lambda job: self.session.list_plans(client, job), seconds, lasting=False
        )


class Laps:
    """The attempts of one call, within its hook's deadline."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._count = 0

    def again(self, error: EsaError) -> bool:
        """Wait before one more attempt after this failure; False if there is to be none."""
        self._count += 1
        session = self._work.session
        pause = delay(error, self._count, session.rng)
        if pause >= self._work.left:
            return False
        if not may_repeat(error, self._count, safe_to_repeat=True):
            return False
        session.clock.sleep(pause)
        return True
