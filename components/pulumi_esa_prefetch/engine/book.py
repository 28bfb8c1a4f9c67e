"""What the generator has decided so far in this run, by URN; decides nothing itself."""

from concurrent.futures import Future
from dataclasses import dataclass, field

from pulumi_esa_prefetch.engine.records import Resource


@dataclass
class Book:
    """Only the generator's thread writes; `renamed` and `renamed_to` are each other's inverse."""

    urns: set[str] = field(default_factory=set)
    creates: set[str] = field(default_factory=set)
    sames: set[str] = field(default_factory=set)
    updates: set[str] = field(default_factory=set)
    replaces: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)
    imports: set[str] = field(default_factory=set)
    skipped_creates: set[str] = field(default_factory=set)
    untouched: set[str] = field(default_factory=set)
    deleted_early: set[int] = field(default_factory=set)  # positions in the base
    # Deleted early, until when: each comes anew only then.
    going: dict[str, Future[bool]] = field(default_factory=dict)
    replace_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    providers: dict[str, Resource] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)  # new URN: earlier one
    renamed_to: dict[str, str] = field(default_factory=dict)  # earlier URN: new one

    def operated_on(self, urn: str) -> bool:
        """Whether the record of that (perhaps earlier) URN lives on in this run."""
        urn = self.renamed_to.get(urn, urn)
        return (
            urn in self.sames
            or urn in self.updates
            or urn in self.replaces
            or urn in self.reads
        )

    def decided(self, urn: str) -> bool:
        """Whether a step for that URN was generated."""
        return (
            urn in self.creates
            or urn in self.sames
            or urn in self.updates
            or urn in self.deletes
            or urn in self.replaces
            or urn in self.reads
        )
