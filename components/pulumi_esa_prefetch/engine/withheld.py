"""Records of objects that go with their container: they stay until that is gone; writes no journal."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pulumi_esa_prefetch.engine.journal import Amended, Done, Entry
from pulumi_esa_prefetch.engine.ledger import Old, needs
from pulumi_esa_prefetch.engine.mending import sound
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.urns import provider_urn


@dataclass
class _Held:
    """A record that stays for now, what it becomes then (None: it goes), and the entry that says so."""

    old: Old
    becomes: Resource | None

    @property
    def urn(self) -> str:
        return self.old.record.urn

    def released(self) -> Entry:
        index = self.old.index
        finished = self.urn if index is None else ""
        return Done(None, index, None, self.becomes, finished=finished)

    def without(self, urn: str) -> Entry | None:
        """Point to that record no more; the entry that says so, None if it never did."""
        needed = needs(self.old.record, parent=True, provider=False)
        if urn not in needed:
            return None
        record = sound(self.old.record, needed - {urn})
        if self.becomes is not None:
            self.becomes = sound(self.becomes, needed - {urn})
        index = self.old.index
        self.old = Old(record, index)
        if index is None:
            return Amended(record.urn, record)
        return Done(None, index, None, record)


class Withheld:
    """Safe from any thread; `standing` tells whether a URN has another record in this run."""

    def __init__(self, standing: Callable[[str], bool]) -> None:
        self._standing = standing
        self._lock = threading.Lock()
        self._gone: set[str] = set()
        self._waiting: dict[str, list[_Held]] = {}  # by their container's URN

    def hold(self, old: Old, becomes: Resource | None, container: str) -> bool:
        """Keep a record until its container is gone; False if that is so already."""
        with self._lock:
            if not container or container in self._gone:
                return False
            self._waiting.setdefault(container, []).append(_Held(old, becomes))
            return True

    def served(self, provider: str) -> str:
        """The container that a record of this provider waits for: the provider's record waits with it."""
        with self._lock:
            for container, some in self._waiting.items():
                if any(
                    provider_urn(one.old.record.provider) == provider for one in some
                ):
                    return container
        return ""

    def before(self, urn: str, becomes: Resource | None) -> list[Entry]:
        """What to write before a record goes (or turns into `becomes`): what goes with it, what pointed to it."""
        with self._lock:
            return [*self._released(urn), *self._mended(urn, becomes)]

    def _released(self, urn: str) -> Iterator[Entry]:
        self._gone.add(urn)
        waiting = self._waiting.get(urn, [])
        while waiting:
            held = waiting.pop(0)
            yield from self._released(held.urn)
            yield from self._mended(held.urn, held.becomes)
            yield held.released()
        self._waiting.pop(urn, None)

    def _mended(self, urn: str, becomes: Resource | None) -> Iterator[Entry]:
        if becomes is not None or self._standing(urn):
            return
        for held in [one for some in self._waiting.values() for one in some]:
            entry = held.without(urn)
            if entry is not None:
                yield entry
