"""The limits of one operation (seconds, attempts), and a way to stop waiting for a call that does not return."""

import contextlib
import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from pulumi_esa_prefetch.api.errors import EsaError

T = TypeVar("T")

_IDLE_SECONDS = 10.0
"""After so long without a call a thread ends."""


@dataclass(frozen=True)
class CallLimits:
    """The limits of one operation with all its retries: seconds, and attempts (None: any number)."""

    seconds: float
    attempts: int | None = None


def run_within(
    seconds: float, call: Callable[[], T], late: Callable[[], EsaError]
) -> T:
    """The result of `call`, or its exception; raises `late()` if the call takes longer than `seconds`.

    The timeout of a socket is for each read. A server that sends its headers byte by byte, or
    a name server that does not answer, can therefore block a thread for any time. So the call
    runs in another thread. After the timeout nobody waits for that thread; it ends with the process.
    """
    done: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()
    _CallThread.free().run_next(lambda: done.put(_outcome(call)))
    with contextlib.suppress(queue.Empty):
        result = done.get(timeout=max(0.0, seconds))
        return result()
    raise late()


class _CallThread(threading.Thread):
    """A thread that makes one call after the other: a new thread for each costs a third of a call's CPU time."""

    _idle: ClassVar[deque["_CallThread"]] = deque()

    def __init__(self) -> None:
        super().__init__(name="esa-call", daemon=True)
        self._next: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.start()

    @classmethod
    def free(cls) -> "_CallThread":
        """One that has nothing to do."""
        with contextlib.suppress(IndexError):
            return cls._idle.pop()
        return cls()

    @classmethod
    def forget_all(cls) -> None:
        """Use none of the present threads, of which a forked process has none."""
        cls._idle.clear()

    def run_next(self, call: Callable[[], None]) -> None:
        """Make this call."""
        self._next.put(call)

    def run(self) -> None:
        """Make calls until there is none for a while."""
        while call := self._next_call():
            call()
            self._idle.append(self)

    def _next_call(self) -> Callable[[], None] | None:
        with contextlib.suppress(queue.Empty):
            return self._next.get(timeout=_IDLE_SECONDS)
        with contextlib.suppress(ValueError):
            self._idle.remove(self)
            return None
        # Taken at this moment, so that a call comes; or forgotten, and then none comes.
        with contextlib.suppress(queue.Empty):
            return self._next.get(timeout=_IDLE_SECONDS)
        return None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_CallThread.forget_all)


def _outcome(call: Callable[[], T]) -> Callable[[], T]:
    try:
        value = call()
    except BaseException as error:  # noqa: BLE001 -- raised again in the caller's thread
        caught = error

        def again() -> T:
            raise caught

        return again
    return lambda: value
