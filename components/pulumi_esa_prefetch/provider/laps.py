"""Repeating a call whose effect was looked up in between: how often and how long; decides no effect."""

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.retry import delay, may_repeat
from pulumi_esa_prefetch.provider.hook_deadline import Work


class Laps:
    """The attempts of one call, within its hook's deadline."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._count = 0

    def again(self, error: EsaError) -> bool:
        """Wait before one more attempt after this failure; False if there is to be none."""
        self._count += 1
        session = self._work.session
        pause = delay(error, self._count, session.rng)
        if pause >= self._work.left:
            return False
        if not may_repeat(error, self._count, safe_to_repeat=True):
            return False
        session.clock.sleep(pause)
        return True
