"""One call of a hook: the session, and one deadline for all its API calls; decides nothing."""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from pulumi_esa_prefetch.api.errors import EsaError, Interrupted
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.api.retry import delay, may_repeat
from pulumi_esa_prefetch.provider.plan_cache import ListCall
from pulumi_esa_prefetch.provider.plan_decision import missing
from pulumi_esa_prefetch.provider.session import ProviderSession

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient

LEAST_SECONDS = 5.0
"""The least time for an API call, also near the deadline: cut short, only its answer would be lost."""
BRIEF_SECONDS = 5.0
"""The deadline of ``check``, for all its lists together."""


class HookCall:
    """One call of a hook."""

    def __init__(
        self,
        session: ProviderSession,
        *,
        seconds: float | None = None,
        attempts: int | None = None,
        least: float = LEAST_SECONDS,
        refused: EsaError | None = None,
    ) -> None:
        self.session = session
        self._refused = refused
        self.seconds = session.deadline if seconds is None else seconds
        self._attempts = attempts
        self._least = least
        self._end = session.clock.monotonic() + self.seconds

    @classmethod
    def brief(cls, session: ProviderSession) -> "HookCall":
        """A call of ``check``, which must not delay a run: a few seconds, one attempt for each API call.

        Once keys were refused in this run it sends nothing, and raises that error.
        """
        return cls(
            session,
            seconds=BRIEF_SECONDS,
            attempts=1,
            least=0.0,
            refused=session.refused_keys,
        )

    @property
    def seconds_left(self) -> float:
        """Seconds until the deadline, at least 0."""
        left = self._end - self.session.clock.monotonic()
        return min(max(0.0, left), threading.TIMEOUT_MAX)

    def client(self, *, attempts: int | None = None) -> "EsaClient":
        """The session's client, for one API call; after the deadline it sends nothing and raises OutOfTime.

        Once the run is interrupted it raises Interrupted; only `last_list_call` goes on then.

        ``attempts``: how often it may send the call; None: as often as this hook allows.
        """
        if self._refused is not None:
            raise self._refused
        if self.session.interrupted.is_set():
            raise Interrupted("nothing more is sent, as the run was interrupted")
        seconds = max(self._least, self.seconds_left) if self.seconds_left else 0.0
        return self.session.client.limited(
            attempts=attempts or self._attempts, seconds=seconds
        )

    def list_call(self) -> ListCall:
        """How to list plans in the time that is left.

        A failure is cached for other hooks if there was enough time. A failure for lack of time says nothing
        about ESA.
        """
        in_time = self._attempts is None and self.seconds_left * 2 > self.seconds
        return ListCall(
            lambda job: self.session.list_plans(self.client(), job),
            self.seconds_left,
            cache_failure=in_time,
        )

    def find_new_plan(
        self, job_id: str, plan_id: str, *, waits: Callable[[], bool] = lambda: True
    ) -> Plan | None:
        """Find a plan that may have been created a moment ago; None if it does not exist.

        If no list shows it, it is listed once more when lists cannot lag any longer. ``waits``: whether to wait for
        that; called only if the plan was not listed. A plan that ESA lists as another job's does not count.
        Raises EsaError.
        """
        session = self.session
        since = session.clock.monotonic()
        plan = session.plan_cache.find(job_id, plan_id, self.list_call())
        if plan is None and waits():
            session.read_after_write.wait(since)
            plan = session.plan_cache.get(job_id, plan_id, self.list_call(), max_age=0)
        return plan if plan and plan.job_id in {None, job_id} else None

    def missing(self, job_id: str) -> str:
        """Why a plan is refused that the job, which was just listed, does not have; names plans that it has."""
        try:
            others = self.session.plan_cache.other_plans(job_id, "", self.list_call())
        except EsaError:
            others = []
        return missing([plan.id for plan in others])

    def last_list_call(self) -> ListCall:
        """How to list plans after a call, to see its effect; this may take a few seconds after the deadline."""
        seconds = max(LEAST_SECONDS, self.seconds_left)
        client = self.session.client.limited(seconds=seconds)
        return ListCall(
            lambda job: self.session.list_plans(client, job),
            seconds,
            cache_failure=False,
        )


class Attempts:
    """The attempts of one API call, within the deadline of its hook."""

    def __init__(self, hook: HookCall) -> None:
        self._hook = hook
        self._count = 0

    def wait_before_next(self, error: EsaError) -> bool:
        """Wait before the next attempt after this failure; False if there is to be none."""
        self._count += 1
        session = self._hook.session
        pause = delay(error, self._count, session.rng)
        if pause >= self._hook.seconds_left:
            return False
        if not may_repeat(error, self._count, safe_to_repeat=True):
            return False
        session.clock.sleep(pause)
        return True
