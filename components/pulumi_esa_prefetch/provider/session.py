"""What one process keeps while it works: client, remembered lists, plans it declared; no decision.

The dynamic host calls ``configure`` for every distinct pickle of a provider, with one and the same
configuration, and works with four threads. So a session belongs to the settings, not to a provider
instance: all instances of a process share one.
"""

import os
import random
import threading
from collections import defaultdict
from collections.abc import Callable

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.config import Settings, read_settings
from pulumi_esa_prefetch.provider.plan_lists import PlanLists

CHECK_SECONDS = 5.0


class Session:
    """Shared by all threads of the host."""

    def __init__(
        self,
        client: EsaClient,
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        deadline: float = 120.0,
        verify: bool = True,
    ) -> None:
        self.client = client
        self.clock = clock or SystemClock()
        self.rng = rng or random.Random()  # noqa: S311 -- spreads pauses, guards nothing
        self.deadline = deadline
        self.verify = verify
        self.lists = PlanLists(
            lambda job_id: client.list_scheduled_preload_executions(job_id=job_id),
            self.clock,
        )
        self._kept: set[str] = set()
        self._turns: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()

    def keep(self, plan_id: str) -> None:
        """Remember that this run declares the plan: it has created, adopted or updated it."""
        with self._lock:
            self._kept.add(plan_id)

    def keeps(self, plan_id: str) -> bool:
        """Whether this run declares the plan."""
        with self._lock:
            return plan_id in self._kept

    def turn(self, job_id: str) -> threading.Lock:
        """Whoever sets a job back to its first URL does so alone in this process."""
        with self._lock:
            return self._turns[job_id]

    def is_missing(self, job_id: str, plan_id: str) -> bool:
        """Whether ESA says that the plan does not exist: one attempt, 5 seconds at most.

        Any other failure (network, rights, keys, throttling) is no answer: it turns these looks
        off for the run, with one line.
        """
        brief = self.client.limited(attempts=1, seconds=CHECK_SECONDS)
        try:
            found = self.lists.find(
                job_id,
                plan_id,
                lambda job: brief.list_scheduled_preload_executions(job_id=job),
            )
        except EsaError as error:
            self._stop_verifying(error)
            return False
        return found is None

    def _stop_verifying(self, error: EsaError) -> None:
        with self._lock:
            first, self.verify = self.verify, False
        if first:
            tell(
                f"plans are not looked up before they are created in this run: {error}"
            )


def tell(line: str) -> None:
    """Show the user one line: the host's stdout becomes messages of the deployment."""
    print(f"esa-prefetch: {line}", flush=True)  # noqa: T201


_sessions: dict[Settings, Session] = {}
_sessions_lock = threading.Lock()


def shared_session(get: Callable[[str], str | None]) -> tuple[Settings, Session]:
    """Give this process' session for the stack's configuration and this environment.

    Raises SettingsError.
    """
    settings = read_settings(get, os.environ)
    with _sessions_lock:
        if settings not in _sessions:
            client = EsaClient.from_settings(settings)
            _sessions[settings] = Session(
                client, deadline=settings.deadline, verify=settings.verify
            )
        return settings, _sessions[settings]
