"""How long ESA's lists may lag behind a write, and waiting until they no longer can; asks ESA nothing.

The API's pages promise no read of one's own writes. So a list that contradicts what has just been written
is not believed before it is asked for again so much later.
"""

from typing import Final

from pulumi_esa_prefetch.clock import Clock

LAG: Final = 3.0
"""Seconds."""


class ReadAfterWrite:
    """The lag as one process meets it; what is on record was written before the process began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    def wait_for_recorded(self) -> float:
        """Wait until a list shows whatever is on record, and say from which moment on lists do.

        After the first seconds of a process it does not wait at all.
        """
        self.wait(self._began)
        return self._began + LAG

    def wait(self, since: float, share: float = 1.0) -> None:
        """Wait until a list shows whatever was written before that moment of the monotonic clock.

        ``share``: of all the time that it may take.
        """
        left = since + LAG * share - self._clock.monotonic()
        if left > 0:
            self._clock.sleep(left)
