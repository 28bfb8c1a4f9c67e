"""How many URLs the probe has had prefetched, and whether it may have more."""

from typing import Final

from pulumi_esa_prefetch.probe.outcomes import NotSettled

MOST_URLS: Final = 12


class UrlBudget:
    """Counts what ESA counts (TaskSubmitted), and what calls and running plans may add to it at the most.

    `spent` is never below the truth. It is the truth once the count is read while no plan can submit.
    """

    def __init__(self, most: int = MOST_URLS) -> None:
        self._most = most
        self._counted = 0
        self._pending = 0
        self._held = 0
        self._last = 0

    @property
    def spent(self) -> int:
        """The URLs that were prefetched, or may have been, or may still be."""
        return min(self._most, self._bound)

    @property
    def _bound(self) -> int:
        """What is spent at the most; above the allowance only where something is counted twice, after a lost Reset."""
        return self._counted + self._pending + self._held

    def has_room(self, urls: int) -> bool:
        """Whether so many more URLs may be prefetched."""
        return self._bound + urls <= self._most

    def reserve(self, urls: int = 1) -> None:
        """Set URLs aside for the next call; raises NotSettled if there are not enough left."""
        if not self.has_room(urls):
            raise NotSettled(f"more than {self._most} URLs would be prefetched")
        self._pending += urls

    def hold(self, urls: int) -> None:
        """Set URLs aside for the later batches of a plan, until it is `released`; raises NotSettled."""
        self.reserve(urls)
        self._pending -= urls
        self._held += urls

    def release(self) -> None:
        """Take note that no later batch comes: the next count has them all."""
        self._pending += self._held
        self._held = 0

    def read(self, task_submitted: int) -> None:
        """Take the job's TaskSubmitted, which only grows between two resets."""
        if task_submitted >= self._last:
            grown = task_submitted - self._last
            self._held -= min(self._held, max(0, grown - self._pending))
            self._counted += grown
            self._last, self._pending = task_submitted, 0

    def was_reset(self) -> None:
        """Take note that the job's TaskSubmitted may begin at 0 again; what was not read before it is lost."""
        self._counted += self._pending
        self._last = self._pending = 0
