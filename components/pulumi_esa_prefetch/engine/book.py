"""What the generator has decided so far in this run, by URN; decides nothing itself."""

from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Literal

from pulumi_esa_prefetch.engine.records import Resource


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a URN: `skip` is not to make it, `recreate` to delete an object and yet to have one.

    Of what goes early, with another record: `keys` are the inputs that are the reason, and only after `gone` it may
    come anew.
    """

    kind: Literal[
        "same", "skip", "create", "update", "replace", "recreate", "read", "delete"
    ]
    keys: tuple[str, ...] = ()
    gone: Future[bool] | None = None


@dataclass
class Book:
    """Only the generator's thread writes; `renamed` and `renamed_to` are each other's inverse."""

    claimed: set[str] = field(default_factory=set)  # each is given once
    fates: dict[str, Fate] = field(default_factory=dict)
    deleted_early: set[int] = field(default_factory=set)  # positions in the base
    providers: dict[str, Resource] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)  # new URN: earlier one
    renamed_to: dict[str, str] = field(default_factory=dict)  # earlier URN: new one

    def kind(self, urn: str) -> str:
        """What becomes of that URN; empty if no step for it was generated."""
        fate = self.fates.get(urn)
        return fate.kind if fate else ""

    def deleted(self, urn: str) -> bool:
        """Whether this run deletes an object of that URN."""
        return self.kind(urn) in ("delete", "recreate")

    def replaced(self, urn: str) -> bool:
        """Whether this run makes another object for that URN."""
        return self.kind(urn) in ("replace", "recreate")

    def lives(self, urn: str) -> bool:
        """Whether the record of that (perhaps earlier) URN lives on in this run."""
        kind = self.kind(self.renamed_to.get(urn, urn))
        return kind not in ("", "create", "delete")

    def keep(self, urn: str, kind: Literal["same", "update"] = "same") -> None:
        """The object of that URN stays, unless it is another one that was imported in its place."""
        if not self.replaced(urn):
            self.fates[urn] = Fate(kind)

    def delete(self, urn: str, keys: tuple[str, ...] = ()) -> None:
        """An object of that URN goes."""
        self.fates[urn] = Fate("recreate" if self.lives(urn) else "delete", keys)

    def wait(self, urn: str, gone: Future[bool]) -> None:
        """That URN must come anew only when its object is gone."""
        self.fates[urn] = replace(self.fates[urn], gone=gone)

    def take_gone(self, urn: str) -> Future[bool] | None:
        """What to wait for before that URN comes anew; given once."""
        fate = self.fates.get(urn)
        if fate is None or fate.gone is None:
            return None
        self.fates[urn] = replace(fate, gone=None)
        return fate.gone
