"""The records of a run by URN: those it started from, and those it has finished; writes no files."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import provider_urn, split_reference


@dataclass(frozen=True, slots=True)
class PreviousState:
    """A record to start from; `position` is its place in the base, None if this run has finished it."""

    record: Resource
    position: int | None


class ResourceIndex:
    """Records by URN; single entries may be written from any thread."""

    def __init__(self, base: Sequence[Resource]) -> None:
        self.reset(base)
        self.new_records: dict[str, Resource] = {}

    def reset(self, base: Sequence[Resource]) -> None:
        """Continue from other records (after the refresh phase)."""
        self.base = list(base)
        self.missing: set[int] = set()  # read, and not found
        self._positions: dict[str, int] = {}
        self._all_positions: dict[str, list[int]] = {}
        self._referrers_by_urn: dict[str, list[int]] | None = None
        for index, record in enumerate(self.base):
            self._all_positions.setdefault(record.urn, []).append(index)
            if not record.delete:
                self._positions[record.urn] = index

    def previous(self, urn: str) -> PreviousState | None:
        """The live record of that URN in the base."""
        index = self._positions.get(urn)
        return None if index is None or index in self.missing else self.at(index)

    def at(self, index: int) -> PreviousState:
        """The base record at that position, with its current content."""
        return PreviousState(self.base[index], index)

    def all_previous(self) -> Iterator[PreviousState]:
        """All base records that still exist, in their order."""
        return (
            PreviousState(record, index)
            for index, record in enumerate(self.base)
            if index not in self.missing
        )

    def positions(self, urn: str) -> Sequence[int]:
        """The positions of that URN's records in the base, including those marked for deletion."""
        return self._all_positions.get(urn, ())

    def set_record(self, old: PreviousState, record: Resource) -> None:
        """Change the content of a base record."""
        if old.position is not None:
            self.base[old.position] = record

    def provider_record(self, reference: str) -> Resource | None:
        """The recorded provider with exactly that reference."""
        urn, id_ = split_reference(reference)
        for index in self.positions(urn):
            if self.base[index].id == id_:
                return self.base[index]
        return None

    def dependents(
        self,
        root: int,
        ignored: Callable[[str], bool] = lambda _: False,
        *,
        children: bool,
    ) -> list[PreviousState]:
        """Base records after `root` that depend on it, directly or not; with `children`, a parent counts too."""
        seen = {self.base[root].urn}
        found: set[int] = set()
        frontier = list(seen)
        while frontier:
            urn = frontier.pop()
            for index in self._referrers().get(urn, ()):
                candidate = self.base[index]
                if index <= root or index in found or ignored(candidate.urn):
                    continue
                if urn in references_of(candidate, parent=children):
                    found.add(index)
                    if candidate.urn not in seen:
                        seen.add(candidate.urn)
                        frontier.append(candidate.urn)
        return [self.at(index) for index in sorted(found)]

    def _referrers(self) -> Mapping[str, Sequence[int]]:
        if self._referrers_by_urn is None:
            self._referrers_by_urn = {}
            for index, record in enumerate(self.base):
                for urn in references_of(record, parent=True):
                    self._referrers_by_urn.setdefault(urn, []).append(index)
        return self._referrers_by_urn


def references_of(record: Resource, *, parent: bool, provider: bool = True) -> set[str]:
    """The URNs that a record refers to."""
    found = {*record.dependencies, *record.replace_with}
    found.update(*record.property_dependencies.values())
    if record.deleted_with:
        found.add(record.deleted_with)
    if parent and record.parent:
        found.add(record.parent)
    if provider and record.provider:
        found.add(provider_urn(record.provider))
    found.discard("")
    return found
