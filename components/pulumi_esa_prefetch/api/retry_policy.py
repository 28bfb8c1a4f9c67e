"""Repeats a failed call with tenacity; `api.retry` decides whether and when."""

import logging
import random
from dataclasses import dataclass

import tenacity

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.retry import delay, may_repeat
from pulumi_esa_prefetch.clock import Clock

_log = logging.getLogger("pulumi_esa_prefetch.api")


@dataclass(frozen=True)
class RetryPolicy:
    """The retries of one call, limited by a deadline and a number of attempts."""

    clock: Clock
    rng: random.Random
    safe_to_repeat: bool
    deadline: float
    """A time on the monotonic clock."""
    attempts: int | None = None

    def retrying(self) -> tenacity.Retrying:
        """The retry loop: it sleeps on the clock, and raises the last error unchanged."""
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
        error = _failure(state)  # an EsaError: `_may_repeat` lets no other error pass
        return delay(error, state.attempt_number, self.rng) if error else 0.0

    def _is_over(self, state: tenacity.RetryCallState) -> bool:
        if self.attempts is not None and state.attempt_number >= self.attempts:
            return True
        return self.clock.monotonic() + state.upcoming_sleep >= self.deadline


def _failure(state: tenacity.RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _log_repeat(state: tenacity.RetryCallState) -> None:
    _log.debug("again in %.2f s, after: %s", state.upcoming_sleep, _failure(state))
