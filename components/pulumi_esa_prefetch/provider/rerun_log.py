"""What one process has run again, and since when each job is at its first URL; it calls and decides nothing.

The place in the URL list is the job's: plans that run again in one run go back to the first URL together.
"""

import threading

from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.errors import PrefetchError


class RerunLog:
    """The reruns of one process; safe to share between threads."""

    def __init__(self) -> None:
        self._started: dict[str, set[str]] = {}
        self._results: dict[tuple[str, str], Plan | PrefetchError] = {}
        self._lock = threading.Lock()

    def note_reset(self, job_id: str) -> None:
        """Remember that ESA has set the job back to its first URL."""
        with self._lock:
            self._started[job_id] = set()

    def note_started(self, job_id: str, plan_id: str) -> None:
        """Remember that the plan runs again; it matters if the job was set back before."""
        with self._lock:
            self._started.get(job_id, set()).add(plan_id)

    def started_since_reset(self, job_id: str) -> frozenset[str]:
        """The plans that run again since this process has set their job back."""
        with self._lock:
            return frozenset(self._started.get(job_id, ()))

    def note_result(
        self, plan_id: str, triggers: str, end: Plan | PrefetchError
    ) -> None:
        """Remember what came of running the plan again for these triggers."""
        with self._lock:
            self._results[plan_id, triggers] = end

    def result(self, plan_id: str, triggers: str) -> Plan | None:
        """The plan as it was when it had been run again for these triggers; None: it was not.

        Raises PrefetchError, the same once more, if nobody knows whether it was.
        """
        with self._lock:
            end = self._results.get((plan_id, triggers))
        if isinstance(end, PrefetchError):
            raise PrefetchError(str(end))
        return end
