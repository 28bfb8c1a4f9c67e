"""Ends the dynamic host once its engine is gone; never while the engine lives.

The CLI ends its hosts itself, unless it is killed. Then the host would run for ever: what its hooks do is finished,
and cannot be recorded any more.
"""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator

from pulumi_esa_prefetch.provider.messages import engine_address

PAUSE = 2.0
"""Seconds between two looks at the engine."""
REFUSALS = 2
"""How often in a row nothing must listen at the engine's address: a live engine always listens."""
_CONNECT_SECONDS = 1.0

_running = 0
_lock = threading.Lock()
_watches = False


@contextlib.contextmanager
def hook_runs() -> Iterator[None]:
    """While a hook runs, the host does not end."""
    global _running  # noqa: PLW0603 -- one number per process
    with _lock:
        _running += 1
    try:
        yield
    finally:
        with _lock:
            _running -= 1


def end_with_engine() -> None:
    """Watch the engine from now on, if this process is a dynamic host."""
    global _watches
    address = engine_address()
    with _lock:
        first, _watches = not _watches, True
    if address and first:
        thread = threading.Thread(target=_watch, args=[address], daemon=True)
        thread.start()


def engine_is_gone(address: str) -> bool:
    """Whether nothing listens at the address; any other failure to connect proves nothing."""
    host, _, port = address.rpartition(":")
    try:
        place = (host.strip("[]"), int(port))
        socket.create_connection(place, _CONNECT_SECONDS).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return False


def _watch(address: str) -> None:
    refused = 0
    while True:
        time.sleep(PAUSE)
        refused = refused + 1 if engine_is_gone(address) else 0
        if refused >= REFUSALS and not _running:
            os._exit(0)
