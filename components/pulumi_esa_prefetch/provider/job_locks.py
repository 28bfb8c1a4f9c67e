"""A readers-writer lock for each job: Starts share it, a rerun has it alone; it calls no API.

The place in the URL list belongs to the job, so a plan that goes back to the first URL sets back every other
running plan of the job. A rerun that waits has priority: Starts that come later wait for it, so it never starves.
A thread that holds a lock never waits for another one, so there is no deadlock.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pulumi_esa_prefetch.provider.errors import NotStarted
from pulumi_esa_prefetch.provider.plan_ref import PlanRef

ANY_JOB = None
"""Instead of a job's id: while a Start runs whose job is not known, every rerun waits."""


class JobLocks:
    """The locks of all jobs of this process; safe to share between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._shared: Counter[str | None] = Counter()
        self._exclusive: Counter[str | None] = Counter()
        self._held_exclusively: set[str | None] = set()

    @contextmanager
    def shared(self, ref: PlanRef, seconds: float) -> Iterator[None]:
        """Hold the job's lock together with other Starts. Raises NotStarted after so many seconds."""
        job = ref.job_id
        with self._changed:
            self._wait(ref, seconds, lambda: not self._is_wanted_exclusively(job))
            self._shared[job] += 1
        try:
            yield
        finally:
            with self._changed:
                self._shared[job] -= 1
                self._changed.notify_all()

    @contextmanager
    def exclusive(self, ref: PlanRef, seconds: float) -> Iterator[None]:
        """Hold the job's lock alone. Raises NotStarted after so many seconds."""
        job = ref.job_id
        with self._changed:
            self._exclusive[job] += 1
            try:
                self._wait(ref, seconds, lambda: not self._is_held(job))
            except NotStarted:
                self._leave(job)
                raise
            self._held_exclusively.add(job)
        try:
            yield
        finally:
            with self._changed:
                self._held_exclusively.remove(job)
                self._leave(job)

    def _wait(self, ref: PlanRef, seconds: float, free: Callable[[], bool]) -> None:
        if not self._changed.wait_for(free, seconds):
            raise NotStarted(
                f"{ref} was not started: its job was busy with other plans for all the time that "
                "esa-prefetch:deadline allows; run up again"
            )

    def _leave(self, job: str | None) -> None:
        self._exclusive[job] -= 1
        self._changed.notify_all()

    def _is_wanted_exclusively(self, job: str | None) -> bool:
        """Whether a rerun waits for the job's lock or holds it."""
        return self._exclusive[job] > 0 if job else self._exclusive.total() > 0

    def _is_held(self, job: str | None) -> bool:
        return (
            job in self._held_exclusively
            or self._shared[job] + self._shared[ANY_JOB] > 0
        )
