"""How long ESA's lists may lag behind a write, and waiting until they no longer can; calls no API.

The API's documentation promises no read-after-write consistency. So a list that contradicts a recent write is not
trusted; the job is listed again after `LAG`.
"""

from typing import Final

from pulumi_esa_prefetch.clock import Clock

LAG: Final = 3.0
"""Seconds."""


class ReadAfterWrite:
    """Waiting out the lag in one process; what the state holds was written before the process began."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()

    def wait_for_recorded(self) -> float:
        """Wait until lists show all that is in the state, and return the moment from which on they do.

        It waits only in the first seconds of a process.
        """
        self.wait(self._began)
        return self._began + LAG

    def wait(self, since: float, share: float = 1.0) -> None:
        """Wait until lists show all that was written before that moment of the monotonic clock.

        ``share``: the share of `LAG` to wait; with less than 1, a list may still lag.
        """
        left = since + LAG * share - self._clock.monotonic()
        if left > 0:
            self._clock.sleep(left)
