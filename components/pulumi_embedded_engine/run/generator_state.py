"""What the step generator knows and has decided about the resources of a run; decides nothing itself."""

from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Literal

from pulumi_embedded_engine.model.state_records import Resource


@dataclass(frozen=True, slots=True)
class UrnDecision:
    """What the generator decided for a URN.

    `skip`: the resource is not created. `recreate`: an object was deleted and another one is to be created.
    Of a dependent that is deleted before a replacement, `keys` are the inputs that are the reason, and it may be
    created again only after `deletion_done`.
    """

    kind: Literal[
        "same", "skip", "create", "update", "replace", "recreate", "read", "delete"
    ]
    keys: tuple[str, ...] = ()
    deletion_done: Future[bool] | None = None


@dataclass
class GeneratorState:
    """What the step generator knows about the resources of this run.

    Only the generator's thread writes it. `earlier_urns` and `current_urns` are each other's inverse.
    """

    claimed: set[str] = field(default_factory=set)  # registered, or kept
    decisions: dict[str, UrnDecision] = field(default_factory=dict)
    # in the base, of records that are deleted before a replacement
    deleted_positions: set[int] = field(default_factory=set)
    providers: dict[str, Resource] = field(default_factory=dict)
    earlier_urns: dict[str, str] = field(default_factory=dict)  # new URN: earlier one
    current_urns: dict[str, str] = field(default_factory=dict)  # earlier URN: new one

    def kind(self, urn: str) -> str:
        """The kind of decision for that URN; empty if no step was generated for it."""
        decision = self.decisions.get(urn)
        return decision.kind if decision else ""

    def is_deleted(self, urn: str) -> bool:
        """Whether this run deletes an object of that URN."""
        return self.kind(urn) in ("delete", "recreate")

    def is_replaced(self, urn: str) -> bool:
        """Whether this run creates another object for that URN."""
        return self.kind(urn) in ("replace", "recreate")

    def survives(self, urn: str) -> bool:
        """Whether the record of that (current or earlier) URN still exists after this run."""
        kind = self.kind(self.current_urns.get(urn, urn))
        return kind not in ("", "create", "delete")

    def keep(self, urn: str, kind: Literal["same", "update"] = "same") -> None:
        """The object of that URN stays; a replacement by an import is not overwritten."""
        if not self.is_replaced(urn):
            self.decisions[urn] = UrnDecision(kind)

    def delete(self, urn: str, keys: tuple[str, ...] = ()) -> None:
        """An object of that URN is deleted."""
        kind: Literal["recreate", "delete"]
        kind = "recreate" if self.survives(urn) else "delete"
        self.decisions[urn] = UrnDecision(kind, keys)

    def set_deletion_signal(self, urn: str, deletion_done: Future[bool]) -> None:
        """That URN may be created again only when the deletion of its object is done."""
        self.decisions[urn] = replace(self.decisions[urn], deletion_done=deletion_done)

    def take_deletion_signal(self, urn: str) -> Future[bool] | None:
        """The signal to wait for before that URN is created again; returned once."""
        decision = self.decisions.get(urn)
        if decision is None or decision.deletion_done is None:
            return None
        self.decisions[urn] = replace(decision, deletion_done=None)
        return decision.deletion_done
