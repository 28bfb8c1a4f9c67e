"""The calls of the probe: repeated where that is safe, read until two reads agree; the one place that waits."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeVar

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.probe.outcomes import NotSettled, Outcome, done, outcome_of

T = TypeVar("T")

SETTLE: Final = 4.0
"""Seconds before a read: longer than lists are known to lag behind a write (3 s)."""
_TRIES: Final = 4
_READS: Final = 10
_LOOKS: Final = 12
"""So many times at the most something is looked for while it is waited for."""
_ECHO: Final = "FailedExecutions"
"""Where ESA may repeat times as they were sent to it."""
TIMES: Final = ("StartTime", "EndTime", "CreatedAt")


class ProbeCalls:
    """All calls and all waiting of one probe; `times`: the texts of all times in answers, by action."""

    def __init__(self, client: EsaClient, clock: Clock) -> None:
        self._client = client.observed(self._observe)
        self._clock = clock
        self.count = 0
        self.ends: datetime | None = None
        """The moment on this machine after which `make` sends nothing more."""
        self.times: dict[str, set[str]] = {}

    def now(self) -> datetime:
        """The time on this machine."""
        return self._clock.now()

    def need_time(self) -> None:
        """Raise NotSettled if the time of the probe is used up."""
        if self.ends is not None and self.now() >= self.ends:
            raise NotSettled("the time of the probe was used up, ESA is too slow")

    def wait(self, seconds: float) -> None:
        """Wait; nothing else in the probe does."""
        self._clock.sleep(seconds)

    def make(self, send: Callable[[EsaClient], T]) -> Outcome[T]:
        """Make a call, and once more if the last attempt had no effect and taught nothing.

        Raises NotSettled if the time of the probe is used up.
        """
        outcome: Outcome[T] = Outcome("unusable")
        for attempt in range(_TRIES):
            if attempt:
                self.wait(SETTLE)
            self.need_time()
            self.count += 1
            try:
                return done(send(self._client))
            except EsaError as error:
                outcome = outcome_of(error)
            if outcome.kind != "unusable":
                break
        return outcome

    def read(self, send: Callable[[EsaClient], T]) -> T:
        """The answer of a call that changes nothing; raises NotSettled."""
        outcome: Outcome[T] = Outcome("unusable")
        for _ in range(_TRIES):
            outcome = self.make(send)
            if outcome.value is not None:
                return outcome.value
            if outcome.kind != "lost":
                break
        raise NotSettled(f"ESA could not be read: {outcome.seen}", outcome.error)

    def settled(self, look: Callable[[], T | None]) -> T:
        """What two reads in a row show, some seconds after the last call; raises NotSettled."""
        last: T | None = None
        for _ in range(_READS):
            self.wait(SETTLE)
            seen = look()
            if seen is not None and seen == last:
                return seen
            last = seen if seen is not None else last
        raise NotSettled("reads do not agree with each other")

    def until(self, wanted: Callable[[], bool], seconds: float) -> bool:
        """Whether it becomes true within these seconds."""
        waited, pause = 0.0, max(SETTLE, seconds / _LOOKS)
        while not wanted():
            if waited >= seconds:
                return False
            self.wait(pause)
            waited += pause
        return True

    def _observe(self, action: str, content: Mapping[str, Any]) -> None:
        for text in _times_in(content):
            self.times.setdefault(action, set()).add(text)


def _times_in(content: Any) -> list[str]:
    if isinstance(content, list):
        return [text for item in content for text in _times_in(item)]
    if not isinstance(content, Mapping):
        return []
    own = [content.get(name) for name in TIMES]
    parts = (value for name, value in content.items() if name != _ECHO)
    inner = [text for value in parts for text in _times_in(value)]
    return [text for text in own if isinstance(text, str) and text] + inner
