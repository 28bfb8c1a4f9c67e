"""Whether and when a call is repeated, as pure functions, and these as tenacity wants them; sends nothing."""

import logging
import random
from dataclasses import dataclass

import tenacity

from pulumi_esa_prefetch.api.errors import (
    BadAnswer,
    Busy,
    CutOff,
    EsaError,
    NoAnswer,
    OutOfTime,
    ServerFault,
    Throttled,
    Unreachable,
    Untrusted,
)
from pulumi_esa_prefetch.api.rate_limiter import LONGEST_HINT
from pulumi_esa_prefetch.clock import Clock

_log = logging.getLogger("pulumi_esa_prefetch.api")

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0

_PASSING = (Throttled, Busy, CutOff, ServerFault, NoAnswer, BadAnswer)

# A host that is not there, or speaks in riddles, will hardly change within seconds: a
# person who mistyped the endpoint should not wait out the whole deadline.
_PATIENCE: dict[type[EsaError], int] = {
    Unreachable: 4,
    BadAnswer: 3,
    CutOff: 4,
}


def may_repeat(error: EsaError, attempt: int, *, safe_to_repeat: bool) -> bool:
    """Whether attempt number `attempt` (from 1), which failed so, may be followed by another.

    What may have had its effect is repeated only where a second effect does no harm.
    """
    if isinstance(error, (OutOfTime, Untrusted)):
        return False
    if not isinstance(error, _PASSING):
        return False
    if error.ambiguous and not safe_to_repeat:
        return False
    limits = (limit for kind, limit in _PATIENCE.items() if isinstance(error, kind))
    return attempt < min(limits, default=attempt + 1)


def delay(error: BaseException, attempt: int, rng: random.Random) -> float:
    """Seconds to wait after attempt number `attempt` (from 1), which failed so.

    Full jitter on an exponential; a server's hint is waited out first, up to a cap.
    """
    ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 10))
    hint = error.retry_after if isinstance(error, EsaError) else None
    if not hint:
        return rng.uniform(0.0, ceiling)
    return min(hint, LONGEST_HINT) + rng.uniform(0.0, FIRST_PAUSE)


@dataclass(frozen=True)
class RetryPolicy:
    """How long one call is tried: the functions above, bounded by deadline and attempts."""

    clock: Clock
    rng: random.Random
    safe_to_repeat: bool
    until: float
    """On the monotonic clock."""
    attempts: int | None = None

    def retrying(self) -> tenacity.Retrying:
        """The loop; it sleeps on the clock, and raises the last error as it is."""
        return tenacity.Retrying(
            retry=self._may_repeat,
            wait=self._pause,
            stop=self._is_over,
            sleep=self.clock.sleep,
            before_sleep=_log_repeat,
            reraise=True,
        )

    def _may_repeat(self, state: tenacity.RetryCallState) -> bool:
        error = _failure(state)
        return isinstance(error, EsaError) and may_repeat(
            error, state.attempt_number, safe_to_repeat=self.safe_to_repeat
        )

    def _pause(self, state: tenacity.RetryCallState) -> float:
        error = _failure(state)  # an EsaError: nothing else gets past `_may_repeat`
        return delay(error, state.attempt_number, self.rng) if error else 0.0

    def _is_over(self, state: tenacity.RetryCallState) -> bool:
        if self.attempts is not None and state.attempt_number >= self.attempts:
            return True
        return self.clock.monotonic() + state.upcoming_sleep >= self.until


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _log_repeat(state: tenacity.RetryCallState) -> None:
    _log.debug("again in %.2f s, after: %s", state.upcoming_sleep, _failure(state))
