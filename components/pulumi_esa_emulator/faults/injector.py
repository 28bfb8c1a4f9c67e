"""Draws the faults that hit a call; what each does is its own business.

Chance is drawn from the seed, the fault's name, the operation, the `Id` and how often
that pair was asked: the same run has the same faults, whatever order threads take.
"""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pulumi_esa_emulator.actions import ACTIONS
from pulumi_esa_emulator.faults.document import FaultDocument
from pulumi_esa_emulator.faults.fault import Fault, Turn
from pulumi_esa_emulator.faults.kinds import SkewedClock, Stale
from pulumi_esa_emulator.messages.request import Call


@dataclass(frozen=True, slots=True)
class Hit:
    """A fault, and the call that it hits."""

    fault: Fault
    turn: Turn


@dataclass(slots=True)
class _Armed:
    """A fault and what it has counted."""

    fault: Fault
    calls: int = 0
    hits: int = 0
    passed: deque[float] = field(default_factory=deque)
    asked: Counter[tuple[str, str | None]] = field(default_factory=Counter)


class FaultBox:
    """The faults that are set; safe between threads."""

    def __init__(self, document: FaultDocument) -> None:
        self._lock = threading.Lock()
        self._document = document
        self._armed = [_Armed(fault) for fault in document.faults]
        self._withdrawn = 0

    @property
    def document(self) -> FaultDocument:
        """What is set."""
        with self._lock:
            return self._document

    @property
    def oldest_view(self) -> float:
        """How many seconds of the past stale reads may ask for."""
        faults = self.document.faults
        return max((f.seconds for f in faults if isinstance(f, Stale)), default=0.0)

    def set(self, document: FaultDocument) -> None:
        """Set other faults; counting begins anew."""
        with self._lock:
            self._document = document
            self._armed = [_Armed(fault) for fault in document.faults]
            self._withdrawn += 1

    def watch(self) -> Callable[[], bool]:
        """Whether, from now on, a fault was taken away or switched off."""
        before = self._withdrawn
        return lambda: self._withdrawn != before

    def switch(self, name: str, *, enabled: bool) -> bool:
        """Switch a fault on or off; False if there is none of that name."""
        with self._lock:
            for one in self._armed:
                if one.fault.name == name:
                    one.fault = one.fault.model_copy(update={"enabled": enabled})
                    self._withdrawn += not enabled
                    return self._noted()
        return False

    def remove(self, name: str) -> bool:
        """Take a fault away; False if there is none of that name."""
        with self._lock:
            left = [one for one in self._armed if one.fault.name != name]
            found = len(left) < len(self._armed)
            self._armed = left
            self._withdrawn += found
            return found and self._noted()

    def counts(self) -> dict[str, dict[str, int]]:
        """Per fault, how many calls it saw and how many it hit."""
        with self._lock:
            return {
                one.fault.name: {"calls": one.calls, "hits": one.hits}
                for one in self._armed
            }

    def _noted(self) -> bool:
        faults = tuple(one.fault for one in self._armed)
        self._document = self._document.model_copy(update={"faults": faults})
        return True

    def draw(self, call: Call, seconds: float) -> tuple[Hit, ...]:
        """The faults that hit this call, in the order in which they were set."""
        action = call.action
        if not self._armed or action not in ACTIONS:
            return ()
        an_id = call.parameters.get("Id")
        with self._lock:
            counted = [one for one in self._armed if one.fault.matches(action, an_id)]
            drawn = [self._hit(one, call, an_id, seconds) for one in counted]
        return tuple(hit for hit in drawn if hit is not None)

    def _hit(
        self, one: _Armed, call: Call, an_id: str | None, seconds: float
    ) -> Hit | None:
        turn = self._turn(one, call, an_id, seconds)
        spent = one.fault.times is not None and one.hits >= one.fault.times
        if spent or not one.fault.applies(turn):
            one.passed.append(seconds)
            return None
        one.hits += 1
        return Hit(one.fault, turn)

    def _turn(self, one: _Armed, call: Call, an_id: str | None, seconds: float) -> Turn:
        action = call.action or ""
        one.calls += 1
        one.asked[action, an_id] += 1
        while one.passed and one.passed[0] <= seconds - 1.0:
            one.passed.popleft()
        time = one.asked[action, an_id]
        seed = f"{self._document.seed}/{one.fault.name}/{action}/{an_id}/{time}"
        return Turn(
            action=action,
            number=one.calls,
            recent=len(one.passed),
            rng=random.Random(seed),  # noqa: S311 - repeatable on purpose
            request_id=call.request_id,
            host=call.host,
        )


def delay_of(hits: Iterable[Hit]) -> float:
    """How many seconds pass before the call is looked at."""
    return sum(hit.fault.delay() for hit in hits)


def skew_of(hits: Iterable[Hit]) -> float:
    """By how many seconds the clock of the signature check is wrong."""
    faults = (hit.fault for hit in hits)
    return sum(fault.seconds for fault in faults if isinstance(fault, SkewedClock))


def age_of(hits: Iterable[Hit]) -> float:
    """How many seconds old the state is that a read shows."""
    faults = (hit.fault for hit in hits)
    ages = (fault.seconds for fault in faults if isinstance(fault, Stale))
    return max(ages, default=0.0)
