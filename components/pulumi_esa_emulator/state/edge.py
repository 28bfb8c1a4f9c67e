"""The edge of the sites: what it answers to a request, and how often each URL was asked."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from urllib.parse import urlsplit

from pulumi_esa_emulator.messages.urls import cache_key
from pulumi_esa_emulator.state.cacheable_files import is_cacheable
from pulumi_esa_emulator.state.edge_cache import EdgeCache, Origin
from pulumi_esa_emulator.state.emulator_state import EmulatorState
from pulumi_esa_emulator.state.records import Batch
from pulumi_esa_emulator.state.store import RecordView

CacheStatus = Literal["HIT", "MISS", "DYNAMIC"]

# More URLs are not counted, to limit the memory of a long run.
_MAX_COUNTED = 200_000


@dataclass(frozen=True, slots=True)
class CacheAnswer:
    """How the cache answers a request; `age`: whole seconds since a hit came from the origin."""

    status: CacheStatus
    age: int | None = None


class Edge:
    """The edge; thread-safe. Its cache is not stored: a restart knows only what plans submitted."""

    def __init__(self, state: EmulatorState) -> None:
        self._state = state
        self._cache = EdgeCache()
        self._counts: Counter[str] = Counter()
        self._hosts_of_jobs: dict[str, frozenset[str]] = {}
        self._hosts_by_hand: set[str] = set()
        state.watch_batches(self._submitted)

    @property
    def origin(self) -> Origin:
        """How the origin gives the URLs of plans."""
        return self._cache.origin

    @property
    def counts(self) -> dict[str, int]:
        """How many requests there were for each URL."""
        with self._state.locked():
            return dict(self._counts)

    @property
    def hosts(self) -> list[str]:
        """The hosts that it answers for."""
        with self._state.locked() as current:
            jobs = (
                self._hosts(current.records, site.id) for site in self._state.sites()
            )
            return sorted(self._hosts_by_hand.union(*map(set, jobs)))

    def ask(self, url: str, *, warms: bool) -> CacheAnswer | None:
        """The answer to a request, which warms the edge or not; None if the host is of no site."""
        key = cache_key(url)
        with self._state.locked() as current:
            if not self._is_known(urlsplit(key).hostname or "", current.records):
                return None
            if key in self._counts or len(self._counts) < _MAX_COUNTED:
                self._counts[key] += 1
            if not is_cacheable(key):
                return CacheAnswer("DYNAMIC")
            self._purge(current.records, current.now)
            since = self._cache.warm_since(key, current.now)
            if since is not None:
                return CacheAnswer("HIT", int((current.now - since).total_seconds()))
            if warms:
                self._cache.warm(key, current.now, current.now)
            return CacheAnswer("MISS")

    def change(
        self, warm: Iterable[str] = (), cold: Iterable[str] = (), **origin: float
    ) -> None:
        """Make URLs warm or cold, and change the origin from the next batch on."""
        with self._state.locked() as current:
            self._purge(current.records, current.now)
            self._cache.origin = replace(self._cache.origin, **origin)  # type: ignore[arg-type]
            for key in map(cache_key, warm):
                self._hosts_by_hand.add(urlsplit(key).hostname or "")
                self._cache.warm(key, current.now, current.now)
            self._cache.cool(map(cache_key, cold))

    def clear(self) -> None:
        """Forget all but what plans have submitted; the origin becomes as at the start."""
        with self._state.locked():
            self._cache = EdgeCache()
            self._counts.clear()
            self._hosts_of_jobs.clear()
            self._hosts_by_hand.clear()
            self._state.watch_batches(self._submitted)

    def _submitted(self, batch: Batch, urls: tuple[str, ...]) -> None:
        self._cache.submit(urls, batch.at)

    def _purge(self, records: RecordView, now: datetime) -> None:
        self._cache.purge(
            records.purges(), now, lambda site: set(self._hosts(records, site))
        )

    def _is_known(self, host: str, records: RecordView) -> bool:
        return host in self._hosts_by_hand or any(
            host in self._hosts(records, site.id) for site in self._state.sites()
        )

    def _hosts(self, records: RecordView, site_id: int) -> Iterator[str]:
        """The hosts of a site's jobs, some more than once; a job's URLs never change."""
        for job in records.jobs_of(site_id):
            if job.id not in self._hosts_of_jobs:
                hosts = (urlsplit(url).hostname or "" for url in job.urls)
                self._hosts_of_jobs[job.id] = frozenset(hosts)
            yield from self._hosts_of_jobs[job.id]
