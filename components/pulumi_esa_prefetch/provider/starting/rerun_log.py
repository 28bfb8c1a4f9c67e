"""A log of the reruns and Resets of one process; it calls and decides nothing.

The place in the URL list belongs to the job. So plans of one job that run again in one run share one Reset.
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
        """Remember that the job was reset to its first URL."""
        with self._lock:
            self._started[job_id] = set()

    def note_started(self, job_id: str, plan_id: str) -> None:
        """Remember that the plan was started again, if its job was reset before."""
        with self._lock:
            self._started.get(job_id, set()).add(plan_id)

    def started_since_reset(self, job_id: str) -> frozenset[str]:
        """The plans that were started again since this process reset their job."""
        with self._lock:
            return frozenset(self._started.get(job_id, ()))

    def note_result(
        self, plan_id: str, triggers: str, end: Plan | PrefetchError
    ) -> None:
        """Remember the result of running the plan again for these triggers."""
        with self._lock:
            self._results[plan_id, triggers] = end

    def result(self, plan_id: str, triggers: str) -> Plan | None:
        """The plan after it was run again for these triggers; None if it was not.

        Raises the same PrefetchError again if it is not known whether it was.
        """
        with self._lock:
            end = self._results.get((plan_id, triggers))
        if isinstance(end, PrefetchError):
            raise PrefetchError(str(end))
        return end
