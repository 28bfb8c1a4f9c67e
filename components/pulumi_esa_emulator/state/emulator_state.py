"""The emulator's state over time: records, plans that run, history, and the file.

One lock around it; whatever enters the lock first brings all plans up to now. It knows
neither HTTP nor signatures, and keeps the nonces that were used with the rest.
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

# Older requests and batches are forgotten, so that a long life stays affordable.
_MAX_KEPT = 200_000


class Storage(Protocol):
    """Where lines are kept: a DataFile, or NoFile; its text is what a person calls it."""

    def write(self, line: DataLine) -> bool:
        """Add a line; True if it is time to fold. OSError if it cannot be kept."""
        ...

    def replace(self, line: DataLine) -> None:
        """Keep this line only; DataError, and all as before, if it cannot be kept."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


@dataclass(frozen=True, slots=True)
class CurrentState:
    """The present inside the lock: the state as it is, and the time."""

    now: datetime
    records: RecordView


class EmulatorState:
    """All that `GET /_emulator/state` and `history` show; safe between threads."""

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
        """How open questions are answered at current."""
        return self._rules

    @contextmanager
    def locked(self) -> Iterator[CurrentState]:
        """The current, with nobody else changing it until the end of the block."""
        with self._lock:
            now = to_milliseconds(self.clock.now())
            changes, batches = self._scheduler.advance(now)
            self.batches += batches
            kept, sent = self._pending
            self._pending = (kept + changes, sent + batches)
            yield CurrentState(now, self._store.now())

    def as_of(self, moment: float) -> RecordView:
        """The state as it was at a moment of `commit`'s clock; inside the block only."""
        return self._store.as_of(moment)

    def effective_changes(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Those of the changes that change anything; inside the block only."""
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
        """Keep, then make the changes; OSError, and nothing made, if not kept.

        `undo`: the moment, and how far back `as_of` may go.
        """
        ran, sent = self._pending
        full = self._storage.write(DataLine(now, ran + changes, sent, entries, nonces))
        self._pending = ((), ())
        if undo is not None:
            self._store.remember(changes, undo[0], undo[0] - undo[1])
        self._store.apply(changes)
        self._scheduler.reschedule(changes)
        self.history += entries
        if full:
            # The line is safe already; folding may as well happen another time.
            with suppress(DataFileError):
                line = self._compacted_line(self._store, self.batches, self.history)
                self._storage.replace(line)

    def reset(self, rules: Rules) -> None:
        """Back to the seed, with these rules and an empty history."""
        with self._lock:
            self._restart(self._seeded_store(), (), rules)

    def clear_history(self) -> None:
        """Forget what was asked."""
        with self._lock:
            self._restart(self._store, tuple(self.batches), self._rules)

    def use_rules(self, rules: Rules) -> None:
        """Answer open questions otherwise from now on."""
        with self.locked():
            self._rules = rules
            self._scheduler = PlanScheduler(self._store, rules)

    def save_time(self) -> None:
        """Let all be done that is due by now, and keep what time it is."""
        with self.locked() as current:
            self.commit(current.now, ())

    def put_site(self, site: SiteRecord) -> None:
        """Add a site, or change one; its plans look again at when they may run."""
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
        """What the seed says lies behind an OSS URL."""
        lines = self.seed.oss.get(url)
        return None if lines is None else "\n".join(lines)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._storage.close()

    def _restart(
        self, store: RecordStore, batches: tuple[Batch, ...], rules: Rules
    ) -> None:
        """Keep, then have this state without a history; nothing changes if not kept."""
        self._storage.replace(self._compacted_line(store, batches, ()))
        self._pending = ((), ())
        self._store, self._rules = store, rules
        self._scheduler = PlanScheduler(store, rules)
        self.batches.clear()
        self.batches += batches
        self.history.clear()

    def _seeded_store(self) -> RecordStore:
        """What the seed says."""
        store = RecordStore()
        now = to_milliseconds(self.clock.now())
        store.apply(map(Put, records_of(self.seed, now, self.new_id)))
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
        """One line for all that there is."""
        return DataLine(
            now=to_milliseconds(self.clock.now()),
            changes=tuple(map(Put, store.everything())),
            batches=tuple(batches),
            entries=tuple(entries),
            nonces=self.nonces.all(),
        )

    def _object_id(self) -> str:
        # Like MongoDB's: the time, then what makes it the only one.
        seconds = max(0, int(self.clock.now().timestamp())) & 0xFFFFFFFF
        return f"{seconds:08x}{secrets.token_hex(8)}"
