"""Ends a provider's process once its engine is gone; never while the engine lives.

The CLI ends its providers itself, unless it is killed. Then they would run for ever: what their hooks do is
finished, and cannot be recorded any more. The dynamic host serves all dynamic providers of a program, so there the
hooks of others count too.
"""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

from pulumi_esa_prefetch.provider.messages import engine_address
from pulumi_esa_prefetch.tracing.spans import flush

PAUSE = 2.0
"""Seconds between two looks at the engine."""
REFUSALS = 2
"""How often in a row nothing must listen at the engine's address: a live engine always listens."""
_CONNECT_SECONDS = 1.0

_lock = threading.Lock()
_watches = False


def end_with_engine(is_busy: Callable[[], bool] | None = None) -> None:
    """Watch the engine from now on, if this process knows its address.

    ``is_busy``: whether a hook runs; without, the threads of a dynamic host are looked at.
    """
    global _watches
    address = engine_address()
    with _lock:
        first, _watches = not _watches, True
    if address and first:
        thread = threading.Thread(
            target=_watch, args=[address, is_busy or _a_hook_runs], daemon=True
        )
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


def _watch(address: str, is_busy: Callable[[], bool]) -> None:
    refused = 0
    while True:
        time.sleep(PAUSE)
        refused = refused + 1 if engine_is_gone(address) else 0
        if refused >= REFUSALS and not is_busy():
            flush()
            os._exit(0)


def _a_hook_runs() -> bool:
    """Whether a thread handles a request, of whatever provider: then code of the host's main module is on its stack."""
    main = threading.main_thread().ident
    stacks = sys._current_frames()  # noqa: SLF001 -- the SDK offers no way to ask
    return any(_is_handler(frame) for ident, frame in stacks.items() if ident != main)


def _is_handler(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_globals.get("__name__") != "__main__":
        frame = frame.f_back
    return frame is not None
