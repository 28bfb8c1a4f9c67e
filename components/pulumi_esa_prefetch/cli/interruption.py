"""Signals as wishes: the first lets what runs finish and be saved, the second ends all at once; ends nothing itself."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

from pulumi_esa_prefetch.engine.cancellation import Cancellation

SIGNALS: Final = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
)


@contextmanager
def interruptible() -> Iterator[Cancellation]:
    """A cancellation that signals ask for, as long as the block lasts."""
    cancellation = Cancellation()

    def asked(number: int, frame: FrameType | None) -> None:
        del number, frame
        if cancellation.requested:
            cancellation.abort()
        else:
            cancellation.request()

    before = {number: signal.signal(number, asked) for number in SIGNALS}
    try:
        yield cancellation
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
