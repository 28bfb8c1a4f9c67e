"""The share of URLs that are in the cache, with its confidence interval; pure arithmetic."""

from dataclasses import dataclass
from math import sqrt
from typing import Final

_Z: Final = 1.959964
"""The quantile of the normal distribution for 95 %."""


@dataclass(frozen=True)
class WarmRatio:
    """`hits` of `counted` answers, for a list with `population` URLs that could be in the cache.

    The interval is Wilson's for 95 %, with the correction for a finite population. So it is a point if every URL
    was asked, and it is everything if none was.
    """

    hits: int
    counted: int
    population: int

    @property
    def ratio(self) -> float | None:
        """The share of hits among the counted answers; None without one."""
        return self.hits / self.counted if self.counted else None

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return max(self._ends()[0], self.hits / max(1, self._size))

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        misses = self.counted - self.hits
        return min(self._ends()[1], 1 - misses / max(1, self._size))

    @property
    def _size(self) -> int:
        return max(self.population, self.counted)

    def _ends(self) -> tuple[float, float]:
        """Wilson's interval, with the sample size that would have this precision in an infinite population."""
        ratio, unseen = self.ratio, self._size - self.counted
        if ratio is None:
            return 0.0, 1.0
        if unseen == 0:
            return ratio, ratio
        size = self.counted * (self._size - 1) / unseen
        weight = _Z * _Z / size
        middle = (ratio + weight / 2) / (1 + weight)
        half = _Z / (1 + weight) * sqrt((ratio * (1 - ratio) + weight / 4) / size)
        return middle - half, middle + half
