"""Whether plans have reached the status that a person waits for; pure.

As a `PrefetchCompletion` judges: a finished plan has been running too, and a plan that is stopped, failed or missing
does not get there. Right after a Start a list may still show what was before, so neither is believed at once.
"""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal, Protocol

from pulumi_esa_prefetch.operations.errors import OperationError
from pulumi_esa_prefetch.provider.read_after_write import LAG

Until = Literal["finished", "running"]

PATIENCE: Final = 10.0
"""Seconds for which a plan has to be listed as ended otherwise."""
_ENDED: Final = frozenset({"stopped", "failed", "missing"})
_DURATION: Final = re.compile(
    r"(?=.)(?:(\d{1,5})d)?(?:(\d{1,6})h)?(?:(\d{1,7})m)?(?:(\d{1,9})s?)?", re.ASCII
)
_SECONDS: Final = (86400, 3600, 60, 1)


class SeenPlan(Protocol):
    """A plan in a list."""

    @property
    def status(self) -> str:
        """Its status; `missing` if ESA does not list it."""
        ...


class Verdict(StrEnum):
    """How it stands with one plan."""

    REACHED = "reached"
    WAITS = "waits"
    IMPOSSIBLE = "impossible"


class Wait:
    """What was seen of some plans since the wait began, in the order in which they were chosen."""

    def __init__(self, until: Until, began: float) -> None:
        self._until = until
        self._began = began
        self._ended_since: dict[int, float] = {}

    def judge(self, plans: Sequence[SeenPlan], asked: float) -> list[Verdict]:
        """Judge each plan; ``asked``: when the list was requested, on the clock on which the wait began."""
        return [self._one(n, plan.status, asked) for n, plan in enumerate(plans)]

    def next_look(self, verdicts: Sequence[Verdict], now: float, every: float) -> float:
        """Seconds until the next list: ``every``, or less while a first list is not believed yet."""
        soon = [self._began + LAG, *(s + PATIENCE for s in self._ended_since.values())]
        ahead = [moment - now for moment in soon if moment > now]
        return min(every, *ahead) if Verdict.WAITS in verdicts and ahead else every

    def _one(self, number: int, status: str, asked: float) -> Verdict:
        if status in _ENDED:
            since = self._ended_since.setdefault(number, asked)
            return Verdict.IMPOSSIBLE if asked >= since + PATIENCE else Verdict.WAITS
        self._ended_since.pop(number, None)
        there = status in {self._until, "finished"}
        return (
            Verdict.REACHED if there and asked >= self._began + LAG else Verdict.WAITS
        )


def parse_duration(text: str) -> float:
    """Seconds of `90`, `90s`, `15m`, `2h` or `1d12h`. Raises OperationError."""
    found = _DURATION.fullmatch(text.strip())
    parts = [int(part or 0) for part in found.groups()] if found else []
    seconds = sum(n * size for n, size in zip(parts, _SECONDS, strict=False))
    if not seconds:
        raise OperationError(
            f"--timeout: {text[:40]!r} is not a duration such as 90s, 15m, 2h or 1d12h"
        )
    return float(seconds)
