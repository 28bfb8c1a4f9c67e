"""Turns signals into a cancellation: the first signal asks to stop after the running steps, the second one at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pulumi_embedded_engine.execution.cancellation import Cancellation

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[Cancellation]:
    """A cancellation that signals request while the block runs.

    A thread receives the signals. Python would run a handler in the main thread, between two instructions: a signal
    that comes just before the main thread waits for a step would be handled only after that step.
    """
    cancellation = Cancellation()
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    listener = threading.Thread(
        target=_listen, args=(reading, cancellation), name="signals", daemon=True
    )
    listener.start()
    woken = signal.set_wakeup_fd(writing)
    before = {number: signal.signal(number, _ignore) for number in SIGNALS}
    try:
        yield cancellation
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(woken)
        os.close(writing)
        listener.join()
        os.close(reading)


def _listen(reading: int, cancellation: Cancellation) -> None:
    while heard := os.read(reading, 64):
        for number in heard:
            if number not in SIGNALS:
                continue
            if cancellation.cancelled:
                cancellation.terminate()
            else:
                cancellation.cancel()


def _ignore(number: int, frame: FrameType | None) -> None:
    # Python writes a signal to the wake-up descriptor only if it has a handler
    del number, frame
