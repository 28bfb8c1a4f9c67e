"""The command line of a probe in its own process, where a wait moves the emulator's clock."""

import os
import sys
from datetime import UTC, datetime, timedelta

import httpx

from pulumi_esa_cli.esa import probe_command
from pulumi_esa_cli.main import main


class RemoteClock:
    """The emulator's clock: a wait moves it, by its control path."""

    def __init__(self) -> None:
        self._waited = 0.0
        self._http = httpx.Client(base_url=os.environ["ESA_ENDPOINT"], trust_env=False)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._waited)

    def monotonic(self) -> float:
        return self._waited

    def sleep(self, seconds: float) -> None:
        body = {"advance": seconds}
        self._http.post("/_emulator/clock", json=body).raise_for_status()
        self._waited += seconds


if __name__ == "__main__":
    vars(probe_command)["SystemClock"] = RemoteClock
    sys.exit(main())
