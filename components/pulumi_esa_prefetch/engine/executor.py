"""Workers that do chains of steps, so many at once; knows neither journal nor providers."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final

from pulumi_esa_prefetch.engine.steps import Step

_MOST: Final = 512


class Executor:
    """A chain's steps are done one after the other; a chain is taken when a worker is free."""

    def __init__(
        self,
        parallel: int,
        perform: Callable[[Step], bool],
        leave_out: Callable[[Sequence[Step]], None] = lambda _: None,
    ) -> None:
        workers = max(1, min(parallel, _MOST))
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="step")
        self._workers = self._free = workers
        self._change = threading.Condition()
        self._perform, self._leave_out = perform, leave_out
        self._stopped = False

    def submit(self, chain: Sequence[Step]) -> "Future[None]":
        """Have a chain done; waits for a free worker, and does nothing once stopped."""
        with self._change:
            self._change.wait_for(lambda: self._free > 0 or self._stopped)
            if self._stopped:
                nothing: Future[None] = Future()
                nothing.set_result(None)
                return nothing
            self._free -= 1
        return self._pool.submit(self._run, tuple(chain))

    def layer(self, steps: Sequence[Step]) -> None:
        """Have independent steps done, and wait for all."""
        wait([self.submit([step]) for step in steps])

    def drain(self) -> None:
        """Wait until every worker is free."""
        with self._change:
            self._change.wait_for(lambda: self._free == self._workers)

    def stop(self) -> None:
        """Start nothing new: not even the rest of a chain."""
        with self._change:
            self._stopped = True
            self._change.notify_all()

    def join(self) -> None:
        """Wait for all that was taken."""
        self._pool.shutdown(wait=True)

    def _run(self, chain: Sequence[Step]) -> None:
        try:
            for place, step in enumerate(chain):
                if self._stopped:
                    return
                if not self._perform(step):
                    if not self._stopped:
                        # Somebody may wait for the answer of a later step of the chain.
                        self._leave_out(chain[place + 1 :])
                    return
        finally:
            with self._change:
                self._free += 1
                self._change.notify_all()
