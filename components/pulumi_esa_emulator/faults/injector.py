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
from pulumi_esa_emulator.faults.fault import Fault, FaultContext
from pulumi_esa_emulator.faults.kinds import SkewedClockFault, StaleFault
from pulumi_esa_emulator.messages.request import ApiRequest


@dataclass(frozen=True, slots=True)
class FaultHit:
    """A fault, and the call that it hits."""

    fault: Fault
    context: FaultContext


@dataclass(slots=True)
class _CountedFault:
    """A fault and what it has counted."""

    fault: Fault
    calls: int = 0
    hits: int = 0
    passed_at: deque[float] = field(default_factory=deque)
    asked: Counter[tuple[str, str | None]] = field(default_factory=Counter)


class FaultInjector:
    """The faults that are set; safe between threads."""

    def __init__(self, document: FaultDocument) -> None:
        self._lock = threading.Lock()
        self._document = document
        self._counted = [_CountedFault(fault) for fault in document.faults]
        self._removals = 0

    @property
    def document(self) -> FaultDocument:
        """What is set."""
        with self._lock:
            return self._document

    @property
    def max_staleness(self) -> float:
        """How many seconds of the past stale reads may ask for."""
        faults = self.document.faults
        return max(
            (f.seconds for f in faults if isinstance(f, StaleFault)), default=0.0
        )

    def set(self, document: FaultDocument) -> None:
        """Set other faults; counting begins anew."""
        with self._lock:
            self._document = document
            self._counted = [_CountedFault(fault) for fault in document.faults]
            self._removals += 1

    def watch_removals(self) -> Callable[[], bool]:
        """Whether, from now on, a fault was taken away or switched off."""
        before = self._removals
        return lambda: self._removals != before

    def switch(self, name: str, *, enabled: bool) -> bool:
        """Switch a fault on or off; False if there is none of that name."""
        with self._lock:
            for one in self._counted:
                if one.fault.name == name:
                    one.fault = one.fault.model_copy(update={"enabled": enabled})
                    self._removals += not enabled
                    return self._update_document()
        return False

    def remove(self, name: str) -> bool:
        """Take a fault away; False if there is none of that name."""
        with self._lock:
            left = [one for one in self._counted if one.fault.name != name]
            found = len(left) < len(self._counted)
            self._counted = left
            self._removals += found
            return found and self._update_document()

    def counts(self) -> dict[str, dict[str, int]]:
        """Per fault, how many calls it saw and how many it hit."""
        with self._lock:
            return {
                one.fault.name: {"calls": one.calls, "hits": one.hits}
                for one in self._counted
            }

    def _update_document(self) -> bool:
        faults = tuple(one.fault for one in self._counted)
        self._document = self._document.model_copy(update={"faults": faults})
        return True

    def select(self, request: ApiRequest, seconds: float) -> tuple[FaultHit, ...]:
        """The faults that hit this call, in the order in which they were set."""
        action = request.action
        if not self._counted or action not in ACTIONS:
            return ()
        object_id = request.parameters.get("Id")
        with self._lock:
            counted = [
                one for one in self._counted if one.fault.matches(action, object_id)
            ]
            drawn = [self._hit(one, request, object_id, seconds) for one in counted]
        return tuple(hit for hit in drawn if hit is not None)

    def _hit(
        self,
        one: _CountedFault,
        request: ApiRequest,
        object_id: str | None,
        seconds: float,
    ) -> FaultHit | None:
        context = self._context(one, request, object_id, seconds)
        spent = one.fault.times is not None and one.hits >= one.fault.times
        if spent or not one.fault.applies(context):
            one.passed_at.append(seconds)
            return None
        one.hits += 1
        return FaultHit(one.fault, context)

    def _context(
        self,
        one: _CountedFault,
        request: ApiRequest,
        object_id: str | None,
        seconds: float,
    ) -> FaultContext:
        action = request.action or ""
        one.calls += 1
        one.asked[action, object_id] += 1
        while one.passed_at and one.passed_at[0] <= seconds - 1.0:
            one.passed_at.popleft()
        time = one.asked[action, object_id]
        seed = f"{self._document.seed}/{one.fault.name}/{action}/{object_id}/{time}"
        return FaultContext(
            action=action,
            number=one.calls,
            recent=len(one.passed_at),
            rng=random.Random(seed),  # noqa: S311 - repeatable on purpose
            request_id=request.request_id,
            host=request.host,
        )


def delay_of(hits: Iterable[FaultHit]) -> float:
    """How many seconds pass before the call is looked at."""
    return sum(hit.fault.delay() for hit in hits)


def clock_skew_of(hits: Iterable[FaultHit]) -> float:
    """By how many seconds the clock of the signature check is wrong."""
    faults = (hit.fault for hit in hits)
    return sum(fault.seconds for fault in faults if isinstance(fault, SkewedClockFault))


def staleness_of(hits: Iterable[FaultHit]) -> float:
    """How many seconds old the state is that a read shows."""
    faults = (hit.fault for hit in hits)
    ages = (fault.seconds for fault in faults if isinstance(fault, StaleFault))
    return max(ages, default=0.0)
