"""The share of URLs that are in the cache, with its confidence interval; pure arithmetic."""

from dataclasses import dataclass
from math import ceil, floor, sqrt
from typing import Final

_Z: Final = 1.959964
"""The quantile of the normal distribution for 95 %."""
_NOISE: Final = 1e-9
"""More than a share differs from its exact value by floating point."""


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
        return max(self._ends()[0], self.hits / self._size)

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        misses = self.counted - self.hits
        return min(self._ends()[1], (self._size - misses) / self._size)

    @property
    def _size(self) -> int:
        return max(self.population, self.counted, 1)

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


def ratio_text(ratio: WarmRatio) -> str:
    """The share with its interval, as the beginning of a sentence."""
    if ratio.ratio is None:
        return "no URL could be verified"
    verb = "is" if 1 in (ratio.hits, ratio.counted) else "are"
    noun = "URL" if ratio.counted == 1 else "URLs"
    low, high = percent_text(ratio.low), percent_text(ratio.high, up=True)
    return (
        f"{ratio.hits} of {ratio.counted} {noun} {verb} warm: {percent_text(ratio.ratio)} "
        f"(95 % interval {low} to {high})"
    )


def percent_text(share: float, *, up: bool = False) -> str:
    """A share in percent, rounded down so that nothing below a minimum is shown as that minimum."""
    tenths = ceil(share * 1000 - _NOISE) if up else floor(share * 1000 + _NOISE)
    return f"{tenths / 10:g} %"
