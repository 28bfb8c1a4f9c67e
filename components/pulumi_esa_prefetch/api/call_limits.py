"""The limits of one operation (seconds, attempts), and a way to stop waiting for a call that does not return."""

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
    """The limits of one operation with all its retries: seconds, and attempts (None: any number)."""

    seconds: float
    attempts: int | None = None


def run_within(
    seconds: float, call: Callable[[], T], late: Callable[[], EsaError]
) -> T:
    """The result of `call`, or its exception; raises `late()` if the call takes longer than `seconds`.

    The timeout of a socket is for each read. A server that sends its headers byte by byte, or
    a name server that does not answer, can therefore block a thread for any time. So the call
    runs in its own thread. After the timeout nobody waits for that thread; it ends with the process.
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
