"""The state of the emulator as a whole: it joins records, running plans, history, nonces and the data file.

One lock protects it. Whoever takes the lock first runs all plans up to the current time.
"""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from typing import Protocol

from pulumi_esa_emulator.clock import Clock
from pulumi_esa_emulator.dialects import Rules
from pulumi_esa_emulator.identity.nonces import UsedNonce, UsedNonces
from pulumi_esa_emulator.messages.time_notations import to_milliseconds
from pulumi_esa_emulator.state.data_file import DataFileError, NoStorage
from pulumi_esa_emulator.state.data_lines import DAMAGE_ADVICE, DataLine
from pulumi_esa_emulator.state.records import Batch, Change, Put, SiteRecord
from pulumi_esa_emulator.state.request_history import HistoryEntry
from pulumi_esa_emulator.state.scheduler import PlanScheduler
from pulumi_esa_emulator.state.seed import DEFAULT_SEED, Seed, records_of
from pulumi_esa_emulator.state.store import RecordStore, RecordView

# Gets each batch with its URLs, while the lock is held.
BatchWatcher = Callable[[Batch, tuple[str, ...]], None]
# Older requests and batches are dropped, to limit the memory of a long run.
_MAX_KEPT = 200_000


class Storage(Protocol):
    """Where lines are stored: a DataFile, or NoStorage; `str` is its name in messages."""

    def write(self, line: DataLine) -> bool:
        """Add a line; True if it is time to compact. OSError if it cannot be stored."""
        ...

    def replace(self, line: DataLine) -> None:
        """Replace all lines by this one; DataFileError, and no change, if that fails."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


@dataclass(frozen=True, slots=True)
class CurrentState:
    """The current time and records; valid while the lock is held."""

    now: datetime
    records: RecordView


class EmulatorState:
    """The state that `GET /_emulator/state` and `history` return; thread-safe."""

    def __init__(
        self,
        clock: Clock,
        seed: Seed = DEFAULT_SEED,
        rules: Rules | None = None,
        storage: Storage | None = None,
        lines: list[DataLine] | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.history: deque[HistoryEntry] = deque(maxlen=_MAX_KEPT)
        self.batches: deque[Batch] = deque(maxlen=_MAX_KEPT)
        self.nonces = UsedNonces()
        self.new_id = new_id or self._object_id
        self._storage = storage or NoStorage()
        self._lock = threading.RLock()
        self._rules = rules or Rules()
        self._store = RecordStore()
        self._watcher: BatchWatcher | None = None
        self._pending: tuple[tuple[Change, ...], tuple[Batch, ...]] = ((), ())
        if lines:
            self._load(lines)
        else:
            self._store = self._seeded_store()
        self._scheduler = PlanScheduler(self._store, self._rules)
        self._storage.replace(
            self._compacted_line(self._store, self.batches, self.history)
        )

    @property
    def rules(self) -> Rules:
        """The rules in use."""
        return self._rules

    @contextmanager
    def locked(self) -> Iterator[CurrentState]:
        """Take the lock and run the plans up to now; yields the current state."""
        with self._lock:
            now = to_milliseconds(self.clock.now())
            changes, batches = self._scheduler.advance(now)
            self.batches += batches
            self._report(batches)
            earlier, submitted = self._pending
            self._pending = (earlier + changes, submitted + batches)
            yield CurrentState(now, self._store.now())

    def watch_batches(self, watcher: BatchWatcher) -> None:
        """Give the watcher each batch, those until now too if their job still exists."""
        with self.locked():
            self._watcher = watcher
            self._report(self.batches)

    def as_of(self, moment: float) -> RecordView:
        """The records at an earlier moment of `commit`'s `undo`; call it with the lock held."""
        return self._store.as_of(moment)

    def effective_changes(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """The changes that change anything; call it with the lock held."""
        return self._store.effective_changes(changes)

    def commit(
        self,
        now: datetime,
        changes: tuple[Change, ...],
        entries: tuple[HistoryEntry, ...] = (),
        nonces: tuple[UsedNonce, ...] = (),
        *,
        undo: tuple[float, float] | None = None,
    ) -> None:
        """Store the changes, then apply them; OSError, and no change, if that fails.

        `undo`: the current moment, and how many seconds back `as_of` may go.
        """
        by_plans, batches = self._pending
        full = self._storage.write(
            DataLine(now, by_plans + changes, batches, entries, nonces)
        )
        self._pending = ((), ())
        if undo is not None:
            self._store.remember(changes, undo[0], undo[0] - undo[1])
        self._store.apply(changes)
        self._scheduler.reschedule(changes)
        self.history += entries
        if full:
            # The line is stored already; compacting can be done another time.
            with suppress(DataFileError):
                line = self._compacted_line(self._store, self.batches, self.history)
                self._storage.replace(line)

    def reset(self, rules: Rules) -> None:
        """Go back to the seed, with these rules and an empty history."""
        with self._lock:
            self._restart(self._seeded_store(), (), rules)

    def use_seed(self, seed: Seed, rules: Rules) -> None:
        """Start anew with this seed and these rules; DocumentError, and no change, if it contradicts itself."""
        with self._lock:
            store = self._seeded_store(seed)
            self._restart(store, (), rules)
            self.seed = seed

    def clear_history(self) -> None:
        """Delete the history of requests."""
        with self._lock:
            self._restart(self._store, tuple(self.batches), self._rules)

    def use_rules(self, rules: Rules) -> None:
        """Use these rules from now on."""
        with self.locked():
            self._rules = rules
            self._scheduler = PlanScheduler(self._store, rules)

    def save_time(self) -> None:
        """Run the plans up to now, and store the current time."""
        with self.locked() as current:
            self.commit(current.now, ())

    def put_site(self, site: SiteRecord) -> None:
        """Add or replace a site, and schedule its plans again."""
        with self.locked() as current:
            active = site.status == "active"
            old = current.records.site(site.id)
            since = old.active_since if old else None
            site = replace(
                site, active_since=(since or current.now) if active else None
            )
            self.commit(current.now, (Put(site),))
            self._scheduler = PlanScheduler(self._store, self._rules)

    def sites(self) -> list[SiteRecord]:
        """All sites."""
        found = self._store.records["site"].values()
        return [site for site in found if isinstance(site, SiteRecord)]

    def oss(self, url: str) -> str | None:
        """The content of an OSS URL, from the seed; None if the seed has none."""
        lines = self.seed.oss.get(url)
        return None if lines is None else "\n".join(lines)

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._storage.close()

    def _restart(
        self, store: RecordStore, batches: tuple[Batch, ...], rules: Rules
    ) -> None:
        """Store this state, then use it, without a history; no change if that fails."""
        self._storage.replace(self._compacted_line(store, batches, ()))
        self._pending = ((), ())
        self._store, self._rules = store, rules
        self._scheduler = PlanScheduler(store, rules)
        self.batches.clear()
        self.batches += batches
        self.history.clear()

    def _report(self, batches: Iterable[Batch]) -> None:
        if self._watcher is None:
            return
        for batch in batches:
            job = self._store.now().job(batch.job_id)
            if job is not None:
                urls = job.urls[batch.first : batch.first + batch.count]
                self._watcher(batch, urls)

    def _seeded_store(self, seed: Seed | None = None) -> RecordStore:
        """A store with the records of a seed, by default of that of the start."""
        store = RecordStore()
        now = to_milliseconds(self.clock.now())
        store.apply(map(Put, records_of(seed or self.seed, now, self.new_id)))
        return store

    def _load(self, lines: list[DataLine]) -> None:
        self.nonces = UsedNonces(chain.from_iterable(line.nonces for line in lines))
        for line in lines:
            self._store.apply(line.changes)
            self.batches += line.batches
            self.history += line.entries
        missing = self._store.missing()
        if missing:
            raise DataFileError(
                f"{self._storage} is damaged: it lacks {missing}; {DAMAGE_ADVICE}."
            )

    def _compacted_line(
        self,
        store: RecordStore,
        batches: Iterable[Batch],
        entries: Iterable[HistoryEntry],
    ) -> DataLine:
        """One line with the whole state."""
        return DataLine(
            now=to_milliseconds(self.clock.now()),
            changes=tuple(map(Put, store.everything())),
            batches=tuple(batches),
            entries=tuple(entries),
            nonces=self.nonces.all(),
        )

    def _object_id(self) -> str:
        # Like MongoDB's: the time, then random bytes.
        seconds = max(0, int(self.clock.now().timestamp())) & 0xFFFFFFFF
        return f"{seconds:08x}{secrets.token_hex(8)}"
