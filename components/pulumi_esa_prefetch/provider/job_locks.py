"""Who may touch a job's place in its URL list: Starts side by side, a rerun alone; it calls nothing.

The place is the job's, so that a plan which goes back to the first URL sets every plan back that runs
beside it. A rerun that waits goes first: Starts that come later wait for it, and so it never starves.
Whoever has a turn never waits for another one, so that there is no deadlock.
"""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pulumi_esa_prefetch.provider.errors import NotStarted
from pulumi_esa_prefetch.provider.plan_ref import Target

ANY_JOB = None
"""In the place of a job's id: a Start whose job nobody knows keeps every rerun waiting."""


class Turns:
    """The turns of all jobs of this process; safe to share between threads."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._starts: Counter[str | None] = Counter()
        self._reruns: Counter[str | None] = Counter()
        self._alone: set[str | None] = set()

    @contextmanager
    def beside(self, target: Target, seconds: float) -> Iterator[None]:
        """Beside other Starts, not beside a rerun of the job. Raises NotStarted after so many seconds."""
        job = target.job_id
        with self._changed:
            self._wait(target, seconds, lambda: not self._is_rerun(job))
            self._starts[job] += 1
        try:
            yield
        finally:
            with self._changed:
                self._starts[job] -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self, target: Target, seconds: float) -> Iterator[None]:
        """Beside no Start and no rerun of the job. Raises NotStarted after so many seconds."""
        job = target.job_id
        with self._changed:
            self._reruns[job] += 1
            try:
                self._wait(target, seconds, lambda: not self._is_touched(job))
            except NotStarted:
                self._leave(job)
                raise
            self._alone.add(job)
        try:
            yield
        finally:
            with self._changed:
                self._alone.remove(job)
                self._leave(job)

    def _wait(self, target: Target, seconds: float, free: Callable[[], bool]) -> None:
        if not self._changed.wait_for(free, seconds):
            raise NotStarted(
                f"{target} was not started: its job was busy with other plans for all the time that "
                "esa-prefetch:deadline allows; run up again"
            )

    def _leave(self, job: str | None) -> None:
        self._reruns[job] -= 1
        self._changed.notify_all()

    def _is_rerun(self, job: str | None) -> bool:
        """Whether a rerun of the job waits or goes on."""
        return self._reruns[job] > 0 if job else self._reruns.total() > 0

    def _is_touched(self, job: str | None) -> bool:
        return job in self._alone or self._starts[job] + self._starts[ANY_JOB] > 0
