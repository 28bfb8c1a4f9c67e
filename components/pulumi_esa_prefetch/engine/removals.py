"""Steps that take records away: by a provider, or only from the state; decide nothing."""

from concurrent.futures import Future
from dataclasses import dataclass

from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.events import StepOp
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.providers import Call
from pulumi_esa_prefetch.engine.records import OperationType
from pulumi_esa_prefetch.engine.steps import Applied, Step, asks_provider
from pulumi_esa_prefetch.engine.work import Work


class Protected(EngineError):
    """A protected record is not deleted; everything that does not depend on it goes on."""

    def __init__(self, urn: str) -> None:
        super().__init__(
            f'resource "{urn}" cannot be deleted\nbecause it is protected. To unprotect '
            "the resource, either remove the `protect` flag from the resource in your "
            "Pulumi program and run `up`, or use the command:\n"
            f"`pulumi state unprotect '{urn}'`"
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Delete(Step):
    """Delete an object and its record; `recreated`: the record waits for another object.

    `gone` is told whether it was done, for registrations that must come after it.
    """

    ops = "delete", "delete-replaced"
    old: Old
    recreated: bool = False
    gone: Future[bool] | None = None

    def settle(self, *, done: bool) -> None:
        """Tell who waits for it how it ended."""
        if self.gone is not None:
            self.gone.set_result(done)

    @property
    def op(self) -> StepOp:
        """What somebody else manages is only forgotten."""
        if self.old.record.external:
            return "discard-replaced" if self.replacing else "discard"
        return self.ops[self.replacing]

    @property
    def pending(self) -> OperationType | None:
        """Only what a provider deletes can be lost."""
        old = self.old.record
        kept = old.external or old.retain_on_delete
        return "deleting" if asks_provider(old) and not kept else None

    def apply(self, work: Work) -> Applied:
        """Delete, unless the record is all there is to delete."""
        old = self.old.record
        if old.protect and not self.replacing:
            raise Protected(old.urn)
        kept = old.external or old.retain_on_delete
        within = old.deleted_with if work.book.deleted(old.deleted_with) else ""
        if not work.dry_run and old.custom and not kept and not within:
            timeout = old.custom_timeouts.get("delete", 0.0)
            work.registry.of(old).delete(Call.on(old, timeout=timeout))
        waiting = old.with_(pending_replacement=True) if self.recreated else None
        return Applied(old_becomes=waiting, within="" if kept else within)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Forget(Step):
    """Drop the record of an object that an earlier run deleted to replace it, and that the program no longer has."""

    ops = "remove-pending-replace", "remove-pending-replace"
    old: Old
    replacing: bool = True
