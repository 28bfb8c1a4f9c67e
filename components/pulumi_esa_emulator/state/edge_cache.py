"""The cache of the edge: since when each URL is warm. Time is an argument; its owner holds a lock.

A URL is warm from the moment when it came from the origin until a purge task completes. A plan's
batch asks the origin for its URLs: each comes after a part of `delay` seconds, or fails.
"""

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pulumi_esa_emulator.messages.urls import cache_key
from pulumi_esa_emulator.state.records import PurgeRecord


@dataclass(frozen=True, slots=True)
class Origin:
    """How the origin gives the URLs of plans: the share that fails, and the most seconds it takes.

    Both are drawn by `seed`, the URL, and how often plans have submitted it.
    """

    failure_rate: float = 0.0
    delay: float = 0.0
    seed: int = 0


class EdgeCache:
    """The URLs in the cache, by `messages.urls.cache_key`."""

    def __init__(self) -> None:
        self.origin = Origin()
        # Some moments can lie ahead; of those that are past, only the last is kept.
        self._warm_since: dict[str, list[datetime]] = {}
        self._submitted: Counter[str] = Counter()
        self._purged: set[str] = set()

    def submit(self, urls: Iterable[str], at: datetime) -> None:
        """Fetch from the origin what a plan has submitted."""
        for key in map(cache_key, urls):
            self._submitted[key] += 1
            draw = f"{self.origin.seed}/{key}/{self._submitted[key]}"
            rng = random.Random(draw)  # noqa: S311 - repeatable on purpose
            fails, part = rng.random() < self.origin.failure_rate, rng.random()
            if not fails:
                self.warm(key, at + timedelta(seconds=part * self.origin.delay), at)

    def warm(self, key: str, since: datetime, now: datetime) -> None:
        """Let the URL be warm from a moment on."""
        moments = [*self._warm_since.get(key, ()), since]
        past = [one for one in moments if one <= now]
        ahead = [one for one in moments if one > now]
        self._warm_since[key] = [*([max(past)] if past else ()), *ahead]

    def warm_since(self, key: str, now: datetime) -> datetime | None:
        """Since when the URL is in the cache; None if it is not."""
        moments = (one for one in self._warm_since.get(key, ()) if one <= now)
        return max(moments, default=None)

    def cool(self, keys: Iterable[str]) -> None:
        """Take URLs out of the cache, those too that are on their way."""
        for key in keys:
            self._warm_since.pop(key, None)

    def purge(
        self,
        tasks: Iterable[PurgeRecord],
        now: datetime,
        hosts_of_site: Callable[[int], Collection[str]],
    ) -> None:
        """Apply the tasks that have completed by now."""
        for task in tasks:
            if task.id not in self._purged and task.status(now) == "Complete":
                self._purged.add(task.id)
                for key in self._keys_of(task, hosts_of_site):
                    # What comes at the moment of completion comes after it.
                    after = [at for at in self._warm_since[key] if at >= task.ends_at]
                    self._warm_since[key] = after

    def _keys_of(
        self, task: PurgeRecord, hosts_of_site: Callable[[int], Collection[str]]
    ) -> list[str]:
        """The URLs in the cache that a task purges."""
        if task.type in {"purgeall", "hostname"}:
            whole = task.type == "purgeall"
            named = frozenset(map(str.lower, task.objects))
            hosts = hosts_of_site(task.site_id) if whole else named
            return [key for key in self._warm_since if urlsplit(key).hostname in hosts]
        objects = tuple(map(cache_key, task.objects))
        if task.type == "directory":
            return [key for key in self._warm_since if key.startswith(objects)]
        if task.type == "ignoreParams":
            bare = {one.partition("?")[0] for one in objects}
            return [key for key in self._warm_since if key.partition("?")[0] in bare]
        return [key for key in objects if key in self._warm_since]
