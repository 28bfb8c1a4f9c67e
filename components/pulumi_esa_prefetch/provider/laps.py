"""Repeating a call whose effect was looked up in between: how often and how long; decides no effect."""

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.retry import delay, may_repeat
from pulumi_esa_prefetch.provider.session import Session

# A last call near the deadline still gets this long: cut short, it would only be lost again.
LEAST_SECONDS = 5.0


class Laps:
    """The attempts of one operation, under the one deadline that the settings give it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._end = session.clock.monotonic() + session.deadline
        self._count = 0

    def client(self) -> EsaClient:
        """The session's client, with what is left of the deadline."""
        return self._session.client.limited(seconds=max(LEAST_SECONDS, self._left()))

    def again(self, error: EsaError) -> bool:
        """Wait before one more attempt after this failure; False if there is to be none."""
        self._count += 1
        pause = delay(error, self._count, self._session.rng)
        if pause >= self._left():
            return False
        if not may_repeat(error, self._count, safe_to_repeat=True):
            return False
        self._session.clock.sleep(pause)
        return True

    def _left(self) -> float:
        return self._end - self._session.clock.monotonic()
