"""How many URLs the probe has had prefetched, and whether it may have more."""

from typing import Final

from pulumi_esa_prefetch.probe.outcomes import NotSettled

MOST_URLS: Final = 12


class UrlBudget:
    """Counts what ESA counts (TaskSubmitted), and until it is read what a call may cause at the most."""

    def __init__(self, most: int = MOST_URLS) -> None:
        self._most = most
        self._counted = 0
        self._pending = 0
        self._last = 0

    @property
    def spent(self) -> int:
        """The URLs that were prefetched, or may have been."""
        return self._counted + self._pending

    def has_room(self, urls: int) -> bool:
        """Whether so many more URLs may be prefetched."""
        return self.spent + urls <= self._most

    def reserve(self, urls: int = 1) -> None:
        """Set URLs aside for the next call; raises NotSettled if there are not enough left."""
        if not self.has_room(urls):
            raise NotSettled(f"more than {self._most} URLs would be prefetched")
        self._pending += urls

    def read(self, task_submitted: int) -> None:
        """Take the job's TaskSubmitted, which only grows between two resets."""
        if task_submitted >= self._last:
            self._counted += task_submitted - self._last
            self._last, self._pending = task_submitted, 0

    def was_reset(self) -> None:
        """Take note that the job's TaskSubmitted begins at 0 again."""
        self._last = 0
