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
from pulumi_esa_emulator.identity.nonces import Nonce, Nonces
from pulumi_esa_emulator.messages.times import to_milliseconds
from pulumi_esa_emulator.state.data_file import DataError, NoFile
from pulumi_esa_emulator.state.data_lines import ADVICE, Line
from pulumi_esa_emulator.state.history import Entry
from pulumi_esa_emulator.state.records import Batch, Change, Put, Site
from pulumi_esa_emulator.state.scheduler import Timeline
from pulumi_esa_emulator.state.seed import DEFAULT_SEED, Seed, records_of
from pulumi_esa_emulator.state.store import Store, View

# Older requests and batches are forgotten, so that a long life stays affordable.
_MOST_KEPT = 200_000


class Keeper(Protocol):
    """Where lines are kept: a DataFile, or NoFile; its text is what a person calls it."""

    def write(self, line: Line) -> bool:
        """Add a line; True if it is time to fold. OSError if it cannot be kept."""
        ...

    def replace(self, line: Line) -> None:
        """Keep this line only; DataError, and all as before, if it cannot be kept."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


@dataclass(frozen=True, slots=True)
class Moment:
    """The present inside the lock: the state as it is, and the time."""

    now: datetime
    state: View


class World:
    """All that `GET /_emulator/state` and `history` show; safe between threads."""

    def __init__(
        self,
        clock: Clock,
        seed: Seed = DEFAULT_SEED,
        rules: Rules | None = None,
        keeper: Keeper | None = None,
        lines: list[Line] | None = None,
        new_id: Callable[[], str] | None = None,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.history: deque[Entry] = deque(maxlen=_MOST_KEPT)
        self.batches: deque[Batch] = deque(maxlen=_MOST_KEPT)
        self.nonces = Nonces()
        self.new_id = new_id or self._object_id
        self._keeper = keeper or NoFile()
        self._lock = threading.RLock()
        self._rules = rules or Rules()
        self._store = Store()
        self._pending: tuple[tuple[Change, ...], tuple[Batch, ...]] = ((), ())
        if lines:
            self._fold(lines)
        else:
            self._store = self._planted()
        self._timeline = Timeline(self._store, self._rules)
        self._keeper.replace(self._now_on(self._store, self.batches, self.history))

    @property
    def rules(self) -> Rules:
        """How open questions are answered at present."""
        return self._rules

    @contextmanager
    def moment(self) -> Iterator[Moment]:
        """The present, with nobody else changing it until the end of the block."""
        with self._lock:
            now = to_milliseconds(self.clock.now())
            changes, batches = self._timeline.advance(now)
            self.batches += batches
            kept, sent = self._pending
            self._pending = (kept + changes, sent + batches)
            yield Moment(now, self._store.now())

    def before(self, moment: float) -> View:
        """The state as it was at a moment of `commit`'s clock; inside the block only."""
        return self._store.before(moment)

    def differing(self, changes: tuple[Change, ...]) -> tuple[Change, ...]:
        """Those of the changes that change anything; inside the block only."""
        return self._store.changing(changes)

    def commit(
        self,
        now: datetime,
        changes: tuple[Change, ...],
        entries: tuple[Entry, ...] = (),
        nonces: tuple[Nonce, ...] = (),
        *,
        undo: tuple[float, float] | None = None,
    ) -> None:
        """Keep, then make the changes; OSError, and nothing made, if not kept.

        `undo`: the moment, and how far back `before` may go.
        """
        ran, sent = self._pending
        full = self._keeper.write(Line(now, ran + changes, sent, entries, nonces))
        self._pending = ((), ())
        if undo is not None:
            self._store.remember(changes, undo[0], undo[0] - undo[1])
        self._store.apply(changes)
        self._timeline.note(changes)
        self.history += entries
        if full:
            # The line is safe already; folding may as well happen another time.
            with suppress(DataError):
                line = self._now_on(self._store, self.batches, self.history)
                self._keeper.replace(line)

    def reset(self, rules: Rules) -> None:
        """Back to the seed, with these rules and an empty history."""
        with self._lock:
            self._begin_anew(self._planted(), (), rules)

    def clear_history(self) -> None:
        """Forget what was asked."""
        with self._lock:
            self._begin_anew(self._store, tuple(self.batches), self._rules)

    def follow(self, rules: Rules) -> None:
        """Answer open questions otherwise from now on."""
        with self.moment():
            self._rules = rules
            self._timeline = Timeline(self._store, rules)

    def keep_time(self) -> None:
        """Let all be done that is due by now, and keep what time it is."""
        with self.moment() as present:
            self.commit(present.now, ())

    def put_site(self, site: Site) -> None:
        """Add a site, or change one; its plans look again at when they may run."""
        with self.moment() as present:
            active = site.status == "active"
            old = present.state.site(site.id)
            since = old.active_since if old else None
            site = replace(
                site, active_since=(since or present.now) if active else None
            )
            self.commit(present.now, (Put(site),))
            self._timeline = Timeline(self._store, self._rules)

    def sites(self) -> list[Site]:
        """All sites."""
        found = self._store.records["site"].values()
        return [site for site in found if isinstance(site, Site)]

    def oss(self, url: str) -> str | None:
        """What the seed says lies behind an OSS URL."""
        lines = self.seed.oss.get(url)
        return None if lines is None else "\n".join(lines)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._keeper.close()

    def _begin_anew(
        self, store: Store, batches: tuple[Batch, ...], rules: Rules
    ) -> None:
        """Keep, then have this state without a history; nothing changes if not kept."""
        self._keeper.replace(self._now_on(store, batches, ()))
        self._pending = ((), ())
        self._store, self._rules = store, rules
        self._timeline = Timeline(store, rules)
        self.batches.clear()
        self.batches += batches
        self.history.clear()

    def _planted(self) -> Store:
        """What the seed says."""
        store = Store()
        now = to_milliseconds(self.clock.now())
        store.apply(map(Put, records_of(self.seed, now, self.new_id)))
        return store

    def _fold(self, lines: list[Line]) -> None:
        self.nonces = Nonces(chain.from_iterable(line.nonces for line in lines))
        for line in lines:
            self._store.apply(line.changes)
            self.batches += line.batches
            self.history += line.entries
        missing = self._store.missing()
        if missing:
            raise DataError(f"{self._keeper} is damaged: it lacks {missing}; {ADVICE}.")

    def _now_on(
        self, store: Store, batches: Iterable[Batch], entries: Iterable[Entry]
    ) -> Line:
        """One line for all that there is."""
        return Line(
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
