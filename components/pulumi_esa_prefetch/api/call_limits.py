"""What one operation may spend on its tries, and a way to leave what does not come back; repeats nothing."""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pulumi_esa_prefetch.api.errors import EsaError

T = TypeVar("T")


@dataclass(frozen=True)
class CallLimits:
    """Of one operation with all its repeats: seconds, and attempts (None: any number)."""

    seconds: float
    attempts: int | None = None


def run_within(
    seconds: float, call: Callable[[], T], late: Callable[[], EsaError]
) -> T:
    """What `call` returns or raises; `late()` is raised if that takes longer.

    Sockets have a timeout per read, so a server that sends one byte of its headers at a
    time, or a name server that is silent, can hold a thread for as long as it likes. The
    call runs in a thread of its own, which is left behind then and ends with the process.
    """
    done: queue.SimpleQueue[Callable[[], T]] = queue.SimpleQueue()
    threading.Thread(
        target=lambda: done.put(_outcome(call)), name="esa-call", daemon=True
    ).start()
    with contextlib.suppress(queue.Empty):
        result = done.get(timeout=max(0.0, seconds))
        return result()
    raise late()


def _outcome(call: Callable[[], T]) -> Callable[[], T]:
    try:
        value = call()
    except BaseException as error:  # noqa: BLE001 -- raised again in the caller's thread
        caught = error

        def again() -> T:
            raise caught

        return again
    return lambda: value
