"""Selects the faults that hit a request; what a fault does is in `fault_kinds`.

Random numbers depend on the seed, the fault's name, the operation, the `Id`, and how
often that pair was requested: the same run has the same faults in any order of threads.
"""

import random
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pulumi_esa_emulator.actions import ACTIONS
from pulumi_esa_emulator.faults.fault import Fault, FaultContext
from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_emulator.faults.fault_kinds import SkewedClockFault, StaleFault
from pulumi_esa_emulator.messages.request import ApiRequest


@dataclass(frozen=True, slots=True)
class FaultHit:
    """A fault, and the request that it hits."""

    fault: Fault
    context: FaultContext


@dataclass(slots=True)
class _CountedFault:
    """A fault and its counters."""

    fault: Fault
    calls: int = 0
    hits: int = 0
    passed_at: deque[float] = field(default_factory=deque)
    asked: Counter[tuple[str, str | None]] = field(default_factory=Counter)


class FaultInjector:
    """The faults that are set; thread-safe."""

    def __init__(self, document: FaultDocument) -> None:
        self._lock = threading.Lock()
        self._document = document
        self._counted = [_CountedFault(fault) for fault in document.faults]
        self._removals = 0

    @property
    def document(self) -> FaultDocument:
        """The faults as a document."""
        with self._lock:
            return self._document

    @property
    def max_staleness(self) -> float:
        """How many seconds of the past stale reads may need."""
        faults = self.document.faults
        return max(
            (f.seconds for f in faults if isinstance(f, StaleFault)), default=0.0
        )

    def set(self, document: FaultDocument) -> None:
        """Replace the faults; all counters start at 0."""
        with self._lock:
            self._document = document
            self._counted = [_CountedFault(fault) for fault in document.faults]
            self._removals += 1

    def watch_removals(self) -> Callable[[], bool]:
        """A function that says whether a fault was removed or switched off since this call."""
        before = self._removals
        return lambda: self._removals != before

    def switch(self, name: str, *, enabled: bool) -> bool:
        """Switch a fault on or off; False if no fault has that name."""
        with self._lock:
            for one in self._counted:
                if one.fault.name == name:
                    one.fault = one.fault.model_copy(update={"enabled": enabled})
                    self._removals += not enabled
                    return self._update_document()
        return False

    def remove(self, name: str) -> bool:
        """Remove a fault; False if no fault has that name."""
        with self._lock:
            left = [one for one in self._counted if one.fault.name != name]
            found = len(left) < len(self._counted)
            self._counted = left
            self._removals += found
            return found and self._update_document()

    def counts(self) -> dict[str, dict[str, int]]:
        """Per fault, how many requests it counted and how many it hit."""
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
        """The faults that hit this request, in the order in which they were set."""
        action = request.action
        if not self._counted or action not in ACTIONS:
            return ()
        object_id = request.parameters.get("Id")
        with self._lock:
            counted = [
                one for one in self._counted if one.fault.matches(action, object_id)
            ]
            selected = [self._hit(one, request, object_id, seconds) for one in counted]
        return tuple(hit for hit in selected if hit is not None)

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
    """How many seconds to wait before the request is handled."""
    return sum(hit.fault.delay() for hit in hits)


def clock_skew_of(hits: Iterable[FaultHit]) -> float:
    """By how many seconds the clock of the signature check is wrong."""
    faults = (hit.fault for hit in hits)
    return sum(fault.seconds for fault in faults if isinstance(fault, SkewedClockFault))


def staleness_of(hits: Iterable[FaultHit]) -> float:
    """How many seconds old the records are that a read returns."""
    faults = (hit.fault for hit in hits)
    ages = (fault.seconds for fault in faults if isinstance(fault, StaleFault))
    return max(ages, default=0.0)
