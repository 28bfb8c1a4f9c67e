"""One hook's work: the session, and what is left of the one deadline for all its calls; decides nothing."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.api.retry import delay, may_repeat
from pulumi_esa_prefetch.provider.plan_cache import ListCall
from pulumi_esa_prefetch.provider.session import ProviderSession

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient

LEAST_SECONDS = 5.0
"""What a call gets that begins near the deadline: cut short, its answer would only be lost."""
BRIEF_SECONDS = 5.0
"""What all looks of one ``check`` get together."""


class HookCall:
    """The work of one hook."""

    def __init__(
        self,
        session: ProviderSession,
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
    def brief(cls, session: ProviderSession) -> "HookCall":
        """Work that must never be in the way: a few seconds, one attempt for each call."""
        return cls(session, seconds=BRIEF_SECONDS, attempts=1, least=0.0)

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline, at least 0."""
        left = self._end - self.session.clock.monotonic()
        return min(max(0.0, left), threading.TIMEOUT_MAX)

    def client(self, *, attempts: int | None = None) -> "EsaClient":
        """The session's client, for one call: after the deadline it sends none (OutOfTime).

        ``attempts``: how often it may send the call; None: as often as all calls of this work.
        """
        seconds = max(self._least, self.seconds_left) if self.seconds_left else 0.0
        return self.session.client.limited(
            attempts=attempts or self._attempts, seconds=seconds
        )

    def list_call(self) -> ListCall:
        """How to list plans in the time that is left.

        A failure is everybody's if there was time: one that had none says nothing of ESA.
        """
        in_time = self._attempts is None and self.seconds_left * 2 > self._seconds
        return ListCall(
            lambda job: self.session.list_plans(self.client(), job),
            self.seconds_left,
            cache_failure=in_time,
        )

    def find_new_plan(
        self, job_id: str, plan_id: str, *, waits: Callable[[], bool] = lambda: True
    ) -> Plan | None:
        """A plan that may have been made a moment ago: if no list shows it, look once more when none can lag.

        ``waits``: whether it is worth the wait, asked only if the plan is not seen. One that ESA lists as
        another job's is not the one that is declared. Raises EsaError.
        """
        session = self.session
        since = session.clock.monotonic()
        plan = session.plan_cache.find(job_id, plan_id, self.list_call())
        if plan is None and waits():
            session.read_after_write.wait(since)
            plan = session.plan_cache.get(job_id, plan_id, self.list_call(), max_age=0)
        return plan if plan and plan.job_id in {None, job_id} else None

    def last_list_call(self) -> ListCall:
        """The look at what a call has done, which may come after the deadline: the truth is worth seconds."""
        seconds = max(LEAST_SECONDS, self.seconds_left)
        client = self.session.client.limited(seconds=seconds)
        return ListCall(
            lambda job: self.session.list_plans(client, job),
            seconds,
            cache_failure=False,
        )


class Attempts:
    """The attempts of one call, within its hook's deadline."""

    def __init__(self, hook: HookCall) -> None:
        self._hook = hook
        self._count = 0

    def wait_before_next(self, error: EsaError) -> bool:
        """Wait before one more attempt after this failure; False if there is to be none."""
        self._count += 1
        session = self._hook.session
        pause = delay(error, self._count, session.rng)
        if pause >= self._hook.seconds_left:
            return False
        if not may_repeat(error, self._count, safe_to_repeat=True):
            return False
        session.clock.sleep(pause)
        return True
